import fc from 'fast-check'
import { sourceContext } from 'ecs-task-stream/testing'
import { BehaviorSubject } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { livenessOf } from '../../src/core/liveness.js'
import { reduce } from '../../src/core/reduce.js'
import type { SourceContext } from '../../src/core/source.js'
import { ecsSnapshots } from '../../src/sources/ecs-api/snapshots/ecs-snapshots.js'
import { standing } from '../../src/sources/ecs-api/snapshots/missed-news.js'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import { observed } from '../support/observed-task.js'
import { type AwsWorld, awsWorld, follow, type Following } from './aws-world.js'

const DAY = 86_400_000
const MINUTE = 60_000

interface Stage {
  /** Lets time pass, in which no call takes any: whatever is asked in a second is answered in it. */
  readonly pass: (ms: number) => Promise<void>
  readonly world: AwsWorld
  /** Clients whose calls `pass` waits for. */
  readonly clients: AwsWorld['clients']
  readonly cluster: SimulatedCluster
  readonly following: Following
  /** Loses events from now on for which this is true. */
  readonly lose: (isLost: (event: ClusterEvent) => boolean) => void
  readonly calls: () => number
  /** The tasks that run, by the state and in truth. */
  readonly known: () => readonly string[]
  readonly truth: () => readonly string[]
}

