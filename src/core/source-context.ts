import type { Observable } from 'rxjs'
import type { Millis } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import { defaultHealthChecks, type HealthChecks } from './health-checks.js'
import { offeredEndpoints } from './offered-endpoints.js'
import type { Policy } from './policy.js'
import type { Environment } from './run-setup.js'
import type { SourceContext } from './source.js'

export interface SourceContextSetup extends Environment {
  readonly state$: Observable<ClusterState>
  readonly expose: Policy
  readonly skewAllowanceMs: Millis
  /** Default: `advisory`. */
  readonly healthChecks?: HealthChecks | undefined
  /** Default: this worker does everything. */
  readonly alone?: SourceContext['alone'] | undefined
  readonly signal: AbortSignal
}

/** What sources get from whoever follows them. */
export const sourceContext = ({
  state$,
  expose,
  skewAllowanceMs,
  healthChecks = defaultHealthChecks,
  alone = (_, make) => make(),
  clock,
  random,
  signal,
}: SourceContextSetup): SourceContext => ({
  state$,
  endpoints$: offeredEndpoints(state$, { expose, skewAllowanceMs, healthChecks }),
  clock,
  random,
  alone,
  signal,
  // Only the definition says whether a task has a health check.
  needs: healthChecks === 'required' ? 'definitions' : (expose.needs ?? 'bindings'),
  followsDeployments: expose.deployments !== undefined,
  healthChecks,
})
