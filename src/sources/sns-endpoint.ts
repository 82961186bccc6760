import type { Clock, Millis } from '../core/clock.js'
import { withinTime } from '../core/within-time.js'

/** As much of the global `fetch` as is used. */
export type Fetch = (
  url: string,
  init: { readonly redirect: 'manual'; readonly signal: AbortSignal },
) => Promise<Response>

/**
 * Matched against the text itself, not against what a URL parser makes of it: so there is no user, no port, and
 * nothing that two parsers could read differently. A region begins with letters alone, which AWS's own validators do
 * not ask: `sns.s3-us-west-2.amazonaws.com` would be a bucket of anybody's. (Eugene Lim, "Exploiting Improper
 * Validation of Amazon Simple Notification Service SigningCertUrl", 2022.)
 */
const endpoint = String.raw`https://sns\.[a-z]{2,}(?:-[a-z]+)+-\d{1,2}\.amazonaws\.com(?:\.cn)?/`
const certificatePattern = new RegExp(String.raw`^${endpoint}[\w./-]*\.pem$`)
const subscribePattern = new RegExp(String.raw`^${endpoint}\?[\w.~%&=:/-]+$`)

/**
 * Whether a certificate may be fetched from there: at SNS over HTTPS, a path that ends in `.pem`, and nothing else.
 */
export const isCertificateUrl = (url: string): boolean => certificatePattern.test(url)

/** Whether that confirms a subscription to this topic at SNS, and does nothing else. */
export const isConfirmationUrl = (url: string, topic: string): boolean => {
  if (!subscribePattern.test(url)) return false
  const query = new URL(url).searchParams
  const only = (name: string, value: string): boolean => {
    const values = query.getAll(name)
    return values.length === 1 && values[0] === value
  }
  return only('Action', 'ConfirmSubscription') && only('TopicArn', topic)
}

/** What came of a request to SNS. */
export type Fetched =
  | { readonly _tag: 'Ok'; readonly text: string }
  /** Answered, with a status other than 200; redirects are not followed. */
  | { readonly _tag: 'Status'; readonly status: number }
  | { readonly _tag: 'TooLarge' }
  /** Not answered, or not in time. */
  | { readonly _tag: 'Failed'; readonly error: Error }

/** A certificate has 2 kB, the answer to a confirmation less. */
const maxBytes = 65_536

/** Two of these, one after the other, fit into the 12 s within which we answer. */
const timeoutMs: Millis = 5_000

/** Who forges messages must not make us ask more than this at once. */
const maxAtOnce = 8

const read = async (response: Response): Promise<Fetched> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  const body: AsyncIterable<Uint8Array> | null = response.body
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    // Leaving the loop cancels the rest.
    if (bytes > maxBytes) return { _tag: 'TooLarge' }
    chunks.push(chunk)
  }
  return { _tag: 'Ok', text: Buffer.concat(chunks).toString() }
}

/** Asks SNS, for as little as possible: 200 or nothing, 64 KiB, 5 s, no redirects, eight at once. Never rejects. */
export const snsFetcher = (fetch: Fetch, clock: Clock): ((url: string) => Promise<Fetched>) => {
  let underWay = 0
  const never = new AbortController().signal
  return async (url) => {
    if (underWay >= maxAtOnce)
      return { _tag: 'Failed', error: new Error(`${maxAtOnce} requests are under way`) }
    underWay++
    try {
      return await withinTime(timeoutMs, clock, never, async (signal) => {
        const response = await fetch(url, { redirect: 'manual', signal })
        if (response.status === 200) return await read(response)
        await response.body?.cancel()
        return { _tag: 'Status', status: response.status }
      })
    } catch (thrown) {
      return { _tag: 'Failed', error: thrown instanceof Error ? thrown : new Error(String(thrown)) }
    } finally {
      underWay--
    }
  }
}