const stageOf = async (count: number, options = {}): Promise<Stage> => {
  let now = (): number => 1_800_000_000_000
  const cluster = simulatedCluster({
    seed: 7,
    name: 'shop',
    instances: { ec2: 3 },
    services: [
      { name: 'web', placement: 'fargate', desiredCount: count },
      { name: 'api', placement: 'bridge', desiredCount: count },
    ],
    clock: () => now(),
  })
  cluster.start()
  cluster.settle()
  const world = await awsWorld([cluster])
  now = () => world.clock.now()
  let underWay = 0
  const clients: AwsWorld['clients'] = (place) => {
    const made = world.clients(place)
    made.ecs.middlewareStack.add(
      (next) => async (request) => {
        underWay++
        return next(request).finally(() => underWay--)
      },
      { step: 'initialize' },
    )
    return made
  }
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      await world.clock.advance(Math.min(left, 1_000))
      while (underWay > 0) {
        await vi.waitUntil(() => underWay === 0)
        await world.clock.advance(0)
      }
    }
  }
  const following = follow(
    ecsSnapshots({
      clusters: [cluster.arn],
      intervalMs: DAY,
      longestIntervalMs: DAY,
      ...world.options,
      clients,
      ...options,
    }),
  )
  await pass(1_000)
  // Later than the snapshot by more than clocks may differ.
  await pass(2 * MINUTE)
  let isLost: (event: ClusterEvent) => boolean = () => false
  cluster.events$.subscribe((raw) => {
    const decoded = decodeEvent(raw, { latest: Infinity })
    if (decoded._tag === 'Event' && !isLost(decoded.event))
      following.know(reduce(following.state, decoded.event))
  })
  return {
    pass,
    world,
    clients,
    cluster,
    following,
    lose: (which) => (isLost = which),
    calls: () => [...world.api.calls.values()].reduce((a, b) => a + b, 0),
    known: () =>
      [...following.state.tasks.values()]
        .filter((task) => standing(task, following.state.marks.get(cluster.arn)) === 'live')
        .map(({ arn }) => arn)
        .sort(),
    truth: () =>
      cluster
        .tasks()
        .filter(({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus === 'RUNNING')
        .map(({ arn }) => arn)
        .sort(),
  }
}

const isCounted = (
  output: object,
): output is { readonly clusters: readonly { runningTasksCount: number }[] } => 'clusters' in output

const isLast = (event: ClusterEvent): boolean =>
  event._tag === 'TaskChanged' &&
  (event.task.lastStatus === 'STOPPED' || livenessOf(event.task, undefined, 0) === 'live')

describe('after the last event of a start or a stop is lost', () => {
  it('the state is the truth within a minute, whatever happened', async () => {
    const operation = fc.oneof(
      fc.record({ of: fc.constantFrom('web', 'api'), scaleTo: fc.integer({ min: 0, max: 6 }) }),
      fc.constant('crash' as const),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(operation, fc.integer({ min: 0, max: MINUTE })), { minLength: 1, maxLength: 6 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }),
        async (operations, losses) => {
          const { pass, cluster, following, lose, known, truth } = await stageOf(3)
          let lost = 0
          // A task that is not known to stop may stop with one single event. Only a snapshot finds that.
          const isKnown = (event: ClusterEvent): boolean =>
            event._tag === 'TaskChanged' &&
            (event.task.lastStatus !== 'STOPPED' || !known().includes(event.task.arn))
          lose((event) => isLast(event) && isKnown(event) && losses[lost++ % losses.length] === true)
          for (const [what, afterMs] of operations) {
            await pass(afterMs)
            if (what === 'crash') cluster.crash()
            else cluster.scale(what.of, what.scaleTo)
            cluster.settle()
          }
          await pass(MINUTE)
          expect(known()).toEqual(truth())
          following.unsubscribe()
        },
      ),
      { numRuns: 20 },
    )
  })

  it('one call makes up for a hundred', async () => {
    const { pass, cluster, lose, known, truth, calls } = await stageOf(0)
    lose(isLast)
    cluster.scale('web', 100)
    cluster.settle()
    const before = calls()
    expect(known()).toEqual([])
    await pass(MINUTE)
    expect(known()).toEqual(truth())
    expect(calls() - before).toBe(1)
  })

  it('a snapshot follows, if the newest one is older than the interval: there may be more', async () => {
    const { pass, cluster, following, lose } = await stageOf(3, {
      intervalMs: 10 * MINUTE,
      longestIntervalMs: 80 * MINUTE,
    })
    const listings = (): number => following.events.filter(({ _tag }) => _tag === 'TasksListed').length
    // One task is replaced every few minutes, and events tell.
    for (let minute = 0; minute < 90; minute += 3) {
      cluster.crash()
      cluster.settle()
      await pass(3 * MINUTE)
    }
    // At 0, 10, 30 and 70 minutes.
    expect(listings()).toBe(4)
    lose(isLast)
    cluster.scale('web', 4)
    cluster.settle()
    await pass(MINUTE)
    expect(listings()).toBe(5)
    lose(() => false)
    await pass(11 * MINUTE)
    expect(listings()).toBe(6)
    expect(following.notices).toEqual([])
  })

  it('costs nothing while events arrive and starts are quick', async () => {
    const { pass, cluster, calls } = await stageOf(3)
    const before = calls()
    for (let minute = 0; minute < 30; minute++) {
      cluster.crash()
      cluster.settle()
      await pass(MINUTE)
    }
    expect(calls()).toBe(before)
  })

  it('asks about the tasks of its own clusters alone', async () => {
    const { pass, world, cluster, following, calls } = await stageOf(0)
    const other = cluster.arn.replace('/shop', '/other')
    const before = calls()
    following.know(
      reduce(following.state, { _tag: 'TasksListed', cluster: other, at: world.clock.now(), tasks: [] }),
    )
    following.know(
      reduce(following.state, {
        _tag: 'TaskChanged',
        task: observed({ id: 'other/a', cluster: other, last: 'PENDING', at: world.clock.now() }),
      }),
    )
    await pass(10 * MINUTE)
    expect(calls()).toBe(before)
  })
})

