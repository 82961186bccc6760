import type { IncomingMessage } from 'node:http'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { Clock, Millis } from '../../core/clock.js'
import { WorkerClock } from '../../shared/async/worker-clock.js'
import { awsTime, latestTime } from '../../shared/aws/aws-time.js'
import { type Decoded, decodeMessage, explain } from '../ecs-events/ecs-event.js'
import { httpInbox, type Webhook } from './http-inbox.js'
import { header } from '../../shared/http/request-head.js'
import type { Secrets } from '../../shared/http/shared-secret.js'
import { isRaw, snsAdmission, type TopicRule } from './sns-admission.js'
import { confirmSubscription } from './sns-confirmation.js'
import { type Fetch, snsFetcher } from './sns-endpoint.js'
import { decodeSnsMessage, type SnsMessage } from './sns-message.js'
import { snsSignature } from './sns-signature.js'
import { SnsTime, snsTimestamp } from './sns-time.js'
import { answered, type Answered, decodedVerdict, refused, undecodable, type Verdict } from './verdict.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'

export type { Webhook, WebhookListener } from './http-inbox.js'
export type { TopicRule } from './sns-admission.js'
export type { Fetch } from './sns-endpoint.js'
export type { Secrets } from '../../shared/http/shared-secret.js'
export type { DecodeError, Decoded } from '../ecs-events/ecs-event.js'

export interface SnsWebhookOptions {
  /**
   * ARNs of the topics whose messages are accepted and whose subscriptions are confirmed, or a rule that decides. While
   * the rule returns `undefined`, messages are answered with 503, and SNS retries.
   */
  readonly topics: readonly string[] | TopicRule
  /** Unique among a worker's sources. Default: `sns-webhook`. */
  readonly name?: string
  /**
   * When to answer a notification with 200.
   * - `applied` (default): when its delivery is acknowledged.
   * - `folded`: as soon as it is delivered. Only a snapshot can then recover what a crash loses.
   */
  readonly answer?: 'applied' | 'folded'
  /** The body of a 200 response, for people; SNS reads only the status. Default: `applied` and `subscribed`. */
  readonly texts?: { readonly applied?: string; readonly subscribed?: string }
  /** After this time, the answer is 503, and SNS retries. Default: 12,000 ms; SNS waits 15,000 ms. */
  readonly answerWithinMs?: Millis
  /** Default: 524,288. SNS accepts messages of 262,144 bytes, and wraps them in JSON, which escapes quotation marks. */
  readonly maxBodyBytes?: number
  /**
   * Maximum number of unsettled deliveries. Beyond it, requests are answered with 503 and Retry-After. Default: 1,000.
   */
  readonly maxInFlight?: number
  /**
   * Maximum age of a message, by the newest known time of SNS; SNS retries for an hour at most. Five minutes are added
   * for clock differences. Default: 3,600,000 ms.
   */
  readonly maxAgeMs?: Millis
  /**
   * `off` trusts everyone who can reach the listener: only for private networks, and with a warning at the start.
   * Default: `signature`.
   */
  readonly verify?: 'signature' | 'off'
  /**
   * Accepts raw delivery, which SNS does not sign, if `secretHeader` has one of these values, such as `Basic …` in
   * base64; several during a rotation. Default: raw delivery is refused.
   */
  readonly secrets?: Secrets | undefined
  /**
   * A header that a proxy in front sets. Default: `authorization`, for a subscription to `https://user:password@…`.
   */
  readonly secretHeader?: string | undefined
  /** Decodes a message. Default: `decodeMessage`. */
  readonly decode?: (message: string) => Decoded
  /** For certificates and confirmations. Default: the global `fetch`. */
  readonly fetch?: Fetch
  /** Default: the system clock. */
  readonly clock?: Clock
}

/**
 * Delivers events from SNS over HTTP or HTTPS, at least once and in any order, as a listener for any HTTP server. SNS
 * retries for an hour at most and then drops the message. Use snapshots, and give the subscription a dead-letter queue
 * and a patient retry policy (docs/webhooks.md).
 *
 * - 200: settled, an event of an unsupported kind, or a confirmed subscription.
 * - 503: not settled in time, refused by a sink, too many at once, the worker is stopping, or SNS's certificate could
 *   not be fetched. SNS retries.
 * - 400, 403, 405, 413: permanently unacceptable: not an event, no valid signature, another topic, too old, too large.
 *   SNS does not retry, and moves the message to the subscription's dead-letter queue.
 *
 * Subscriptions to `topics` are confirmed automatically, only at SNS itself. A cancelled subscription is reported, and
 * not renewed.
 *
 * @throws OptionError for options out of range, an invalid topic ARN, and an empty secret.
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

  /** Checks that SNS has sent the message, and recently. */
  const authenticate = async (
    message: SnsMessage,
    at: Millis,
    signal: AbortSignal,
  ): Promise<Answered | undefined> => {
    // Without a signature, the time is not trustworthy either.
    if (verify === 'off') return undefined
    const found = await authenticity(message, signal)
    switch (found._tag) {
      case 'Genuine':
        // Events are idempotent, so a replayed message does little harm, but there is no other limit to its age.
        if (time.isTooOld(at))
          return refused(403, "the message is too old for SNS to send it: check this machine's clock")
        hear(at)
        return undefined
      case 'Forged':
        return refused(403, found.reason)
      case 'Unknown':
        return {
          ...answered(503, 'the signing certificate could not be fetched: retry'),
          notice: {
            _tag: 'SourceFailed',
            operation: 'GET SigningCertURL',
            error: found.error,
            retryIn: undefined,
          },
        }
    }
  }

  /** Decodes a notification, and adds a warning if this machine's clock is wrong. */
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
    if (isLeft(decoded)) return undecodable('unknown', `not an SNS message: ${explain(decoded.left)}`)
    const message = decoded.right
    const foreign = admission.checkTopic(message.TopicArn)
    if (foreign !== undefined) return foreign
    if ((header(request, 'x-amz-sns-message-type') ?? message.Type) !== message.Type)
      return refused(400, 'the header x-amz-sns-message-type and the message have different types')
    const at = snsTimestamp(message.Timestamp)
    if (at === undefined) return refused(400, 'the Timestamp is not a valid time')
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
            message: `the subscription to ${message.TopicArn} was cancelled: subscribe again if that was not intended`,
          },
        }
      default:
        return refused(400, 'an SNS message of an unknown Type')
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
            "verify: 'off' trusts everyone who can reach the webhook: remove it unless the network admits only SNS",
          ]
        : [],
    protocol: { admit: admission.admit, judge },
  })
}
