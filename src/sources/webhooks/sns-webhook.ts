import type { IncomingMessage } from 'node:http'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { Clock, Millis } from '../../core/clock.js'
import { WorkerClock } from '../../shared/async/worker-clock.js'
import { awsTime, latestTime } from '../../shared/aws/aws-time.js'
import { type Decoded, decodeMessage, explain } from '../ecs-events/ecs-event.js'
import { httpInbox, type Webhook } from './http-inbox.js'
import { header } from '../../shared/http/request-head.js'
import { isRaw, type RawSecret, snsAdmission, type TopicRule } from './sns-admission.js'
import { confirmSubscription } from './sns-confirmation.js'
import { type Fetch, snsFetcher } from './sns-endpoint.js'
import { decodeSnsMessage, type SnsMessage } from './sns-message.js'
import { snsSignature } from './sns-signature.js'
import { SnsTime, snsTimestamp } from './sns-time.js'
import { answered, type Answered, decodedVerdict, refused, undecodable, type Verdict } from './verdict.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'

export type { Webhook, WebhookListener } from './http-inbox.js'
export type { RawSecret, TopicRule } from './sns-admission.js'
export type { Fetch } from './sns-endpoint.js'

export interface SnsWebhookOptions {
  /**
   * ARNs of the topics whose messages are taken, and whose subscriptions are confirmed; or which they are. While that
   * is not known yet (`undefined`), messages are answered 503 and come again.
   */
  readonly topics: readonly string[] | TopicRule
  /** Unique among a worker's sources. Default: `sns-webhook`. */
  readonly name?: string
  /**
   * When a notification is answered 200.
   * - `applied` (default): when its delivery is acknowledged.
   * - `folded`: as soon as it is delivered. What a crash loses then comes back with a snapshot only.
   */
  readonly answer?: 'applied' | 'folded'
  /** What the body of a 200 says, to people: SNS reads the status alone. Default: `applied` and `subscribed`. */
  readonly texts?: { readonly applied?: string; readonly subscribed?: string }
  /** After this it is answered 503, and comes again. Default: 12,000 ms; SNS waits 15,000. */
  readonly answerWithinMs?: Millis
  /**
   * Default: 524,288. SNS takes messages of 262,144 bytes, and puts them into JSON, where each quotation mark costs
   * one more.
   */
  readonly maxBodyBytes?: number
  /** Deliveries that are not settled. Beyond it requests are answered 503 with Retry-After. Default: 1,000. */
  readonly maxInFlight?: number
  /**
   * How old a message may be, by the newest time that SNS has told; SNS tries for an hour at most. Default: 3,600,000
   * ms, and five minutes more for clocks that differ.
   */
  readonly maxAgeMs?: Millis
  /**
   * `off` believes whoever reaches the listener: for private networks alone, and with a warning at the start.
   * Default: `signature`.
   */
  readonly verify?: 'signature' | 'off'
  /** Takes raw delivery, from who knows a secret. Default: raw delivery is refused. */
  readonly rawSecret?: RawSecret
  /** What a message says. Default: `decodeMessage`. */
  readonly decode?: (message: string) => Decoded
  /** For certificates and confirmations. Default: the global `fetch`. */
  readonly fetch?: Fetch
  /** Default: the machine's. */
  readonly clock?: Clock
}

/**
 * Events from SNS over HTTP or HTTPS, as a listener for any HTTP server: at least once and in any order. SNS tries
 * for an hour at most and then forgets: give the worker snapshots, and the subscription a dead-letter queue and a
 * patient retry policy (docs/webhooks.md).
 *
 * - 200: settled; or of a kind that is not ours; or a subscription that was confirmed.
 * - 503: not settled in time, refused by a sink, too many at once, the worker stops, or SNS's certificate could not
 *   be had. SNS sends it again.
 * - 400, 403, 405, 413: nothing that could ever be taken: no event, no valid signature, another topic, too old, too
 *   large. SNS does not send it again, and puts it into the subscription's dead-letter queue.
 *
 * Subscriptions to `topics` are confirmed by themselves, at SNS and nowhere else. That one was cancelled is reported,
 * and not undone.
 *
 * Throws a RangeError for options out of range, a topic that is no ARN of one, or an empty `rawSecret`.
 */
