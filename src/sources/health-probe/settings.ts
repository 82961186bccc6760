import { OptionError } from '../../core/option-error.js'
import type { Clock, Millis, Random } from '../../core/clock.js'
import type { Endpoint } from '../../core/desired.js'
import { checkProbe, type Dial, dial, type Probe } from './dial.js'

/** How many endpoints may fail at once and be believed. */
export interface ProbeGuard {
  /** Of the probed endpoints, 0 to 1. */
  readonly share: number
  readonly atLeast: number
}

export interface HealthProbeOptions {
  /**
   * How endpoints are probed: `{ kind: 'http', path: '/health' }`, `{ kind: 'tcp' }`, or a function that says it of each
   * one; `undefined` for one that is not probed. It must be pure. UDP endpoints are never probed.
   */
  readonly probe: Probe | ((endpoint: Endpoint) => Probe | undefined)
  /** From the end of a probe of an endpoint to the begin of its next. Default: 10,000 ms. */
  readonly intervalMs?: Millis
  /** The share of the interval by which it varies either way. Default: 0.1. */
  readonly jitter?: number
  /** A probe that takes longer has failed. Default: 2,000 ms. */
  readonly timeoutMs?: Millis
  /** Probes in a row that an unhealthy endpoint must pass to be healthy again. Default: 2. */
  readonly healthyAfter?: number
  /** Probes in a row that an endpoint must fail to be unhealthy. Default: 3. */
  readonly unhealthyAfter?: number
  /** The most probes under way. Default: 64. */
  readonly concurrency?: number
  /**
   * While more than `share` of the probed endpoints, and at least `atLeast` of them, failed their last probe, no
   * endpoint is called unhealthy that was not before: then it is more likely that we are cut off than that they are
   * down. Default: half of them, and ten.
   */
  readonly guard?: ProbeGuard | 'off'
  /** What asks an endpoint. Default: over the network. */
  readonly dial?: Dial
  /** Default: the worker's. */
  readonly clock?: Clock
  readonly random?: Random
  /** Default: `health-probe`. */
  readonly name?: string
}

/** Nothing is left out. */
export interface HealthProbeSettings
  extends
    Required<Omit<HealthProbeOptions, 'probe' | 'clock' | 'random'>>,
    Pick<HealthProbeOptions, 'clock' | 'random'> {
  /** Throws when the probe of this endpoint cannot be made, and says why. */
  readonly probe: (endpoint: Endpoint) => Probe | undefined
}

const check = (what: string, value: number, fine: boolean, expected: string): void => {
  if (!fine) throw new OptionError(`healthProbe: ${what}: expected ${expected}, got ${value}`)
}

/** Timers of Node take no more. */
const longest: Millis = 2 ** 31 - 1

const milliseconds = (what: string, value: Millis): void =>
  check(what, value, value > 0 && value <= longest, `more than 0 ms and at most ${longest}`)

const counting = (what: string, value: number): void =>
  check(what, value, Number.isInteger(value) && value > 0, 'a whole number from 1')

const probeOf =
  (probe: HealthProbeOptions['probe']) =>
  (endpoint: Endpoint): Probe | undefined => {
    if (endpoint.protocol !== 'tcp') return undefined
    if (typeof probe !== 'function') return probe
    const chosen = probe(endpoint)
    if (chosen !== undefined) checkProbe(chosen)
    return chosen
  }

/** Fills in the defaults. Throws when an option cannot be, and says what was expected. */
export const healthProbeSettings = (options: HealthProbeOptions): HealthProbeSettings => {
  const settings: HealthProbeSettings = {
    intervalMs: 10_000,
    jitter: 0.1,
    timeoutMs: 2_000,
    healthyAfter: 2,
    unhealthyAfter: 3,
    concurrency: 64,
    guard: { share: 0.5, atLeast: 10 },
    dial,
    name: 'health-probe',
    ...options,
    probe: probeOf(options.probe),
  }
  const { intervalMs, jitter, timeoutMs, healthyAfter, unhealthyAfter, concurrency, guard } = settings
  milliseconds('intervalMs', intervalMs)
  milliseconds('timeoutMs', timeoutMs)
  check('jitter', jitter, jitter >= 0 && jitter < 1, 'a number from 0 to less than 1')
  counting('healthyAfter', healthyAfter)
  counting('unhealthyAfter', unhealthyAfter)
  counting('concurrency', concurrency)
  if (guard !== 'off') {
    check('guard.share', guard.share, guard.share >= 0 && guard.share <= 1, 'a number from 0 to 1')
    counting('guard.atLeast', guard.atLeast)
  }
  if (typeof options.probe !== 'function') checkProbe(options.probe)
  return settings
}
