import type { Clock, Millis } from '../../core/clock.js'
import { WorkerClock } from '../../shared/async/worker-clock.js'
import { latestTime } from '../../shared/aws/aws-time.js'
import { type Decoded, decodeMessage } from '../ecs-events/ecs-event.js'
import { httpInbox, type Webhook } from './http-inbox.js'
import { isObject } from '../../shared/codec/json-object.js'
import { header as headerOf, repeatedHeader } from '../../shared/http/request-head.js'
import { headerName, type Secrets, sharedSecret } from '../../shared/http/shared-secret.js'
import { answered, decodedVerdict, refused } from './verdict.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'

export type { Webhook, WebhookListener } from './http-inbox.js'
export type { Secrets } from '../../shared/http/shared-secret.js'
export type { DecodeError, Decoded } from '../ecs-events/ecs-event.js'

export interface EventBridgeWebhookOptions {
  /** The accepted values of `secretHeader`, which is the connection's API key; several during a rotation. */
  readonly secrets: Secrets
  /** Default: `x-api-key`. */
  readonly secretHeader?: string | undefined
  /** Unique among a worker's sources. Default: `event-bridge-webhook`. */
  readonly name?: string
  /**
   * When to answer a request with 200.
   * - `applied` (default): when its delivery is acknowledged.
   * - `folded`: as soon as it is delivered. Only a snapshot can then recover what a crash loses.
   */
  readonly answer?: 'applied' | 'folded'
  /** After this time, the answer is 503, and EventBridge retries. Default: 4,000 ms; EventBridge waits 5,000 ms. */
  readonly answerWithinMs?: Millis
  /** Default: 1,048,576, EventBridge's own limit. A task event has 2,000 to 6,000 bytes. */
  readonly maxBodyBytes?: number
  /**
   * Maximum number of unsettled deliveries. Beyond it, requests are answered with 503 and Retry-After. Default: 1,000.
   */
  readonly maxInFlight?: number
  /** Decodes a body. Default: `decodeMessage`. */
  readonly decode?: (body: string) => Decoded
  /** Default: the system clock. */
  readonly clock?: Clock
}

/** The event's id, for people; a replayed event keeps it. */
const idOf = (body: string): string => {
  try {
    const json: unknown = JSON.parse(body)
    return isObject(json) && typeof json['id'] === 'string' ? json['id'] : 'unknown'
  } catch {
    return 'unknown'
  }
}

/**
 * Delivers events from an EventBridge API destination, at least once and in any order, as a listener for any HTTP
 * server. Requests without a valid secret are refused. The listener speaks HTTP, but EventBridge requires HTTPS with a
 * public certificate, so put a TLS proxy in front of it.
 *
 * - 200: settled, or an event of an unsupported kind.
 * - 503: not settled in time, refused by a sink, too many at once, or the worker is stopping. EventBridge retries.
 * - 401: no valid secret. EventBridge retries for up to 24 hours, long enough to correct one side of a rotation.
 * - 400, 405, 413: not an event, not POST, too large. EventBridge moves the event to the target's dead-letter queue, or
 *   drops it.
 *
 * @throws OptionError for options out of range, and when no secret is given.
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
  const header = headerName('eventBridgeWebhook: secretHeader', options.secretHeader ?? 'x-api-key')
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
