/** What snapshots say when the clock of this machine is wrong: over the wire, with a clock of AWS that is right. */
import { describe, expect, it } from 'vitest'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { ECSClient } from '@aws-sdk/client-ecs'
import type { Clock } from '../../src/core/clock.js'
import { project } from '../../src/core/project.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { ecsSnapshots } from '../../src/sources/ecs-api/snapshots/ecs-snapshots.js'
import { follow, type Following, settled } from './aws-world.js'
import { virtualClock } from '../support/virtual-clock.js'

const hour = 3_600_000
const day = 24 * hour

/** A cluster, an API whose clock is right, and a worker whose clock is ahead by what the test says. */
const worldOf = async ({ dated = true }: { readonly dated?: boolean } = {}) => {
  const truth = virtualClock(Date.UTC(2026, 10, 1))
  let ahead = 0
  const own: Clock = { now: () => truth.now() + ahead, sleep: (ms, signal) => truth.sleep(ms, signal) }
  const cluster: SimulatedCluster = settled(
    simulatedCluster({
      seed: 3,
      name: 'staging',
      clock: () => truth.now(),
      services: [{ name: 'web', placement: 'fargate', desiredCount: 2 }],
    }),
  )
  const api = await awsApi([cluster], { now: () => (dated ? truth.now() : undefined) })
  const ecs = new ECSClient({
    region: 'eu-west-1',
    endpoint: api.url,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  })
  const source = ecsSnapshots({
    clusters: [cluster.arn],
    clients: () => ({ ecs }),
    clock: own,
    random: () => 0.5,
  })
  const following = follow(source)
  const snapshots = (): number => following.events.filter(({ _tag }) => _tag === 'TasksListed').length
  /** It sleeps between two snapshots, and at no other time. */
  const idle = async (): Promise<void> => {
    while (truth.sleeping === 0) await truth.advance(0)
  }
  await idle()
  return {
    cluster,
    following,
    setAhead: (ms: number) => {
      ahead = ms
    },
    later: async (ms: number): Promise<void> => {
      await truth.advance(ms)
      await idle()
    },
    /** One more snapshot, from its beginning to its end. */
    snapshot: async (): Promise<void> => {
      const before = snapshots()
      source.refresh()
      while (snapshots() === before) await truth.advance(0)
      await idle()
    },
    close: async (): Promise<void> => {
      following.unsubscribe()
      ecs.destroy()
      await api.close()
    },
  }
}

/** Tasks that the worker would route to. Fargate tasks of the simulation have bindings of no port: the claim is enough. */
const live = ({ state }: Following, cluster: SimulatedCluster): readonly string[] => {
  const { backends, unresolved } = project(state, { expose: servicePorts(), covers: [cluster.arn] })
  return [
    ...[...backends.values()].flatMap(({ endpoints }) => endpoints.map(({ task }) => task)),
    ...[...unresolved.values()].map(({ task }) => task),
  ].sort()
}

const running = (cluster: SimulatedCluster): readonly string[] =>
  cluster
    .tasks()
    .filter(({ desiredStatus }) => desiredStatus === 'RUNNING')
    .map(({ arn }) => arn)
    .sort()

describe('a clock that is ahead for minutes', () => {
  it.each([2 * 60_000, 6 * hour, 3 * day])('by %d ms empties nothing, then or later', async (ahead) => {
    const world = await worldOf()
    await world.snapshot()
    world.setAhead(ahead)
    await world.snapshot()
    expect(live(world.following, world.cluster)).toEqual(running(world.cluster))
    await world.later(360_000)
    world.setAhead(0)
    // An ordinary deployment, of which no event arrives.
    world.cluster.deploy('web')
    world.cluster.settle()
    await world.later(60_000)
    await world.snapshot()
    expect(live(world.following, world.cluster)).toEqual(running(world.cluster))
    expect(running(world.cluster)).toHaveLength(2)
    await world.close()
  })

  it('is reported with how far it is ahead, and again when it is right', async () => {
    const world = await worldOf()
    world.setAhead(6 * hour)
    await world.snapshot()
    world.setAhead(0)
    await world.snapshot()
    const skews = world.following.notices.flatMap((notice) =>
      notice._tag === 'ClockSkew' ? [notice.aheadMs] : [],
    )
    expect(skews).toHaveLength(2)
    expect(Math.abs((skews[0] ?? 0) - 6 * hour)).toBeLessThan(2_000)
    expect(skews[1]).toBe(0)
    await world.close()
  })
})

describe('a clock that is behind', () => {
  it.each([10 * 60_000, 6 * hour])('by %d ms keeps what was lost no longer than that', async (behind) => {
    const world = await worldOf()
    await world.snapshot()
    world.setAhead(-behind)
    await world.later(60_000)
    world.cluster.scale('web', 1)
    world.cluster.settle()
    await world.snapshot()
    // It is not listed any more; by our clock that was before the task began.
    await world.later(behind + 31_000)
    await world.snapshot()
    expect(live(world.following, world.cluster)).toEqual(running(world.cluster))
    expect(running(world.cluster)).toHaveLength(1)
    await world.close()
  })
})

describe('answers without a time', () => {
  it('rule out nothing: no clock is left to trust', async () => {
    const world = await worldOf({ dated: false })
    const before = running(world.cluster)
    world.cluster.scale('web', 1)
    world.cluster.settle()
    await world.later(600_000)
    await world.snapshot()
    expect(live(world.following, world.cluster)).toEqual(before)
    expect(world.following.state.marks.get(world.cluster.arn)?.tasks.size).toBe(1)
    await world.close()
  })
})
