import { memory, type MemorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it } from 'vitest'
import type { DeploymentStage } from '../../src/testing/ecs-model/deployment-phases.js'
import type { ApiFaults } from '../../sim/aws-api/aws-api.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { type Desired, trafficWeight } from '../../src/core/desired.js'
import { type ClusterState, clusterStateJoin, emptyState } from '../../src/core/cluster-state.js'
import type { Rollout } from '../../src/core/deployment.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { reduce } from '../../src/core/reduce.js'
import { run } from '../../src/core/run.js'
import type { Notice } from '../../src/core/source.js'
import type { Worker } from '../../src/core/worker.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { ecsSnapshots } from '../../src/sources/ecs-api/snapshots/ecs-snapshots.js'
import { serviceDeployments } from '../../src/sources/ecs-api/deployments/service-deployments.js'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import { taskDefinitions } from '../../src/sources/ecs-api/lookups/task-definitions.js'
import { awsWorld, type AwsWorld, follow, listedState, settled } from '../sources/aws-world.js'

interface Staged {
  readonly cluster: SimulatedCluster
  readonly world: AwsWorld
  readonly worker: Worker
  readonly notices: readonly Notice[]
  /** Each desired state so far. */
  readonly history: readonly Desired[]
  /** The percentage of requests by the `startedBy` of the tasks that get them. */
  readonly shares: () => Readonly<Record<string, number>>
  readonly calls: (operation: string) => number
  readonly source: MemorySource
  readonly state: () => ClusterState
  /** What is known about the deployments of the service. */
  readonly rollout: () => Rollout | undefined
}

const sharesIn = (desired: Desired, cluster: SimulatedCluster, backend = 'web') => {
  const endpoints = desired.backends.get(backend)?.endpoints ?? []
  const origins = new Map(cluster.tasks().map(({ arn, startedBy }) => [arn, startedBy]))
  const total = endpoints.reduce((sum, endpoint) => sum + (trafficWeight(endpoint) ?? 1), 0)
  const shares: Record<string, number> = {}
  for (const endpoint of endpoints) {
    const origin = origins.get(endpoint.task) ?? 'stopped'
    shares[origin] = (shares[origin] ?? 0) + ((trafficWeight(endpoint) ?? 1) / total) * 100
  }
  return shares
}

/** A worker that gets the events of the cluster, and asks ECS over the wire. */
const staged = async (spec: Partial<ServiceSpec>, faults?: ApiFaults): Promise<Staged> => {
  const cluster = simulatedCluster({
    seed: 11,
    name: 'shop',
    services: [{ name: 'web', placement: 'fargate', desiredCount: 4, ...spec }],
  })
  const world = await awsWorld([cluster], faults)
  const source = memory({ name: 'events' })
  cluster.events$.subscribe((event) => {
    const decoded = decodeEvent(event, { latest: Infinity })
    if (decoded._tag === 'Event') void source.push(decoded.event)
  })
  const notices: Notice[] = []
  const history: Desired[] = []
  const worker = run(
    {
      sources: [source, taskDefinitions(world.options), serviceDeployments(world.options)],
      sinks: [],
      expose: deployments(servicePorts()),
      clusters: [cluster.arn],
    },
    world.options,
  )
  worker.reports$.subscribe((report) => {
    if (report._tag === 'Noticed') notices.push(report.notice)
  })
  worker.desired$.subscribe((desired) => history.push(desired))
  let state = emptyState
  worker.state$.subscribe((next) => (state = next))
  await world.clock.advance(0)
  settled(cluster)
  await world.until(() => history.at(-1)?.backends.get('web')?.endpoints.length === 4, 10)
  return {
    cluster,
    world,
    worker,
    notices,
    history,
    shares: () => sharesIn(history.at(-1)!, cluster),
    calls: (operation) => world.api.calls.get(operation) ?? 0,
    source,
    state: () => state,
    rollout: () => [...state.deployments.values()][0]?.described?.rollout,
  }
}

const origins = ({ cluster }: Staged): readonly string[] => [
  ...new Set(cluster.tasks().map(({ startedBy }) => startedBy)),
]

/** Lets the deployment come to a stage, and the worker learn of it. */
const reach = async (on: Staged, stage: DeploymentStage): Promise<void> => {
  on.cluster.reach('web', stage)
  await on.world.until(() => {
    const rollout = on.rollout()
    return rollout?._tag === 'Shifting' && rollout.stage === stage
  }, 500)
}

