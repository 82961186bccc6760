import { type KeyObject, X509Certificate } from 'node:crypto'
import type { Clock, Millis } from '../core/clock.js'
import { RecentMap } from './recent-map.js'
import type { Fetched } from './sns-endpoint.js'

export type CertificateReading =
  | { readonly _tag: 'Certificate'; readonly key: KeyObject; readonly from: Millis; readonly to: Millis }
  /** What is there is no certificate that SNS would sign with. */
  | { readonly _tag: 'Unfit'; readonly reason: string }
  /** It could not be had now. */
  | { readonly _tag: 'Missing'; readonly error: Error }

/** One a region, and the next one while SNS changes them. */
const kept = 32

/** For so long what failed is not asked for again: a flood of forged messages must not become one of requests. */
const failureMs: Millis = 10_000

const certificateOf = (fetched: Fetched): CertificateReading => {
  switch (fetched._tag) {
    case 'Ok':
      return parsed(fetched.text)
    case 'Status':
      return { _tag: 'Missing', error: new Error(`the signing certificate answered ${fetched.status}`) }
    case 'TooLarge':
      return { _tag: 'Unfit', reason: 'the signing certificate is too large to be one' }
    case 'Failed':
      return { _tag: 'Missing', error: fetched.error }
  }
}

const parsed = (pem: string): CertificateReading => {
  try {
    const certificate = new X509Certificate(pem)
    const key = certificate.publicKey
    if (key.asymmetricKeyType !== 'rsa')
      return { _tag: 'Unfit', reason: 'the signing certificate has no RSA key' }
    return {
      _tag: 'Certificate',
      key,
      from: Date.parse(certificate.validFrom),
      to: Date.parse(certificate.validTo),
    }
  } catch {
    return { _tag: 'Unfit', reason: 'the signing certificate is no X.509 certificate in PEM' }
  }
}

/**
 * The certificates that SNS signs with, each fetched once: those used last are kept, and a fetch under way is shared.
 */
export class SnsCertificates {
  readonly #known = new RecentMap<CertificateReading>(kept)
  readonly #failed = new RecentMap<{ readonly reading: CertificateReading; readonly until: Millis }>(kept)
  readonly #underWay = new Map<string, Promise<CertificateReading>>()

  constructor(
    private readonly fetch: (url: string) => Promise<Fetched>,
    private readonly clock: Clock,
  ) {}

  /** Never rejects. The URL must have passed `isCertificateUrl`. */
  async get(url: string): Promise<CertificateReading> {
    const known = this.#known.get(url)
    if (known !== undefined) return known
    const failed = this.#failed.get(url)
    if (failed !== undefined && this.clock.now() < failed.until) return failed.reading
    const underWay = this.#underWay.get(url)
    if (underWay !== undefined) return underWay
    const asked = this.fetch(url).then((fetched) => {
      this.#underWay.delete(url)
      const reading = certificateOf(fetched)
      if (reading._tag === 'Certificate') this.#known.set(url, reading)
      else this.#failed.set(url, { reading, until: this.clock.now() + failureMs })
      return reading
    })
    this.#underWay.set(url, asked)
    return asked
  }
}
