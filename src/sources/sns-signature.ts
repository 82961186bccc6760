import { verify } from 'node:crypto'
import type { Clock } from '../core/clock.js'
import { systemClock } from '../system-clock.js'
import { SnsCertificates } from './sns-certificates.js'
import { describeEndpoint, type Fetch, isCertificateUrl, snsFetcher } from './sns-endpoint.js'
import { signedText, type SnsMessage } from './sns-message.js'

export type { DecodeError } from './decode-error.js'
export type { Fetch } from './sns-endpoint.js'
export { decodeSnsMessage, type SnsMessage } from './sns-message.js'

export type Authenticity =
  /** SNS has signed it. Of which topic, and when, is in the message: look at both. */
  | { readonly _tag: 'Genuine' }
  /** SNS has not signed this, and trying again will not change it. */
  | { readonly _tag: 'Forged'; readonly reason: string }
  /** The certificate could not be had now: try again. */
  | { readonly _tag: 'Unknown'; readonly error: Error }

export interface SnsSignatureOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch
  /** Default: the machine's. */
  readonly clock?: Clock
}

/** By SignatureVersion; SNS signs with version 1 unless the topic asks for 2, which is the better one. */
const algorithms = new Map([
  ['1', 'RSA-SHA1'],
  ['2', 'RSA-SHA256'],
])

const forged = (reason: string): Authenticity => ({ _tag: 'Forged', reason })

/**
 * Verifies signatures of SNS, versions 1 and 2. Certificates come from SNS's own hosts over HTTPS, without redirects;
 * they are kept and shared, so use one verifier for all messages. Whose certificate it is, TLS says, as in AWS's own
 * validators. Never rejects.
 */
export const snsSignature = ({ fetch = globalThis.fetch, clock = systemClock }: SnsSignatureOptions = {}): ((
  message: SnsMessage,
) => Promise<Authenticity>) => {
  const certificates = new SnsCertificates(snsFetcher(fetch, clock), clock)
  return async (message) => {
    const { SignatureVersion: version, Signature: signature, SigningCertURL: url } = message
    const algorithm = algorithms.get(version ?? '')
    if (algorithm === undefined) return forged('the SignatureVersion is neither 1 nor 2')
    if (typeof signature !== 'string') return forged('there is no Signature')
    if (typeof url !== 'string' || !isCertificateUrl(url, message.TopicArn))
      return forged(
        `the SigningCertURL is not ${describeEndpoint(message.TopicArn)}….pem, the host of the topic's region, without user, port, query and fragment`,
      )
    const certificate = await certificates.get(url)
    switch (certificate._tag) {
      case 'Missing':
        return { _tag: 'Unknown', error: certificate.error }
      case 'Unfit':
        return forged(certificate.reason)
      case 'Certificate': {
        const now = clock.now()
        if (!(certificate.from <= now && now <= certificate.to))
          return forged('the signing certificate is not valid today')
        const text = Buffer.from(signedText(message))
        return verify(algorithm, text, certificate.key, Buffer.from(signature, 'base64'))
          ? { _tag: 'Genuine' }
          : forged('the signature is not that of this message')
      }
    }
  }
}
