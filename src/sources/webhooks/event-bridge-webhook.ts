import type { Clock, Millis } from '../../core/clock.js'
import { WorkerClock } from '../../shared/async/worker-clock.js'
import { latestTime } from '../../shared/aws/aws-time.js'
import { type Decoded, decodeMessage } from '../ecs-events/ecs-event.js'
import { httpInbox, type Webhook } from './http-inbox.js'
import { isObject } from '../../shared/codec/lenient.js'
import { header as headerOf, repeatedHeader } from '../../shared/http/request-head.js'
import { sharedSecret } from '../../shared/http/shared-secret.js'
import { answered, decodedVerdict, refused } from './verdict.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'

export type { Webhook, WebhookListener } from './http-inbox.js'

export interface EventBridgeWebhookOptions {
  /** What the header may say; several while one replaces another. */
  readonly secrets: readonly string[]
  /** The header that the connection's API key names. Default: `x-api-key`. */
  readonly header?: string
  /** Unique among a worker's sources. Default: `event-bridge-webhook`. */
  readonly name?: string
  /**
   * When a request is answered 200.
   * - `applied` (default): when its delivery is acknowledged.
   * - `folded`: as soon as it is delivered. What a crash loses then comes back with a snapshot only.
   */
  readonly answer?: 'applied' | 'folded'
  /** After this it is answered 503, and comes again. Default: 4,000 ms; EventBridge waits 5,000. */
  readonly answerWithinMs?: Millis
  /** Default: 1,048,576, the most that EventBridge takes. A task event has 2,000 to 6,000. */
  readonly maxBodyBytes?: number
  /** Deliveries that are not settled. Beyond it requests are answered 503 with Retry-After. Default: 1,000. */
  readonly maxInFlight?: number
  /** What a body says. Default: `decodeMessage`. */
  readonly decode?: (body: string) => Decoded
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** Only for people who look for it; a replay keeps the id. */
const idOf = (body: string): string => {
  try {
    const json: unknown = JSON.parse(body)
    return isObject(json) && typeof json['id'] === 'string' ? json['id'] : 'unknown'
  } catch {
    return 'unknown'
  }
}

/**
 * Events from an EventBridge API destination, as a listener for any HTTP server: at least once and in any order. Who
 * does not know the secret is not listened to. It speaks HTTP; EventBridge wants HTTPS with a public certificate, so
 * something in front must.
 *
 * - 200: settled, or of a kind that is not ours. 503: not settled in time, refused by a sink, too many at once, or
 *   the worker stops; it comes again.
 * - 401: without a valid secret. EventBridge sends it again for up to 24 hours, long enough to correct one side of a
 *   rotation.
 * - 400, 405, 413: no event, not POST, too large. EventBridge puts it into the target's dead-letter queue, or drops
 *   it.
 *
 * Throws a RangeError for options out of range, and when no secret is given.
 */
export const eventBridgeWebhook = (options: EventBridgeWebhookOptions): Webhook => {
  const {
    name = 'event-bridge-webhook',
    answer = 'applied',
    answerWithinMs = 4_000,
    maxBodyBytes = 1_048_576,
    maxInFlight = 1_000,
  } = options
  const clock = new WorkerClock(options.clock)
  const { decode = (body: string) => decodeMessage(body, { latest: latestTime(clock.current) }) } = options
  wholeNumber('eventBridgeWebhook: answerWithinMs', answerWithinMs, 1, 60_000)
  wholeNumber('eventBridgeWebhook: maxBodyBytes', maxBodyBytes, 1, 16_777_216)
  wholeNumber('eventBridgeWebhook: maxInFlight', maxInFlight, 1, 100_000)
  const header = (options.header ?? 'x-api-key').toLowerCase()
  const isSecret = sharedSecret('eventBridgeWebhook: secrets', options.secrets)

  return httpInbox({
    name,
    answer,
    answerWithinMs,
    maxBodyBytes,
    maxInFlight,
    clock,
    warnings: [],
    protocol: {
      admit: (request) => {
        if (request.method !== 'POST') return answered(405, 'send events by POST', { allow: 'POST' })
        if (repeatedHeader(request, [header]) !== undefined)
          return refused(400, `the header ${header} came more than once`)
        return isSecret(headerOf(request, header))
          ? undefined
          : refused(401, `the header ${header} does not contain a valid secret`, {
              'www-authenticate': 'ApiKey',
            })
      },
      judge: (_request, body) => Promise.resolve(decodedVerdict(idOf(body), body, decode)),
    },
  })
}
