import type { Gauge } from 'prom-client'
import type { Observable } from 'rxjs'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import type { Deployment } from '../../core/deployment.js'
import { oneOfLabel } from './closed-label.js'

/** Source: Amazon ECS API reference, `ServiceDeployment`. */
const stages = [
  'PENDING',
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
]

const stageLabel = oneOfLabel(stages)

/** Counts the deployments in stages that divide the traffic now, by stage. */
export const measureDeployments = (
  state$: Observable<Pick<ClusterState, 'deployments'>>,
  gauge: Gauge<'stage'>,
): void => {
  let last: ClusterState['deployments'] = emptyState.deployments
  const counts = new Map<string, number>()
  const count = (deployment: Deployment | undefined, by: 1 | -1): void => {
    const rollout = deployment?.described?.rollout
    if (rollout?._tag !== 'Shifting') return
    const stage = stageLabel(rollout.stage)
    counts.set(stage, (counts.get(stage) ?? 0) + by)
  }
  state$.subscribe(({ deployments }) => {
    if (deployments === last) return
    deployments.diff(last, (_, before, after) => {
      count(before, -1)
      count(after, 1)
    })
    last = deployments
    gauge.reset()
    for (const [stage, deploying] of counts) if (deploying > 0) gauge.set({ stage }, deploying)
  })
}
