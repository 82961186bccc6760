import type { Clock, Millis } from '../../core/clock.js'
import { withinTime } from '../../core/within-time.js'
import { partitionOf } from '../../shared/aws/aws-partition.js'

/** The used part of the global `fetch`. */
export type Fetch = (
  url: string,
  init: { readonly redirect: 'manual'; readonly signal: AbortSignal },
) => Promise<Response>

/**
 * The beginning of the URLs of a topic's certificates and confirmations: SNS's host in the topic's own region, with the
 * suffix of its partition. `undefined` if the text is not a topic ARN, or its region does not belong to its partition.
 * AWS documents no FIPS or dual-stack hosts for certificates and confirmations, so none are accepted.
 */
const endpointOf = (topic: string): string | undefined => {
  const [, partition, region = ''] = /^arn:([a-z-]+):sns:([a-z\d-]+):/.exec(topic) ?? []
  const known = partitionOf(region)
  return known === undefined || known.name !== partition
    ? undefined
    : `https://sns.${region}.${known.dnsSuffix}/`
}

/** Whether a topic's region belongs to the partition in its ARN. */
export const isInItsPartition = (topic: string): boolean => endpointOf(topic) !== undefined

/**
 * The part of a URL after the endpoint of a topic. Both are compared as text and not as parsed URLs, which excludes
 * users, ports, and anything that two parsers could interpret differently.
 */
const pathIn = (url: string, topic: string): string | undefined => {
  const endpoint = endpointOf(topic)
  return endpoint !== undefined && url.startsWith(endpoint) ? url.slice(endpoint.length) : undefined
}

/**
 * Whether a certificate for this topic's messages may be fetched from a URL: only over HTTPS from SNS in the topic's
 * region, with a path that ends in `.pem`.
 */
export const isCertificateUrl = (url: string, topic: string): boolean =>
  /^[\w./-]*\.pem$/.test(pathIn(url, topic) ?? '')

/** Whether a URL confirms a subscription to this topic at SNS, and does nothing else. */
export const isConfirmationUrl = (url: string, topic: string): boolean => {
  if (!/^\?[\w.~%&=:/-]+$/.test(pathIn(url, topic) ?? '')) return false
  const query = new URL(url).searchParams
  const only = (name: string, value: string): boolean => {
    const values = query.getAll(name)
    return values.length === 1 && values[0] === value
  }
  return only('Action', 'ConfirmSubscription') && only('TopicArn', topic)
}

/** The endpoint of a topic, for error messages. */
export const describeEndpoint = (topic: string): string =>
  endpointOf(topic) ?? 'https://sns.<region>.<DNS suffix of its partition>/'

/** The result of a request to SNS. */
export type Fetched =
  | { readonly _tag: 'Ok'; readonly text: string }
  /** A response with a status other than 200; redirects are not followed. */
  | { readonly _tag: 'Status'; readonly status: number }
  | { readonly _tag: 'TooLarge' }
  /** No response, or not in time. */
  | { readonly _tag: 'Failed'; readonly error: Error }

/** A certificate has 2 kB, the response to a confirmation less. */
const maxBytes = 65_536

/** Two consecutive requests fit into the 12 s within which a webhook answers. */
const timeoutMs: Millis = 5_000

/** Maximum number of concurrent requests, however many messages are forged. */
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

/** Calls SNS within tight limits: only status 200, 64 KiB, 5 s, no redirects, eight at once. Never rejects. */
export const snsFetcher = (fetch: Fetch, clock: Clock): ((url: string) => Promise<Fetched>) => {
  let underWay = 0
  const never = new AbortController().signal
  return async (url) => {
    if (underWay >= maxAtOnce)
      return { _tag: 'Failed', error: new Error(`${maxAtOnce} requests are in progress`) }
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
