import { Gauge } from 'prom-client'
import { BehaviorSubject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { Rollout } from '../../src/core/deployment.js'
import { reduce } from '../../src/core/reduce.js'
import { logDeployments } from '../../src/worker/observability/deployment-log.js'
import { measureDeployments } from '../../src/worker/observability/deployment-metrics.js'

const service = 'arn:aws:ecs:eu-west-1:123456789012:service/shop/web'

const shifting = (stage: string, production: number): Rollout => ({
  _tag: 'Shifting',
  deployment: 'arn:aws:ecs:eu-west-1:123456789012:service-deployment/shop/web/d',
  strategy: 'CANARY',
  status: 'IN_PROGRESS',
  stage,
  source: [],
  target: { revision: 'new', definition: undefined, startedBy: [], production, test: 100 },
  paused: undefined,
})

const watched = () => {
  const state$ = new BehaviorSubject<ClusterState>(emptyState)
  const lines: (readonly [unknown, string])[] = []
  const gauge = new Gauge({ name: 'deployments', help: 'h', labelNames: ['stage'], registers: [] })
  logDeployments(state$, {
    info: ((fields: unknown, message: string) => lines.push([fields, message])) as never,
  })
  measureDeployments(state$, gauge)
  let at = 0
  return {
    lines,
    gauge,
    describe: (rollout: Rollout): void => {
      at++
      state$.next(reduce(state$.value, { _tag: 'DeploymentDescribed', service, rollout, at }))
    },
  }
}

describe('deployments in stages', () => {
  it('are logged at each stage and share, and at their end, and not in between', () => {
    const on = watched()
    on.describe(shifting('SCALE_UP', 0))
    on.describe(shifting('SCALE_UP', 0))
    on.describe(shifting('PRODUCTION_TRAFFIC_SHIFT', 5))
    on.describe({ _tag: 'Settled', startedBy: [] })
    expect(on.lines).toMatchObject([
      [{ service, stage: 'SCALE_UP', production: '0 %', test: '100 %' }, expect.anything()],
      [{ stage: 'PRODUCTION_TRAFFIC_SHIFT', production: '5 %' }, expect.anything()],
      [{ service }, 'the deployment has ended: every task of the service gets its part'],
    ])
  })

  it('are not reported while a service deploys by rolling', () => {
    const on = watched()
    on.describe({ _tag: 'AtOnce', reason: 'it deploys by rolling' })
    expect(on.lines).toEqual([])
  })

  it('are counted by stage, and a stage of next year as another one', async () => {
    const on = watched()
    const count = async (): Promise<unknown> => (await on.gauge.get()).values
    on.describe(shifting('BAKE_TIME', 100))
    expect(await count()).toEqual([{ labels: { stage: 'BAKE_TIME' }, value: 1 }])
    on.describe(shifting('SOMETHING_NEW', 100))
    expect(await count()).toEqual([{ labels: { stage: 'other' }, value: 1 }])
    on.describe({ _tag: 'Settled', startedBy: [] })
    expect(await count()).toEqual([])
  })
})
