import type { Clock, Millis } from '../../core/clock.js'
import { withinTime } from '../../core/within-time.js'
import { partitionOf } from '../../shared/aws/aws-partition.js'

/** As much of the global `fetch` as is used. */
export type Fetch = (
  url: string,
  init: { readonly redirect: 'manual'; readonly signal: AbortSignal },
) => Promise<Response>

/**
 * The host that signs a topic's messages and confirms its subscriptions, as the start of a URL: SNS in the topic's own
 * region, under the suffix of its partition. `undefined` for what is not the ARN of a topic, or names a partition that
 * its region does not belong to. AWS documents
 * no FIPS or dual-stack host for certificates and confirmations, so none is accepted.
 */
const endpointOf = (topic: string): string | undefined => {
  const [, partition, region = ''] = /^arn:([a-z-]+):sns:([a-z\d-]+):/.exec(topic) ?? []
  const known = partitionOf(region)
  return known === undefined || known.name !== partition
    ? undefined
    : `https://sns.${region}.${known.dnsSuffix}/`
}

/** Whether a topic is in a region of the partition that its ARN names. */
export const isInItsPartition = (topic: string): boolean => endpointOf(topic) !== undefined

/**
 * What follows the endpoint of a topic in a URL. Both are compared as text, not as what a URL parser makes of them:
 * so there is no user and no port, and nothing that two parsers could read differently.
 */
const pathIn = (url: string, topic: string): string | undefined => {
  const endpoint = endpointOf(topic)
  return endpoint !== undefined && url.startsWith(endpoint) ? url.slice(endpoint.length) : undefined
}

/**
 * Whether the certificate of this topic's messages may be fetched from there: at SNS in the topic's region over HTTPS,
 * a path that ends in `.pem`, and nothing else.
 */
export const isCertificateUrl = (url: string, topic: string): boolean =>
  /^[\w./-]*\.pem$/.test(pathIn(url, topic) ?? '')

/** Whether that confirms a subscription to this topic at SNS, and does nothing else. */
export const isConfirmationUrl = (url: string, topic: string): boolean => {
  if (!/^\?[\w.~%&=:/-]+$/.test(pathIn(url, topic) ?? '')) return false
  const query = new URL(url).searchParams
  const only = (name: string, value: string): boolean => {
    const values = query.getAll(name)
    return values.length === 1 && values[0] === value
  }
  return only('Action', 'ConfirmSubscription') && only('TopicArn', topic)
}

/** SNS in the region of a topic, for a message to people. */
export const describeEndpoint = (topic: string): string =>
  endpointOf(topic) ?? 'https://sns.<region>.<DNS suffix of its partition>/'

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
