import { memory } from 'ecs-task-stream/sources/memory'
import { describe, expect, it } from 'vitest'
import type { ApiFaults } from '../../sim/aws-api/aws-api.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { ClusterState } from '../../src/core/cluster-state.js'
import type { Desired } from '../../src/core/desired.js'
import type { HealthChecks } from '../../src/core/health-checks.js'
import { reduce } from '../../src/core/reduce.js'
import { run } from '../../src/core/run.js'
import type { Notice, Source } from '../../src/core/source.js'
import type { Task } from '../../src/core/task.js'
import type { Worker } from '../../src/core/worker.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { ecs } from '../../src/sources/ecs-api/ecs.js'
import { taskHealth } from '../../src/sources/ecs-api/health/task-health.js'
import { taskDefinition } from '../../src/sources/ecs-api/lookups/task-definition.js'
import { taskDefinitions } from '../../src/sources/ecs-api/lookups/task-definitions.js'
import { ecsSnapshots } from '../../src/sources/ecs-api/snapshots/ecs-snapshots.js'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import { type AwsWorld, awsWorld, follow, listedState, settled } from './aws-world.js'

const shop = (spec: Partial<ServiceSpec> = {}): SimulatedCluster =>
  simulatedCluster({
    seed: 5,
    name: 'shop',
    services: [{ name: 'web', placement: 'fargate', desiredCount: 2, healthCheck: true, ...spec }],
  })

interface Waiting {
  readonly cluster: SimulatedCluster
  readonly world: AwsWorld
  readonly worker: Worker
  readonly notices: readonly Notice[]
  readonly offered: () => readonly string[]
  readonly reasons: () => readonly string[]
  readonly calls: () => number
  readonly push: (task: Task) => void
  readonly state: () => ClusterState
  /** From now on, no event of the cluster arrives. */
  readonly loseEvents: () => void
}

interface WaitingOptions {
  readonly faults?: ApiFaults
  readonly healthChecks?: HealthChecks
  readonly sources?: (world: AwsWorld, cluster: SimulatedCluster) => readonly Source[]
}

const lookups = ({ options }: AwsWorld): readonly Source[] => [taskDefinitions(options), taskHealth(options)]

/** A worker that gets the events of the cluster, whose tasks run, and asks ECS over the wire. */
const waiting = async (
  cluster: SimulatedCluster,
  { faults = () => 'ok', healthChecks = 'required', sources = lookups }: WaitingOptions = {},
): Promise<Waiting> => {
  const world = await awsWorld([cluster], faults)
  const source = memory({ name: 'events' })
  const arriving = cluster.events$.subscribe((event) => {
    const decoded = decodeEvent(event, { latest: Infinity })
    if (decoded._tag === 'Event') void source.push(decoded.event)
  })
  const notices: Notice[] = []
  let desired: Desired | undefined
  let state: ClusterState | undefined
  const worker = run(
    {
      sources: [source, ...sources(world, cluster)],
      sinks: [],
      expose: servicePorts(),
      clusters: [cluster.arn],
      healthChecks,
    },
    world.options,
  )
  worker.reports$.subscribe((report) => {
    if (report._tag === 'Noticed') notices.push(report.notice)
  })
  worker.desired$.subscribe((next) => (desired = next))
  worker.state$.subscribe((next) => (state = next))
  await world.clock.advance(0)
  settled(cluster)
  return {
    cluster,
    world,
    worker,
    notices,
    offered: () => (desired?.backends.get('web')?.endpoints ?? []).map(({ task }) => task).sort(),
    reasons: () => Array.from(desired?.unresolved.values() ?? [], ({ why }) => why),
    calls: () => world.api.calls.get('DescribeTasks') ?? 0,
    push: (task) => void source.push({ _tag: 'TaskChanged', task }),
    state: () => state!,
    loseEvents: () => arriving.unsubscribe(),
  }
}

const running = (cluster: SimulatedCluster) =>
  cluster.tasks().filter(({ lastStatus }) => lastStatus === 'RUNNING')

const makeAll = ({ cluster }: Waiting, health: 'HEALTHY' | 'UNHEALTHY'): void => {
  for (const { id } of running(cluster)) cluster.checkHealth(id, health)
}

const all = ({ cluster }: Waiting): readonly string[] =>
  running(cluster)
    .map(({ arn }) => arn)
    .sort()

const failures = ({ notices }: Waiting) => notices.filter(({ _tag }) => _tag === 'SourceFailed')

