/** Snapshots, addresses and definitions as one source. */
import { type Policy, run, servicePorts, traefikLabels } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { ecs, type EcsOptions } from 'ecs-task-stream/sources/ecs'
import { describe, expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { type AwsWorld, awsWorld, follow, type Following, settled } from './aws-world.js'
import { isRoutine } from '../support/routine-notice.js'

const services: readonly ServiceSpec[] = [
  { name: 'web', placement: 'bridge', desiredCount: 3 },
  { name: 'edge', placement: 'external', desiredCount: 1 },
  { name: 'api', placement: 'awsvpc', desiredCount: 2 },
  { name: 'shop', placement: 'fargate', desiredCount: 2 },
]

const clusterOf = (name = 'staging'): SimulatedCluster =>
  settled(simulatedCluster({ seed: 7, name, instances: { ec2: 1, external: 1 }, services }))

const following = (
  { clients, clock }: AwsWorld,
  options: Partial<EcsOptions> = {},
  expose: Policy = servicePorts(),
): Following =>
  follow(ecs({ clusters: ['staging'], clients, ...options }), undefined, {
    clock,
    random: () => 0.5,
    expose,
  })

/** Two machines, and the definitions of tasks in awsvpc mode, whose ports are nowhere else. */
const isComplete = ({ state }: Following) => state.instances.size === 2 && state.definitions.size === 2

const listings = ({ events }: Following) => events.filter(({ _tag }) => _tag === 'TasksListed')

/** By service, the addresses of what runs. */
const truthOf = (cluster: SimulatedCluster) =>
  Object.fromEntries([...cluster.truth()].map(([name, endpoints]) => [name, [...endpoints].sort()]))

describe('ecs', () => {
  it('covers, identifies, provides and refreshes as its parts do', () => {
    const source = ecs({ clusters: ['staging', 'arn:aws:ecs:eu-west-1:123456789012:cluster/blue', 'prod-*'] })
    expect(source).toMatchObject({
      name: 'ecs',
      covers: ['staging', 'arn:aws:ecs:eu-west-1:123456789012:cluster/blue', 'prod-*'],
      identifies: ['staging', 'prod-*'],
      provides: ['addresses', 'definitions', 'deployments', 'health'],
    })
    expect(ecs({ clusters: ['blue'], name: 'blue' }).name).toBe('blue')
    expect(() => ecs({ clusters: ['blue'], intervalMs: 0 })).toThrow(/intervalMs: expected a number above 0/)
    expect(() => ecs({ clusters: ['blue'], intervalMs: 2, longestIntervalMs: 1 })).toThrow(
      /longestIntervalMs: expected at least intervalMs, 2, got 1/,
    )
  })

  it('is all that a worker needs: tasks in bridge and awsvpc mode become complete', async () => {
    const cluster = clusterOf()
    const world = await awsWorld([cluster])
    const sink = memorySink()
    const worker = run(
      {
        sources: [ecs({ clusters: ['staging'], clients: world.clients })],
        sinks: [sink],
        expose: servicePorts(),
      },
      { clock: world.clock, random: () => 0.5 },
    )
    let complete: readonly string[] = []
    worker.desired$.subscribe(({ backends }) => {
      complete = [...backends.values()].flatMap((backend) => (backend.complete ? [backend.name] : []))
    })
    await world.until(() => complete.length === services.length, 50)
    const rows = () =>
      Object.fromEntries([...sink.target.rows].map(([key, { value }]) => [key, [...value].sort()]))
    const truth = truthOf(cluster)
    await world.until(() => JSON.stringify(rows()).length === JSON.stringify(truth).length, 50)
    expect(rows()).toEqual(truth)

    let stopped = false
    void worker.stop().then(() => (stopped = true))
    await world.until(() => stopped, 50)
  })

  it('gives each place one set of clients, for snapshots and lookups', async () => {
    const world = await awsWorld([clusterOf()])
    const heard = following(world)
    await world.until(() => isComplete(heard), 50)
    // The name is looked up where the environment is; everything else, where the cluster is.
    expect(world.places).toEqual([
      { account: '', region: '' },
      { account: '123456789012', region: 'eu-west-1' },
    ])
  })

  it('asks for names in the region that is given', async () => {
    const world = await awsWorld([clusterOf()])
    const heard = following(world, { region: 'eu-west-1' })
    await world.until(() => listings(heard).length === 1, 50)
    expect(world.places[0]).toEqual({ account: '', region: 'eu-west-1' })
  })

  it('says which operation failed, and one that fails blocks no other', async () => {
    const failing = ['DescribeInstances', 'DescribeTaskDefinition']
    const world = await awsWorld([clusterOf()], (operation) =>
      failing.includes(operation) ? 'error500' : 'ok',
    )
    const heard = following(world)
    const failed = () => new Set(heard.failures.map(({ operation }) => operation))
    await world.until(() => failed().size === 2, 50)
    expect([...failed()].sort()).toEqual(failing)
    expect(listings(heard)).toHaveLength(1)
    world.api.inject((operation) => (operation === 'ListTasks' ? 'error500' : 'ok'))
    await world.until(() => isComplete(heard), 500)
    await world.until(() => failed().has('snapshot of staging'), 10_000)
  })

  it('tells of each call, how long a snapshot took, and when the next one is due', async () => {
    const world = await awsWorld([clusterOf()])
    const heard = following(world)
    await world.until(() => isComplete(heard), 50)
    await world.until(() => heard.routine.some(({ _tag }) => _tag === 'SnapshotDue'))
    const told = heard.routine.reduce((sum, notice) => sum + (notice._tag === 'Called' ? notice.calls : 0), 0)
    expect(told).toBe([...world.api.calls.values()].reduce((sum, calls) => sum + calls, 0))
    const [mark] = heard.state.marks.values()
    const [cluster] = heard.state.marks.keys()
    expect(heard.routine).toContainEqual({
      _tag: 'SnapshotTaken',
      cluster,
      tasks: mark?.tasks.size,
      tookMs: expect.any(Number) as number,
    })
    const due = heard.routine.flatMap((notice) => (notice._tag === 'SnapshotDue' ? [notice] : []))
    expect(due[0]).toMatchObject({ cluster })
    expect(due[0]?.at).toBeGreaterThan(world.clock.now())
  })

  it('takes a snapshot at each interval, and one more when it is asked to', async () => {
    const world = await awsWorld([clusterOf()])
    const source = ecs({ clusters: ['staging'], clients: world.clients, intervalMs: 60_000 })
    const heard = follow(source, undefined, { clock: world.clock, random: () => 0.5 })
    await world.until(() => listings(heard).length === 1)
    const start = world.clock.now()
    await world.until(() => listings(heard).length === 2, 1_000)
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(59_000)
    const asked = world.clock.now()
    source.refresh()
    await world.until(() => listings(heard).length === 3)
    let refreshed = false
    void source.refreshed().then(() => (refreshed = true))
    await world.until(() => refreshed)
    expect(listings(heard)).toHaveLength(4)
    expect(world.clock.now()).toBe(asked)
  })

  it.each([
    ['a service', { service: 'shop' }],
    ['a family', { family: 'shop' }],
    ['a revision, which is listed with its family', { family: 'shop:9' }],
  ])('lists and looks up only the tasks of %s', async (_, only) => {
    const cluster = clusterOf()
    const world = await awsWorld([cluster])
    const before = following(world)
    await world.until(() => isComplete(before), 50)
    const { state } = before
    before.unsubscribe()
    const calls = new Map(world.api.calls)
    // The others are known, as if a queue had told of them.
    const source = ecs({ clusters: ['staging'], clients: world.clients, only })
    const known = { ...state, definitions: emptyState.definitions, instances: emptyState.instances }
    const heard = follow(source, known, { clock: world.clock, random: () => 0.5 })
    await world.until(() => heard.state.definitions.size === 1 && listings(heard).length === 1, 50)
    await world.clock.advance(10_000)
    expect(world.api.calls.get('DescribeTaskDefinition')).toBe((calls.get('DescribeTaskDefinition') ?? 0) + 1)
    expect(world.api.calls.get('DescribeContainerInstances')).toBe(calls.get('DescribeContainerInstances'))
    const [listing] = listings(heard)
    expect(listing?._tag === 'TasksListed' && listing.tasks.map(({ group }) => group)).toEqual([
      'service:shop',
      'service:shop',
    ])
  })

  it('asks for the definitions that the policy needs', async () => {
    const world = await awsWorld([clusterOf()])
    const all = following(world, {}, traefikLabels())
    await world.until(() => all.state.definitions.size === services.length, 50)
    all.unsubscribe()
    const none = following(world, {}, { ...servicePorts(), needs: 'none' })
    await world.until(() => none.state.instances.size === 2, 50)
    await world.clock.advance(10_000)
    expect(none.state.definitions.size).toBe(0)
  })

  it.each([
    ['between its calls', 'ok'],
    ['in the middle of its calls', 'hang'],
  ] as const)('completes when it is stopped %s, and sleeps no more', async (_, outcome) => {
    const world = await awsWorld([clusterOf()])
    const heard = following(world)
    await world.until(() => listings(heard).length === 1)
    world.api.inject(() => outcome)
    const before = [...world.api.calls.values()].reduce((sum, calls) => sum + calls, 0)
    await world.until(() => [...world.api.calls.values()].reduce((sum, calls) => sum + calls, 0) > before, 50)
    heard.stop()
    await world.until(() => heard.completed)
    expect(heard.notices.filter((notice) => !isRoutine(notice))).toEqual([])
    expect(world.clock.sleeping).toBe(0)
  })

  it('delivers nothing more once it is unsubscribed, and sleeps no more', async () => {
    const world = await awsWorld([clusterOf()])
    const heard = following(world)
    await world.until(() => listings(heard).length === 1)
    const { length } = heard.deliveries
    heard.unsubscribe()
    await world.clock.advance(600_000)
    expect(heard.deliveries).toHaveLength(length)
    expect(world.clock.sleeping).toBe(0)
  })
})
