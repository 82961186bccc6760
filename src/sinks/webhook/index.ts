import type { Clock, Millis } from '../../core/clock.js'
import { OptionError } from '../../core/option-error.js'
import type { Sink } from '../../core/sink.js'
import { Slots } from '../../shared/async/slots.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'
import { headerName, type Secrets } from '../../shared/http/shared-secret.js'
import type { DeliveredState } from '../kit/backend-state.js'
import type { DeliveryOptions, DeliveryResult } from '../kit/delivery.js'
import { deliverySink } from '../kit/delivery-sink.js'
import type { StateEvent } from '../kit/state-event.js'
import { cloudEventText } from './cloud-event.js'
import { post, type WebhookFetch } from './post.js'
import { placeOf, receiverUrl } from './receiver-url.js'
import { signer } from './signature.js'

export type { BackendState, DeliveredState, StateEndpoint } from '../kit/backend-state.js'
export type { DeadLetter, DeliveryOptions } from '../kit/delivery.js'
export type { StateData, StateEvent } from '../kit/state-event.js'
export { type BackendStateEvent, backendStateType } from './cloud-event.js'
export type { WebhookFetch } from './post.js'
export type { Secrets } from '../../shared/http/shared-secret.js'

export interface WebhookOptions extends DeliveryOptions {
  /** Where each event is posted: an https URL without a user. Redirects are not followed. */
  readonly url: string
  /**
   * With which requests are signed, as Standard Webhooks says: `whsec_` and the base64 of 24 to 64 random bytes. Each
   * request has one signature per secret, so give the old and the new one while receivers change.
   */
  readonly secrets: Secrets
  /** Whether `url` may begin with `http:`. Default: false. */
  readonly allowHttp?: boolean
  /** Further headers, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
  /** How long a receiver may take to answer, 1 to 60,000 ms. Default: 10,000 ms. */
  readonly timeoutMs?: Millis
  /** The most requests at the same time, 1 to 64; one at a time for a backend. Default: 4. */
  readonly concurrency?: number
  /** Unique among a worker's sinks. Default: `webhook`. */
  readonly name?: string
  readonly clock?: Clock
  readonly fetch?: WebhookFetch
}

/** Headers that each request has, and that must not be others. */
const ours: Readonly<Record<string, string>> = {
  'content-type': 'application/cloudevents+json; charset=utf-8',
  'user-agent': 'ecs-task-stream',
}

const furtherHeaders = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const lower = headerName('webhook: headers', name)
      if (lower in ours || lower.startsWith('webhook-'))
        throw new OptionError(
          `webhook: headers: expected other headers than ${lower}, which each request has`,
        )
      if (!/^[\x20-\x7e]*$/.test(value))
        throw new OptionError(`webhook: headers: expected printable ASCII in the value of ${lower}`)
      return [lower, value]
    }),
  )

/**
 * Posts the whole state of each backend that changes, as a signed CloudEvent (JSON, structured mode), at least once.
 *
 * - _2xx_: delivered.
 * - _408, 425, 429, 5xx, no answer_: sent again with backoff, as the same event unless the backend has changed.
 *   `Retry-After` of 429 and 503 is respected, up to a minute.
 * - _409_: the receiver has a greater sequence; the state is sent again with a later one.
 * - _Other statuses, including redirects_: refused; given up after three attempts: see `deadLetter`.
 *
 * Throws an OptionError for an invalid option.
 */
export const webhook = ({
  url: text,
  secrets,
  allowHttp = false,
  headers = {},
  timeoutMs = 10_000,
  concurrency = 4,
  name = 'webhook',
  clock = systemClock,
  fetch = (to, init) => globalThis.fetch(to, init),
  cursorPath,
  deadLetter,
}: WebhookOptions): Sink<DeliveredState> => {
  const url = receiverUrl(text, { allowHttp })
  wholeNumber('webhook: timeoutMs', timeoutMs, 1, 60_000)
  wholeNumber('webhook: concurrency', concurrency, 1, 64)
  const sign = signer('webhook: secrets', secrets)
  const common = { ...furtherHeaders(headers), ...ours }
  const slots = new Slots(concurrency)
  /** The receiver wants no request before. */
  let notBefore: Millis = 0

  const unsent = (why: string): DeliveryResult => ({
    _tag: 'Failed',
    error: new Error(`not sent to ${placeOf(url)}: ${why}`),
  })

  const deliverOne = async (event: StateEvent, signal: AbortSignal): Promise<DeliveryResult> => {
    if (!(await slots.take(signal))) return unsent('the time for this round is over, or the worker stops')
    try {
      // Another request may have been told to wait, meanwhile.
      for (let wait = notBefore - clock.now(); wait > 0; wait = notBefore - clock.now()) {
        await clock.sleep(wait, signal)
        if (signal.aborted) return unsent('it wants no request yet (Retry-After)')
      }
      const body = cloudEventText(event)
      const signature = sign({ id: event.id, body, at: clock.now() })
      const options = { url, fetch, timeoutMs, clock }
      const { result, waitMs } = await post(options, { ...common, ...signature }, body, signal)
      if (waitMs > 0) notBefore = Math.max(notBefore, clock.now() + waitMs)
      return result
    } finally {
      slots.release()
    }
  }

  return deliverySink({
    name,
    cursorPath,
    deadLetter,
    clock,
    deliver: (events, signal) => Promise.all(events.map((event) => deliverOne(event, signal))),
  })
}
