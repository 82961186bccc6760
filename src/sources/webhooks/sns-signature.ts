import { verify } from 'node:crypto'
import type { Clock, Millis } from '../../core/clock.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { SnsCertificates } from './sns-certificates.js'
import { describeEndpoint, type Fetch, isCertificateUrl } from './sns-endpoint.js'
import { signedText, type SnsMessage } from './sns-message.js'
import { snsTimestamp } from './sns-time.js'

export type { DecodeError } from '../../shared/codec/decode-error.js'
export type { Fetch } from './sns-endpoint.js'
export { decodeSnsMessage, type SnsMessage } from './sns-message.js'

export type Authenticity =
  /** SNS has signed it. The topic and the time are in the message; the caller must check both. */
  | { readonly _tag: 'Genuine' }
  /** SNS has not signed it, and a retry will not change that. */
  | { readonly _tag: 'Forged'; readonly reason: string }
  /** The certificate could not be fetched now; retry. */
  | { readonly _tag: 'Unknown'; readonly error: Error }

export interface SnsSignatureOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch
  /** Used only for timeouts, not to check whether a certificate is valid. Default: the system clock. */
  readonly clock?: Clock
  /** Receives SNS's own time: the `Date` of each response with a certificate that was valid then. Default: ignored. */
  readonly onTime?: (at: Millis) => void
}

/** By SignatureVersion. SNS uses version 1 unless the topic is configured for 2, which is stronger. */
const algorithms = new Map([
  ['1', 'RSA-SHA1'],
  ['2', 'RSA-SHA256'],
])

const forged = (reason: string): Authenticity => ({ _tag: 'Forged', reason })

/** One for each message: one for all would collect the listeners of all that wait. */
const never = (): AbortSignal => new AbortController().signal

/** Ensures one URL per certificate: no dot segments, nothing percent-encoded. */
const isCanonical = (url: string): boolean => new URL(url).href === url

/**
 * Verifies SNS signatures, versions 1 and 2. Certificates come from SNS's own hosts over HTTPS, without redirects; they
 * are cached, so use one verifier for all messages. As in AWS's own validators, TLS authenticates the certificate. It
 * must be valid at the time in the message; whether that time is too old is up to the caller. Never rejects; stops
 * waiting for a certificate when `signal` aborts.
 */
export const snsSignature = ({
  fetch = globalThis.fetch,
  clock = systemClock,
  onTime,
}: SnsSignatureOptions = {}): ((message: SnsMessage, signal?: AbortSignal) => Promise<Authenticity>) => {
  const certificates = new SnsCertificates(fetch, clock, onTime)
  return async (message, signal = never()) => {
    const { SignatureVersion: version, Signature: signature, SigningCertURL: url, Timestamp } = message
    const algorithm = algorithms.get(version ?? '')
    if (algorithm === undefined) return forged('the SignatureVersion is neither 1 nor 2')
    if (typeof signature !== 'string') return forged('there is no Signature')
    if (typeof url !== 'string' || !isCertificateUrl(url, message.TopicArn) || !isCanonical(url))
      return forged(
        `the SigningCertURL is not ${describeEndpoint(message.TopicArn)}….pem, the host of the topic's region, without user, port, query and fragment`,
      )
    const certificate = await certificates.get(url, signal)
    switch (certificate._tag) {
      case 'Missing':
        return { _tag: 'Unknown', error: certificate.error }
      case 'Unfit':
        return forged(certificate.reason)
      case 'Certificate': {
        const text = Buffer.from(signedText(message))
        if (!verify(algorithm, text, certificate.key, Buffer.from(signature, 'base64')))
          return forged('the signature is not that of this message')
        const at = snsTimestamp(Timestamp)
        if (at === undefined) return forged('the Timestamp is not a valid time')
        return certificate.from <= at && at <= certificate.to
          ? { _tag: 'Genuine' }
          : forged('the signing certificate was not valid when the message was signed')
      }
    }
  }
}
