import { type KeyObject, X509Certificate } from 'node:crypto'
import type { Clock, Millis } from '../../core/clock.js'
import { RecentMap } from '../../shared/async/recent-map.js'
import { type Fetch, type Fetched, snsFetcher } from './sns-endpoint.js'
import { isOver, type WallPause } from '../../shared/async/wall-pause.js'

export type CertificateReading =
  | { readonly _tag: 'Certificate'; readonly key: KeyObject; readonly from: Millis; readonly to: Millis }
  /** The response is not a certificate that SNS would sign with. */
  | { readonly _tag: 'Unfit'; readonly reason: string }
  /** It could not be fetched now. */
  | { readonly _tag: 'Missing'; readonly error: Error }

interface Failure extends WallPause {
  readonly reading: CertificateReading
}

/** The cached results of one host. */
interface Host {
  readonly known: RecentMap<CertificateReading>
  readonly failed: RecentMap<Failure>
}

/** A certificate that messages wait for. */
interface Wanted {
  readonly url: string
  readonly host: string
  readonly reading: Promise<CertificateReading>
  readonly settle: (reading: CertificateReading) => void
  isAsked: boolean
  /** Number of messages that need it. */
  waiting: number
}

/** Limits for caches and requests. */
const bounds = {
  /** One host per region; the most recently used ones are kept. */
  hosts: 32,
  /** Certificates per host: the current one, and the next one during a change. */
  known: 4,
  /** Failed URLs per host. */
  failed: 16,
  /** Concurrent requests: to all hosts, and to one host. */
  asked: 8,
  askedOfHost: 6,
  /** Waiting URLs per host. */
  waitingOfHost: 32,
} as const

/** How long a failed URL is not requested again: a flood of forged messages must not become a flood of requests. */
const failureMs: Millis = 10_000

const missing = (reason: string): CertificateReading => ({ _tag: 'Missing', error: new Error(reason) })

const certificateOf = (fetched: Fetched): CertificateReading => {
  switch (fetched._tag) {
    case 'Ok':
      return parsed(fetched.text)
    case 'Status':
      return missing(`the signing certificate answered ${fetched.status}`)
    case 'TooLarge':
      return { _tag: 'Unfit', reason: 'the signing certificate is too large' }
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
    return { _tag: 'Unfit', reason: 'the signing certificate is not an X.509 certificate in PEM' }
  }
}

/**
 * Fetches SNS's signing certificates, each once. The most recently used ones are cached, and concurrent requests for a
 * URL share one fetch.
 *
 * Forged messages may name any path on SNS's hosts, so concurrent requests are bounded. The waiting URL that most
 * messages need is fetched first, because genuine messages all name the same one. A URL that is never fetched does not
 * count as failed.
 */
export class SnsCertificates {
  readonly #hosts = new RecentMap<Host>(bounds.hosts)
  readonly #wanted = new Map<string, Wanted>()
  readonly #ask: (url: string) => Promise<Fetched>
  /** The `Date` of the response, by URL. */
  readonly #dates = new Map<string, Millis>()

  /** `onTime` receives SNS's own time: the `Date` of a response with a certificate that was valid at that time. */
  constructor(
    fetch: Fetch,
    private readonly clock: Clock,
    private readonly onTime: (at: Millis) => void = () => undefined,
  ) {
    const dated: Fetch = async (url, init) => {
      const response = await fetch(url, init)
      this.#dates.set(url, Date.parse(response.headers.get('date') ?? ''))
      return response
    }
    this.#ask = snsFetcher(dated, clock)
  }

  /** Never rejects. The URL must have passed `isCertificateUrl`. Stops waiting when `signal` aborts. */
  async get(url: string, signal: AbortSignal): Promise<CertificateReading> {
    const { host } = new URL(url)
    const { known, failed } = this.#of(host)
    const found = known.get(url)
    if (found !== undefined) return found
    const failure = failed.get(url)
    if (failure !== undefined && !isOver(failure, this.clock.now())) return failure.reading
    const wanted = this.#wanted.get(url) ?? this.#want(url, host)
    if (wanted === undefined) return missing('too many signing certificates are requested at once')
    return this.#waitFor(wanted, signal)
  }

  #of(name: string): Host {
    const known = this.#hosts.get(name)
    if (known !== undefined) return known
    const host = {
      known: new RecentMap<CertificateReading>(bounds.known),
      failed: new RecentMap<Failure>(bounds.failed),
    }
    this.#hosts.set(name, host)
    return host
  }

  #want(url: string, host: string): Wanted | undefined {
    const waiting = [...this.#wanted.values()].filter((other) => other.host === host && !other.isAsked)
    if (waiting.length >= bounds.waitingOfHost) return undefined
    let settle: (reading: CertificateReading) => void = () => undefined
    const reading = new Promise<CertificateReading>((resolve) => (settle = resolve))
    const wanted = { url, host, reading, settle, isAsked: false, waiting: 0 }
    this.#wanted.set(url, wanted)
    return wanted
  }

  #waitFor(wanted: Wanted, signal: AbortSignal): Promise<CertificateReading> {
    return new Promise((resolve) => {
      const leave = (reading: CertificateReading): void => {
        signal.removeEventListener('abort', giveUp)
        wanted.waiting--
        resolve(reading)
      }
      const giveUp = (): void => {
        leave(missing('the signing certificate arrived too late'))
        if (wanted.waiting === 0 && !wanted.isAsked) this.#wanted.delete(wanted.url)
      }
      wanted.waiting++
      if (signal.aborted) {
        giveUp()
        return
      }
      signal.addEventListener('abort', giveUp)
      void wanted.reading.then(leave)
      this.#askNext()
    })
  }

  /** Fetches the URLs that most messages need, within the limits. */
  #askNext(): void {
    const asked = [...this.#wanted.values()].filter(({ isAsked }) => isAsked)
    if (asked.length >= bounds.asked) return
    const next = [...this.#wanted.values()]
      .filter(
        ({ isAsked, host }) =>
          !isAsked && asked.filter((other) => other.host === host).length < bounds.askedOfHost,
      )
      // Among equals, the first one wins.
      .reduce<Wanted | undefined>((most, one) => (one.waiting > (most?.waiting ?? 0) ? one : most), undefined)
    if (next === undefined) return
    next.isAsked = true
    void this.#fetch(next)
    this.#askNext()
  }

  async #fetch({ url, host, settle }: Wanted): Promise<void> {
    const reading = certificateOf(await this.#ask(url))
    const date = this.#dates.get(url) ?? NaN
    this.#dates.delete(url)
    this.#wanted.delete(url)
    const { known, failed } = this.#of(host)
    if (reading._tag === 'Certificate') {
      known.set(url, reading)
      if (reading.from <= date && date <= reading.to) this.onTime(date)
    } else failed.set(url, { reading, since: this.clock.now(), ms: failureMs })
    settle(reading)
    this.#askNext()
  }
}
