import type { Deployment, RevisionTraffic, ServiceArn } from '../../core/deployment.js'
import type { Sliced } from '../../core/sliced.js'
import type { InspectedWorld } from '../inspected-world.js'
import type { RowQuery } from '../inspector.js'
import { nameFilter } from '../name-filter.js'
import type { DeployedRevision, DeploymentRow } from '../tables.js'
import { type RowWindow, windowOf } from '../window.js'

const none = {
  reason: undefined,
  strategy: undefined,
  status: undefined,
  stage: undefined,
  revisions: [],
  paused: undefined,
} as const

const inRole = (revision: RevisionTraffic, role: DeployedRevision['role']): DeployedRevision => ({
  ...revision,
  role,
})

export const deploymentRow = (service: ServiceArn, { described }: Deployment): DeploymentRow => {
  const rollout = described?.rollout
  switch (rollout?._tag) {
    case undefined:
      return { ...none, service, rollout: 'Unknown' }
    case 'AtOnce':
      return { ...none, service, rollout: 'AtOnce', reason: rollout.reason }
    case 'Settled':
      return { ...none, service, rollout: 'Settled' }
    case 'Shifting': {
      const { strategy, status, stage, source, target, paused } = rollout
      return {
        service,
        rollout: 'Shifting',
        reason: undefined,
        strategy,
        status,
        stage,
        revisions: [...source.map((each) => inRole(each, 'source')), inRole(target, 'target')],
        paused,
      }
    }
  }
}

const isShifting = ({ described }: Deployment): boolean => described?.rollout._tag === 'Shifting'

export function* deploymentRows(world: InspectedWorld, query: RowQuery): Sliced<RowWindow<DeploymentRow>> {
  const matches = nameFilter(query.filter)
  const sorted = [...world.state.deployments].sort(
    ([a, one], [b, other]) => Number(isShifting(other)) - Number(isShifting(one)) || (a < b ? -1 : 1),
  )
  yield
  return yield* windowOf(sorted, {
    query,
    rowOf: ([service, deployment]) => deploymentRow(service, deployment),
    matches: ([service]) => matches(service),
  })
}
