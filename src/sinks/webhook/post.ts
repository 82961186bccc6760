import type { Clock, Millis } from '../../core/clock.js'
import { withinTime } from '../../core/within-time.js'
import type { DeliveryResult } from '../kit/delivery.js'
import { resultOf, retryAfterMs } from './answer.js'
import { placeOf } from './receiver-url.js'

/** `fetch`, or a replacement, for example with a client certificate or through a proxy. */
export type WebhookFetch = (
  url: string,
  init: {
    readonly method: 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly redirect: 'manual'
    readonly signal: AbortSignal
  },
) => Promise<Response>

export interface PostOptions {
  readonly url: URL
  readonly fetch: WebhookFetch
  readonly timeoutMs: Millis
  readonly clock: Clock
}

/** The bodies of answers are not used. One up to this size is read to the end, to keep its connection. */
const maxBytes = 65_536

const drained = async (response: Response): Promise<void> => {
  let bytes = 0
  const body: AsyncIterable<Uint8Array> | null = response.body
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    // Leaving the loop cancels the rest.
    if (bytes > maxBytes) return
  }
}

/** The cause of a failed fetch says what happened, such as ECONNREFUSED; its message may have the whole URL. */
const causeOf = (thrown: unknown): string => {
  const cause = thrown instanceof Error ? (thrown.cause ?? thrown) : thrown
  if (!(cause instanceof Error)) return 'no answer'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

export interface Posted {
  readonly result: DeliveryResult
  /** How long the receiver wants no further request. */
  readonly waitMs: Millis
}

/** One request, without redirects. Never rejects. */
export const post = async (
  { url, fetch, timeoutMs, clock }: PostOptions,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Posted> => {
  const place = placeOf(url)
  let answer: Posted | undefined
  try {
    await withinTime(timeoutMs, clock, signal, async (abort) => {
      const response = await fetch(url.href, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: abort,
      })
      const { status } = response
      const retry = status === 429 || status === 503 ? response.headers.get('retry-after') : null
      answer = { result: resultOf(status, place), waitMs: retryAfterMs(retry, clock.now()) }
      await drained(response)
    })
  } catch (thrown) {
    // The status is the answer, whatever happens to the body after it.
    const error = new Error(`cannot deliver to ${place}: ${causeOf(thrown)}`)
    return answer ?? { result: { _tag: 'Failed', error }, waitMs: 0 }
  }
  return answer ?? { result: { _tag: 'Failed', error: new Error(`no answer from ${place}`) }, waitMs: 0 }
}
