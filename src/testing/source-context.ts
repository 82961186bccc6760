import type { Observable } from 'rxjs'
import type { Clock, Millis, Random } from '../core/clock.js'
import type { ClusterState } from '../core/cluster-state.js'
import type { HealthChecks } from '../core/health-checks.js'
import { defaultSkewAllowanceMs } from '../core/liveness.js'
import { exposesNothing, type Policy } from '../core/policy.js'
import { sourceContext as contextOf } from '../core/source-context.js'
import type { SourceContext } from '../core/source.js'
import { systemClock } from '../shared/async/system-clock.js'

export interface SourceContextOptions {
  /** Default: a policy that exposes nothing. */
  readonly expose?: Policy
  /** Default: 30,000 ms. */
  readonly skewAllowanceMs?: Millis
  /** Default: `advisory`. */
  readonly healthChecks?: HealthChecks
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Default: `Math.random`. */
  readonly random?: Random
  /** Default: one that never aborts. */
  readonly signal?: AbortSignal
}

/** A context like the one from `run`, for testing a source alone: `source.deliveries(sourceContext(state$))`. */
export const sourceContext = (
  state$: Observable<ClusterState>,
  {
    expose = { expose: () => exposesNothing },
    skewAllowanceMs = defaultSkewAllowanceMs,
    healthChecks,
    clock = systemClock,
    random = Math.random,
    signal = new AbortController().signal,
  }: SourceContextOptions = {},
): SourceContext => contextOf({ state$, expose, skewAllowanceMs, healthChecks, clock, random, signal })