/** Lets the deployment end, and the worker learn of it. */
const end = async (on: Staged): Promise<void> => {
  on.cluster.settle()
  await on.world.until(() => on.rollout()?._tag === 'Settled', 500)
}

const every = ['DescribeServices', 'DescribeServiceDeployments', 'DescribeServiceRevisions'] as const

describe('serviceDeployments', () => {
  it('asks nothing while a service has tasks of one deployment', async () => {
    const on = await staged({ strategy: 'BLUE_GREEN' })
    on.cluster.scale('web', 6)
    on.cluster.settle()
    await on.world.until(() => on.history.at(-1)?.backends.get('web')?.endpoints.length === 6, 1_000)
    for (const operation of every) expect(on.calls(operation)).toBe(0)
  })

  it('asks once in a deployment by rolling, and never polls', async () => {
    const on = await staged({})
    for (const asked of [1, 2]) {
      on.cluster.deploy('web')
      on.cluster.settle()
      const isDone = (): boolean =>
        on.rollout()?._tag === 'AtOnce' && on.history.at(-1)?.unresolved.size === 0
      await on.world.until(() => on.calls('DescribeServices') === asked && isDone(), 100)
      await on.world.clock.advance(120_000)
      expect(on.calls('DescribeServices')).toBe(asked)
      expect(on.calls('DescribeServiceDeployments')).toBe(0)
      expect(Object.keys(on.shares())).toHaveLength(1)
    }
  })

  it('keeps green from requests until its stage, at every moment, and shifts all to it then', async () => {
    const on = await staged({ strategy: 'BLUE_GREEN' })
    const [blue = ''] = origins(on)
    on.cluster.deploy('web')
    const before = on.history.length
    for (const stage of [
      'SCALE_UP',
      'POST_SCALE_UP',
      'TEST_TRAFFIC_SHIFT',
      'PRE_PRODUCTION_TRAFFIC_SHIFT',
    ] as const) {
      await reach(on, stage)
      expect(on.shares()).toEqual({ [blue]: 100 })
    }
    const green = origins(on).find((origin) => origin !== blue)
    for (const desired of on.history.slice(before))
      expect(Object.keys(sharesIn(desired, on.cluster))).toEqual([blue])
    expect(sharesIn(on.history.at(-1)!, on.cluster, 'web-test')).toEqual({ [green ?? '']: 100 })
    await reach(on, 'BAKE_TIME')
    expect(on.shares()).toEqual({ [green ?? '']: 100 })
    on.cluster.reach('web', 'CLEAN_UP')
    await end(on)
    expect(on.shares()).toEqual({ [green ?? '']: 100 })
    expect(on.history.at(-1)?.backends.get('web-test')).toBeUndefined()
    expect(on.history.at(-1)?.unresolved.size).toBe(0)
  })

  it('gives a canary its percentage, and stops asking when the deployment has ended', async () => {
    const on = await staged({ strategy: 'CANARY', stepPercent: 5 })
    const [blue = ''] = origins(on)
    on.cluster.deploy('web')
    await reach(on, 'PRODUCTION_TRAFFIC_SHIFT')
    const green = origins(on).find((origin) => origin !== blue) ?? ''
    expect(on.shares()[green]).toBeCloseTo(5)
    on.cluster.reach('web', 'CLEAN_UP')
    await end(on)
    expect(on.shares()).toEqual({ [green]: 100 })
    const asked = on.calls('DescribeServiceDeployments')
    await on.world.clock.advance(60_000)
    expect(on.calls('DescribeServiceDeployments')).toBe(asked)
  })

  it('gives everything back when the deployment is rolled back', async () => {
    const on = await staged({ strategy: 'LINEAR', stepPercent: 25 })
    const [blue = ''] = origins(on)
    on.cluster.deploy('web')
    await reach(on, 'PRODUCTION_TRAFFIC_SHIFT')
    expect(Object.keys(on.shares())).toHaveLength(2)
    on.cluster.rollBack('web')
    await on.world.until(() => Object.keys(on.shares()).length === 1, 500)
    expect(on.shares()).toEqual({ [blue]: 100 })
    await end(on)
    expect(on.shares()).toEqual({ [blue]: 100 })
    expect(on.history.at(-1)?.unresolved.size).toBe(0)
  })

  it.each([
    ['knows', (blue: string) => [blue]],
    ['has lost', () => []],
  ])(
    'gives everything to a revision that was rolled back to, although all of its tasks are younger than the deployment, to a worker that starts and %s who had it',
    async (_, known) => {
      const cluster = settled(
        simulatedCluster({
          seed: 3,
          name: 'shop',
          services: [{ name: 'web', placement: 'fargate', desiredCount: 2, strategy: 'BLUE_GREEN' }],
        }),
      )
      const before = cluster.tasks().map(({ id }) => id)
      cluster.deploy('web')
      cluster.reach('web', 'POST_SCALE_UP')
      cluster.rollBack('web')
      cluster.settle()
      for (const id of before) expect(cluster.crash(id)).toBe(true)
      cluster.settle()
      const running = cluster.tasks().filter(({ hasStopped }) => !hasStopped)
      expect(running.filter(({ id }) => before.includes(id))).toEqual([])
      const blue = running[0]?.startedBy ?? ''
      const world = await awsWorld([cluster])
      const service = `${cluster.arn.replace(':cluster/', ':service/')}/web`
      const events: readonly ClusterEvent[] = [
        { _tag: 'DeploymentAnnounced', service, at: 1 },
        { _tag: 'DeploymentDescribed', service, at: 1, rollout: { _tag: 'Settled', startedBy: known(blue) } },
      ]
      const answered = new Set<string>()
      world.alter((operation) => answered.add(operation))
      const following = follow(
        serviceDeployments(world.options),
        events.reduce(reduce, await listedState(world, cluster)),
        { expose: deployments(servicePorts()) },
      )
      await world.until(() => answered.has('DescribeServiceRevisions'))
      await world.clock.advance(0)
      expect(following.state.deployments.get(service)?.described?.rollout).toEqual({
        _tag: 'Settled',
        startedBy: [blue],
      })
    },
  )

  it('leaves the traffic as it is when the deployment is stopped', async () => {
    const on = await staged({ strategy: 'LINEAR', stepPercent: 25 })
    on.cluster.deploy('web')
    await reach(on, 'PRODUCTION_TRAFFIC_SHIFT')
    const shares = on.shares()
    on.cluster.stopDeployment('web')
    on.cluster.settle()
    await on.world.until(() => {
      const rollout = on.rollout()
      return rollout?._tag === 'Shifting' && rollout.status === 'STOPPED'
    }, 500)
    expect(on.shares()).toEqual(shares)
  })

  it('distinguishes the revisions when the same definition is deployed again', async () => {
    const on = await staged({ strategy: 'CANARY', stepPercent: 20 })
    const [blue = ''] = origins(on)
    on.cluster.redeploy('web')
    await reach(on, 'POST_SCALE_UP')
    expect(on.shares()).toEqual({ [blue]: 100 })
    await reach(on, 'PRODUCTION_TRAFFIC_SHIFT')
    const green = origins(on).find((origin) => origin !== blue) ?? ''
    expect(on.shares()[green]).toBeCloseTo(20)
  })

  it('holds new tasks until the first answer, and lets them pass after six failures', async () => {
    let down = true
    const on = await staged({ strategy: 'BLUE_GREEN' }, (operation) =>
      down && operation === 'DescribeServices' ? 'error500' : 'ok',
    )
    const [blue = ''] = origins(on)
    on.cluster.deploy('web')
    on.cluster.reach('web', 'POST_SCALE_UP')
    await on.world.clock.advance(100)
    expect(on.shares()).toEqual({ [blue]: 100 })
    await on.world.until(() => Object.keys(on.shares()).length === 2, 1_000)
    expect(on.calls('DescribeServices')).toBe(6)
    expect(on.notices.some((notice) => notice._tag === 'SourceFailed')).toBe(true)
    down = false
    await on.world.until(() => Object.keys(on.shares()).length === 1, 1_000)
    expect(on.shares()).toEqual({ [blue]: 100 })
  })

  it('behaves as by rolling where ECS refuses, warns once, and asks again after a quarter of an hour', async () => {
    let refuses = true
    const on = await staged({ strategy: 'BLUE_GREEN' }, (operation) =>
      refuses && operation === 'DescribeServices' ? 'denied' : 'ok',
    )
    const [blue = ''] = origins(on)
    on.cluster.deploy('web')
    on.cluster.reach('web', 'POST_SCALE_UP')
    await on.world.until(() => Object.keys(on.shares()).length === 2, 10)
    const warnings = () => on.notices.filter((notice) => notice._tag === 'Warning')
    await on.world.until(() => warnings().length > 0, 1_000)
    await on.world.clock.advance(600_000)
    expect(on.calls('DescribeServices')).toBe(3)
    expect(warnings()).toHaveLength(1)
    refuses = false
    on.cluster.rollBack('web')
    on.cluster.settle()
    await on.world.clock.advance(900_000)
    on.cluster.deploy('web')
    await reach(on, 'POST_SCALE_UP')
    expect(on.shares()).toEqual({ [blue]: 100 })
  })

  it('makes no call for a policy that does not follow deployments', async () => {
    const cluster = settled(
      simulatedCluster({
        seed: 3,
        name: 'shop',
        services: [{ name: 'web', placement: 'fargate', desiredCount: 2, strategy: 'BLUE_GREEN' }],
      }),
    )
    cluster.deploy('web')
    cluster.reach('web', 'BAKE_TIME')
    const world = await awsWorld([cluster])
    const following = follow(serviceDeployments(world.options), await listedState(world, cluster))
    await world.clock.advance(60_000)
    expect(world.api.calls.get('DescribeServices')).toBeUndefined()
    following.stop()
    await world.until(() => following.completed)
  })

  it('asks about the services of one cluster although those of another are refused', async () => {
    const clusters = ['shop', 'bank'].map((name, i) => {
      const cluster = settled(
        simulatedCluster({
          seed: 3 + i,
          name,
          services: [{ name: 'web', placement: 'fargate', desiredCount: 1, strategy: 'BLUE_GREEN' }],
        }),
      )
      cluster.deploy('web')
      cluster.reach('web', 'POST_SCALE_UP')
      return cluster
    })
    const [shop, bank] = clusters
    const world = await awsWorld(clusters, (operation, _, asked) =>
      operation === 'DescribeServices' && asked.includes('cluster/bank') ? 'denied' : 'ok',
    )
    const listed = [await listedState(world, shop!), await listedState(world, bank!)]
    const state = clusterStateJoin.join(listed[0]!, listed[1]!)
    const following = follow(serviceDeployments(world.options), state, {
      expose: deployments(servicePorts()),
    })
    const rolloutIn = (name: string) =>
      following.state.deployments.get(`arn:aws:ecs:eu-west-1:123456789012:service/${name}/web`)?.described
        ?.rollout
    await world.until(
      () => rolloutIn('shop')?._tag === 'Shifting' && rolloutIn('bank')?._tag === 'AtOnce',
      100,
    )
    await world.until(() => following.notices.some(({ _tag }) => _tag === 'Warning'), 1_000)
    expect(rolloutIn('shop')).toMatchObject({ _tag: 'Shifting', stage: 'POST_SCALE_UP' })
  })

  it('asks nothing about a service whose name ECS does not allow: a forged event must not spoil a call', async () => {
    const on = await staged({})
    const [task] = [...on.state().tasks.values()]
    for (const startedBy of ['ecs-svc/1', 'ecs-svc/2'])
      void on.source.push({
        _tag: 'TaskChanged',
        task: { ...task!, arn: `${task!.arn}${startedBy.slice(-1)}`, group: 'service:not a name', startedBy },
      })
    await on.world.clock.advance(60_000)
    expect(on.calls('DescribeServices')).toBe(0)
  })

  it('learns of a deployment in progress when it starts, and holds both revisions until then', async () => {
    const cluster = settled(
      simulatedCluster({
        seed: 3,
        name: 'shop',
        services: [
          { name: 'web', placement: 'fargate', desiredCount: 2, strategy: 'CANARY', stepPercent: 10 },
        ],
      }),
    )
    const [blue = ''] = cluster.tasks().map(({ startedBy }) => startedBy)
    cluster.deploy('web')
    cluster.reach('web', 'PRODUCTION_TRAFFIC_SHIFT')
    const world = await awsWorld([cluster])
    const history: Desired[] = []
    const worker = run(
      {
        sources: [
          ecsSnapshots({ clusters: [cluster.arn], ...world.options }),
          taskDefinitions(world.options),
          serviceDeployments(world.options),
        ],
        sinks: [],
        expose: deployments(servicePorts()),
        clusters: [cluster.arn],
      },
      world.options,
    )
    worker.desired$.subscribe((desired) => history.push(desired))
    const isKnown = (desired: Desired | undefined): boolean =>
      desired?.complete === true && desired.unresolved.size === 0
    await world.until(() => isKnown(history.at(-1)), 100)
    expect(sharesIn(history.at(-1)!, cluster)[blue]).toBeCloseTo(90)
    for (const desired of history) {
      const shares = sharesIn(desired, cluster)
      if (Object.keys(shares).length > 0) expect(shares[blue]).toBeCloseTo(90)
    }
    await worker.stop()
  })
})