describe('after all events of a start or a stop are lost', () => {
  const minutes = { intervalMs: 5 * MINUTE, longestIntervalMs: 20 * MINUTE }

  /** Events have agreed with snapshots for so long that there is one every 20 minutes. */
  const agreed = async (options = {}): Promise<Stage> => {
    const stage = await stageOf(3, { ...minutes, ...options })
    for (let minute = 0; minute < 62; minute++) {
      if (minute % 2 === 0) stage.cluster.crash()
      stage.cluster.settle()
      await stage.pass(MINUTE)
    }
    // The first at 0, then after 5, 10, 20 and 20 minutes.
    expect(stage.following.events.filter(({ _tag }) => _tag === 'TasksListed')).toHaveLength(5)
    return stage
  }

  it.each([5, 1])(
    'the number of tasks shows it, long before the next snapshot: %d tasks instead of 3',
    async (count) => {
      const { pass, cluster, lose, known, truth, following } = await agreed()
      lose(() => true)
      cluster.scale('api', count)
      cluster.settle()
      expect(known()).not.toEqual(truth())
      await pass(6 * MINUTE + 10_000)
      expect(known()).toEqual(truth())
      expect(following.notices).toEqual([])
    },
  )

  it('one call each five minutes shows that nothing is lost', async () => {
    const { pass, world, cluster } = await agreed()
    const before = new Map(world.api.calls)
    for (let minute = 0; minute < 60; minute++) {
      if (minute % 2 === 0) cluster.crash()
      cluster.settle()
      await pass(MINUTE)
    }
    const since = (operation: string): number =>
      (world.api.calls.get(operation) ?? 0) - (before.get(operation) ?? 0)
    expect(since('ListTasks')).toBe(3)
    expect(since('DescribeClusters')).toBe(9)
  })

  it('a number that snapshots refute is asked for ever more rarely', async () => {
    const { pass, world, cluster, following } = await agreed()
    world.alter((operation, output) => {
      if (operation === 'DescribeClusters' && isCounted(output))
        for (const described of output.clusters) described.runningTasksCount += 1
    })
    const before = following.events.filter(({ _tag }) => _tag === 'TasksListed').length
    for (let minute = 0; minute < 240; minute++) {
      if (minute % 2 === 0) cluster.crash()
      cluster.settle()
      await pass(MINUTE)
    }
    const after = following.events.filter(({ _tag }) => _tag === 'TasksListed').length
    // Twelve are due anyway.
    expect(after - before).toBeGreaterThan(12)
    expect(after - before).toBeLessThanOrEqual(18)
  })

  it('without the permission to ask for it, snapshots are as frequent as at first', async () => {
    const stage = await stageOf(3, minutes)
    stage.world.api.inject((operation) => (operation === 'DescribeClusters' ? 'denied' : 'ok'))
    for (let minute = 0; minute < 60; minute++) {
      stage.cluster.crash()
      stage.cluster.settle()
      await stage.pass(MINUTE)
    }
    const listings = stage.following.events.filter(({ _tag }) => _tag === 'TasksListed').length
    expect(listings).toBeGreaterThanOrEqual(11)
    expect(stage.following.notices).toEqual([])
  })
})

describe('workers that share a journal', () => {
  it('make the calls of one', async () => {
    const { pass, world, clients, cluster, following } = await stageOf(0)
    following.unsubscribe()
    await pass(MINUTE)
    const before = new Map(world.api.calls)
    const since = (operation: string): number =>
      (world.api.calls.get(operation) ?? 0) - (before.get(operation) ?? 0)
    const state$ = new BehaviorSubject(emptyState)
    const tell = (events: readonly ClusterEvent[]): void => state$.next(events.reduce(reduce, state$.value))
    const busy = new Set<string>()
    const alone: SourceContext['alone'] = async (work, make) => {
      if (busy.has(work)) return undefined
      busy.add(work)
      return make().finally(() => busy.delete(work))
    }
    for (const random of [0.4, 0.5, 0.6]) {
      const source = ecsSnapshots({
        clusters: [cluster.arn],
        intervalMs: 5 * MINUTE,
        ...world.options,
        clients,
        random: () => random,
      })
      const worker = source.deliveries({ ...sourceContext(state$), alone }).subscribe((output) => {
        if (output._tag === 'Delivery') tell(output.events)
      })
      onTestFinished(() => worker.unsubscribe())
    }
    let isLost: (event: ClusterEvent) => boolean = () => false
    cluster.events$.subscribe((raw) => {
      const decoded = decodeEvent(raw, { latest: Infinity })
      if (decoded._tag === 'Event' && !isLost(decoded.event)) tell([decoded.event])
    })
    cluster.scale('api', 3)
    for (let minute = 0; minute < 60; minute++) {
      if (minute % 2 === 0) cluster.crash()
      cluster.settle()
      await pass(MINUTE)
    }
    // As one worker has it: at 0, 5, 15 and 35 and 55 minutes; and 1, 3 and 3 times the number in between.
    expect(since('ListTasks')).toBe(5)
    expect(since('DescribeClusters')).toBeLessThanOrEqual(9)
    expect(since('DescribeClusters')).toBeGreaterThanOrEqual(5)
    const questions = since('DescribeTasks')
    isLost = isLast
    cluster.scale('web', 4)
    cluster.settle()
    await pass(MINUTE)
    expect(since('DescribeTasks') - questions).toBeLessThanOrEqual(3)
    const running = [...state$.value.tasks.values()].filter(
      (task) => task.group === 'service:web' && livenessOf(task, undefined, 0) === 'live',
    )
    expect(running).toHaveLength(4)
  })
})
