import { OptionError } from '../../core/option-error.js'
import type { Clock, Millis, Random } from '../../core/clock.js'
import type { Endpoint } from '../../core/desired.js'
import { checkProbe, type Dial, dial, type Probe } from './dial.js'

/** When to distrust failures because too many endpoints fail at once. */
export interface ProbeGuard {
  /** Share of the probed endpoints, 0 to 1. */
  readonly share: number
  readonly atLeast: number
}

export interface HealthProbeOptions {
  /**
   * How to probe endpoints: `{ kind: 'http', path: '/health' }`, `{ kind: 'tcp' }`, or a pure function from an endpoint
   * to its probe, or to `undefined` to skip it. UDP endpoints are never probed.
   */
  readonly probe: Probe | ((endpoint: Endpoint) => Probe | undefined)
  /** Time from the end of one probe of an endpoint to the beginning of the next. Default: 10,000 ms. */
  readonly intervalMs?: Millis
  /** Random variation of the interval, as a share in either direction. Default: 0.1. */
  readonly jitter?: number
  /** A probe fails after this time. Default: 2,000 ms. */
  readonly timeoutMs?: Millis
  /** Consecutive probes that an unhealthy endpoint must pass to become healthy. Default: 2. */
  readonly healthyAfter?: number
  /** Consecutive probes that an endpoint must fail to become unhealthy. Default: 3. */
  readonly unhealthyAfter?: number
  /** Maximum number of concurrent probes. Default: 64. */
  readonly concurrency?: number
  /**
   * While more than `share` of the probed endpoints, and at least `atLeast` of them, have failed their last probe, no
   * more endpoints become unhealthy: the cause is more likely this machine's network than the endpoints. Default:
   * `{ share: 0.5, atLeast: 10 }`.
   */
  readonly guard?: ProbeGuard | 'off'
  /** Probes one endpoint. Default: over the network. */
  readonly dial?: Dial
  /** Default: the worker's. */
  readonly clock?: Clock
  readonly random?: Random
  /** Default: `health-probe`. */
  readonly name?: string
}

/** The options with all defaults filled in. */
export interface HealthProbeSettings
  extends
    Required<Omit<HealthProbeOptions, 'probe' | 'clock' | 'random'>>,
    Pick<HealthProbeOptions, 'clock' | 'random'> {
  /** Throws if the probe for this endpoint is invalid. */
  readonly probe: (endpoint: Endpoint) => Probe | undefined
}

const check = (what: string, value: number, fine: boolean, expected: string): void => {
  if (!fine) throw new OptionError(`healthProbe: ${what}: expected ${expected}, got ${value}`)
}

/** The maximum delay of Node's timers. */
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

/** Fills in the defaults. Throws an OptionError for an invalid option. */
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