describe('taskHealth', () => {
  it('lets a task be offered when ECS reports it HEALTHY, one by one', async () => {
    const on = await waiting(shop())
    await on.world.until(() => on.calls() >= 2, 500)
    expect(on.offered()).toEqual([])
    expect(on.reasons()).toEqual(['health-check', 'health-check'])
    const [first] = running(on.cluster)
    on.cluster.checkHealth(first!.id, 'HEALTHY')
    await on.world.until(() => on.offered().length > 0, 500)
    expect(on.offered()).toEqual([first!.arn])
    makeAll(on, 'HEALTHY')
    await on.world.until(() => on.offered().length === 2, 500)
    expect(on.reasons()).toEqual([])
  })

  it('asks every five seconds while a task waits, and never when none does', async () => {
    const on = await waiting(shop())
    await on.world.until(() => on.calls() === 1, 100)
    const begin = on.world.clock.now()
    await on.world.until(() => on.calls() === 4, 100)
    expect(on.world.clock.now() - begin).toBeGreaterThanOrEqual(3 * 5_000 - 100)
    makeAll(on, 'HEALTHY')
    await on.world.until(() => on.offered().length === 2, 500)
    const asked = on.calls()
    await on.world.clock.advance(600_000)
    expect(on.calls()).toBe(asked)
    on.cluster.scale('web', 3)
    on.cluster.settle()
    await on.world.until(() => on.calls() > asked, 500)
  })

  it('asks about a hundred tasks at a time', async () => {
    const sizes: number[] = []
    const on = await waiting(shop({ desiredCount: 230 }), {
      faults: (operation, _, body) => {
        if (operation === 'DescribeTasks')
          sizes.push((JSON.parse(body) as { tasks: readonly string[] }).tasks.length)
        return 'ok'
      },
    })
    makeAll(on, 'HEALTHY')
    await on.world.until(() => on.offered().length === 230, 500)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(230)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100)
    expect(sizes.length).toBeLessThanOrEqual(4)
  })

  it('reports nothing while nothing is new, so that targets and journals are not written', async () => {
    const on = await waiting(shop())
    await on.world.until(() => on.calls() === 2, 100)
    const before = on.state()
    await on.world.until(() => on.calls() === 6, 100)
    expect(on.state()).toBe(before)
  })

  it('asks nothing about tasks without a health check, which are offered as they run', async () => {
    const on = await waiting(shop({ healthCheck: false }))
    await on.world.until(() => on.offered().length === 2, 10)
    await on.world.clock.advance(60_000)
    expect(on.calls()).toBe(0)
  })

  it('asks nothing while health checks are advisory', async () => {
    const on = await waiting(shop(), { healthChecks: 'advisory' })
    await on.world.until(() => on.offered().length === 2, 10)
    await on.world.clock.advance(60_000)
    expect(on.calls()).toBe(0)
  })

  it('reports failures, waits longer after each, and goes on', async () => {
    const on = await waiting(shop(), {
      faults: (operation, n) => (operation === 'DescribeTasks' && n <= 3 ? 'denied' : 'ok'),
    })
    makeAll(on, 'HEALTHY')
    await on.world.until(() => on.offered().length === 2, 500)
    expect(failures(on)).toMatchObject([
      { operation: 'DescribeTasks', retryIn: 5_500 },
      { operation: 'DescribeTasks', retryIn: 6_000 },
      { operation: 'DescribeTasks', retryIn: 7_000 },
    ])
  })

  it('retries a throttled call without a word', async () => {
    const on = await waiting(shop(), {
      faults: (operation, n) => (operation === 'DescribeTasks' && n <= 4 ? 'throttle' : 'ok'),
    })
    makeAll(on, 'HEALTHY')
    await on.world.until(() => on.offered().length === 2, 500)
    expect(failures(on)).toEqual([])
  })

  it('is not stopped by invented tasks: one that ECS refuses, one that it does not know', async () => {
    const on = await waiting(shop(), {
      faults: (operation, _, body) =>
        operation === 'DescribeTasks' && body.includes('refused') ? 'invalid' : 'ok',
    })
    await on.world.until(() => on.reasons().length === 2, 100)
    const [real] = Array.from(on.state().tasks.values())
    const invented = (id: string): Task => ({ ...real!, arn: real!.arn.replace(/[^/]+$/, id) })
    on.push(invented('refused'))
    on.push(invented('unknown'))
    on.push({ ...real!, arn: real!.arn.replace('/shop/', '/elsewhere/') })
    makeAll(on, 'HEALTHY')
    await on.world.until(() => on.offered().length === 2, 500)
    expect(on.offered()).toEqual(all(on))
    const asked = on.calls()
    await on.world.clock.advance(120_000)
    expect(on.calls()).toBe(asked)
    expect(failures(on)).toEqual([])
  })

  it('learns on the way that a task has stopped, though its event was lost', async () => {
    const on = await waiting(shop())
    await on.world.until(() => on.calls() === 1, 100)
    const [first] = running(on.cluster)
    on.loseEvents()
    on.cluster.scale('web', 0)
    on.cluster.settle()
    await on.world.until(() => on.state().tasks.get(first!.arn)?.lastStatus === 'STOPPED', 500)
    expect(on.reasons()).toEqual([])
  })

  it('stops at once, also while a call hangs', async () => {
    const cluster = settled(shop())
    const world = await awsWorld([cluster])
    const definition = cluster.definitions()[0]!
    const state = reduce(await listedState(world, cluster), {
      _tag: 'DefinitionDescribed',
      definition: taskDefinition(definition.arn, {
        networkMode: 'awsvpc',
        containerDefinitions: [{ name: 'web', essential: true, healthCheck: { command: ['CMD'] } }],
      }),
    })
    const before = world.api.calls.get('DescribeTasks') ?? 0
    world.api.inject(() => 'hang')
    const following = follow(taskHealth(world.options), state, { healthChecks: 'required' })
    await world.until(() => (world.api.calls.get('DescribeTasks') ?? 0) > before, 10)
    following.stop()
    await world.until(() => following.completed, 0)
    expect(following.failures).toEqual([])
  })

  it('orders an answer after the snapshot that was known, and before the next one', async () => {
    const cluster = settled(shop())
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    const definition = cluster.definitions()[0]!
    const state = reduce(listed, {
      _tag: 'DefinitionDescribed',
      definition: taskDefinition(definition.arn, {
        networkMode: 'awsvpc',
        containerDefinitions: [{ name: 'web', essential: true, healthCheck: { command: ['CMD'] } }],
      }),
    })
    await world.clock.advance(20_000)
    for (const { id } of running(cluster)) cluster.checkHealth(id, 'HEALTHY')
    const following = follow(taskHealth(world.options), state, { healthChecks: 'required' })
    await world.until(() => following.events.length > 0, 10)
    await world.clock.advance(20_000)
    for (const { id } of running(cluster)) cluster.checkHealth(id, 'UNHEALTHY')
    const later = follow(ecsSnapshots({ clusters: [cluster.arn], ...world.options }), following.state)
    await world.until(() => later.deliveries.length > 0, 10)
    const mark = listed.marks.get(cluster.arn)!
    const next = later.state.marks.get(cluster.arn)!
    for (const { arn } of running(cluster)) {
      const { health } = following.state.tasks.get(arn)!
      expect(health?.status).toBe('HEALTHY')
      expect(health?.at).toBeGreaterThan(mark.order)
      expect(health?.at).toBeLessThan(next.order)
      expect(later.state.tasks.get(arn)?.health?.status).toBe('UNHEALTHY')
    }
  })

  it('refuses a pause that is not positive', () => {
    expect(() => taskHealth({ pollMs: 0 })).toThrow(/pollMs: expected a number above 0, got 0/)
  })
})