export const snsWebhook = (options: SnsWebhookOptions): Webhook => {
  const {
    name = 'sns-webhook',
    answer = 'applied',
    texts = {},
    answerWithinMs = 12_000,
    maxBodyBytes = 524_288,
    maxInFlight = 1_000,
    maxAgeMs = 3_600_000,
    verify = 'signature',
    fetch = globalThis.fetch,
  } = options
  const clock = new WorkerClock(options.clock)
  const { decode = (body: string) => decodeMessage(body, { latest: latestTime(clock.current) }) } = options
  wholeNumber('snsWebhook: answerWithinMs', answerWithinMs, 1, 60_000)
  wholeNumber('snsWebhook: maxBodyBytes', maxBodyBytes, 1, 16_777_216)
  wholeNumber('snsWebhook: maxInFlight', maxInFlight, 1, 100_000)
  wholeNumber('snsWebhook: maxAgeMs', maxAgeMs, 0, 2_592_000_000)
  const admission = snsAdmission(options)
  const time = new SnsTime(maxAgeMs, clock)
  const hear = (at: Millis): void => {
    time.hear(at)
    awsTime(clock.current).hear(at)
  }
  const authenticity = snsSignature({ fetch, clock, onTime: (at) => hear(at) })
  const ask = snsFetcher(fetch, clock)

  /** Whether SNS has sent it, and lately. */
  const authenticate = async (
    message: SnsMessage,
    at: Millis,
    signal: AbortSignal,
  ): Promise<Answered | undefined> => {
    // Where nothing is signed, its time proves nothing either.
    if (verify === 'off') return undefined
    const found = await authenticity(message, signal)
    switch (found._tag) {
      case 'Genuine':
        // Events are idempotent, so a replay does little harm; but nothing would forget it sooner than this.
        if (time.isTooOld(at))
          return refused(403, 'the message is too old for SNS to send it: check the clock of this machine')
        hear(at)
        return undefined
      case 'Forged':
        return refused(403, found.reason)
      case 'Unknown':
        return {
          ...answered(503, 'the signing certificate could not be had: send it again'),
          notice: {
            _tag: 'SourceFailed',
            operation: 'GET SigningCertURL',
            error: found.error,
            retryIn: undefined,
          },
        }
    }
  }

  /** What a message for us says; and, where that is a notification, what is wrong with our clock. */
  const notification = ({ MessageId, Message }: SnsMessage, at: Millis): Verdict => {
    const verdict = decodedVerdict(MessageId, Message, decode)
    const message = time.warning(at)
    return verdict._tag === 'Answer' || message === undefined
      ? verdict
      : { ...verdict, notice: { _tag: 'Warning', message } }
  }

  const judge = async (request: IncomingMessage, body: string, signal: AbortSignal): Promise<Verdict> => {
    if (isRaw(request))
      return decodedVerdict(header(request, 'x-amz-sns-message-id') ?? 'unknown', body, decode)
    const decoded = decodeSnsMessage(body)
    if (isLeft(decoded)) return undecodable('unknown', `not a message of SNS: ${explain(decoded.left)}`)
    const message = decoded.right
    const foreign = admission.checkTopic(message.TopicArn)
    if (foreign !== undefined) return foreign
    if ((header(request, 'x-amz-sns-message-type') ?? message.Type) !== message.Type)
      return refused(400, 'the header x-amz-sns-message-type says another type than the message')
    const at = snsTimestamp(message.Timestamp)
    if (at === undefined) return refused(400, 'the Timestamp is no time')
    const refusal = await authenticate(message, at, signal)
    if (refusal !== undefined) return refusal
    switch (message.Type) {
      case 'Notification':
        return notification(message, at)
      case 'SubscriptionConfirmation':
        return confirmSubscription(message, ask, texts.subscribed)
      case 'UnsubscribeConfirmation':
        return {
          ...answered(200, 'noted'),
          notice: {
            _tag: 'Warning',
            message: `the subscription to ${message.TopicArn} was cancelled: subscribe again, if that was not meant`,
          },
        }
      default:
        return refused(400, 'a message of SNS of an unknown Type')
    }
  }

  return httpInbox({
    name,
    answer,
    answerWithinMs,
    ...(texts.applied === undefined ? {} : { appliedText: texts.applied }),
    maxBodyBytes,
    maxInFlight,
    clock,
    warnings:
      verify === 'off'
        ? [
            "verify: 'off' believes whoever can reach the webhook: leave it out unless the network lets nobody but SNS in",
          ]
        : [],
    protocol: { admit: admission.admit, judge },
  })
}