describe("run with healthChecks: 'required'", () => {
  it('is refused where no source asks for health or definitions', () => {
    const setup = { sinks: [], expose: servicePorts(), healthChecks: 'required' } as const
    const environment = { clock: { now: () => 0, sleep: () => Promise.resolve() }, random: () => 0.5 }
    for (const sources of [[taskDefinitions()], [taskHealth()]])
      expect(() => run({ ...setup, sources }, environment)).toThrow(/healthChecks: 'required' needs/)
  })

  it('works with ecs alone: from the first snapshot on, and leaves what becomes UNHEALTHY', async () => {
    const sources: Source[] = []
    const on = await waiting(shop(), {
      sources: (world, cluster) => {
        const source = ecs({ clusters: [cluster.arn], clients: world.clients })
        sources.push(source)
        return [source]
      },
    })
    await on.world.until(() => on.reasons().length === 2, 100)
    makeAll(on, 'HEALTHY')
    await on.world.until(() => on.offered().length === 2, 500)
    const [first, second] = running(on.cluster)
    on.cluster.checkHealth(first!.id, 'UNHEALTHY')
    for (const source of sources) source.refresh?.()
    await on.world.until(() => on.offered().length === 1, 500)
    expect(on.offered()).toEqual([second!.arn])
    await on.worker.stop()
  })
})
