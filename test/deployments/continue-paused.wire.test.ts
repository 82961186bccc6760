import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { memory as memorySink, type MemorySink, memoryTarget } from 'ecs-task-stream/sinks/memory'
import { describe, expect, it } from 'vitest'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { emptyState } from '../../src/core/cluster-state.js'
import { run } from '../../src/core/run.js'
import type { AnySink } from '../../src/core/sink.js'
import { deployments } from '../../src/policies/deployments.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { continuePaused, type DriverNotice } from '../../src/sources/ecs-api/deployments/continue-paused.js'
import { serviceDeployments } from '../../src/sources/ecs-api/deployments/service-deployments.js'
import { taskDefinitions } from '../../src/sources/ecs-api/lookups/task-definitions.js'
import { decodeEvent } from '../../src/sources/ecs-events/ecs-event.js'
import { awsWorld, settled } from '../sources/aws-world.js'

/** A service whose deployments pause after each change of traffic, and a worker that may continue them. */
const paused = async (sinkOf: (sink: MemorySink) => AnySink, sink = memorySink()) => {
  const cluster = simulatedCluster({
    seed: 17,
    name: 'shop',
    services: [
      {
        name: 'web',
        placement: 'fargate',
        desiredCount: 2,
        strategy: 'BLUE_GREEN',
        pauses: [{ stages: ['POST_TEST_TRAFFIC_SHIFT', 'POST_PRODUCTION_TRAFFIC_SHIFT'] }],
      },
    ],
  })
  const world = await awsWorld([cluster])
  const source = memorySource({ name: 'events' })
  cluster.events$.subscribe((event) => {
    const decoded = decodeEvent(event, { latest: Infinity })
    if (decoded._tag === 'Event') void source.push(decoded.event)
  })
  const sinks = [sinkOf(sink)]
  const worker = run(
    {
      sources: [source, taskDefinitions(world.options), serviceDeployments(world.options)],
      sinks,
      expose: deployments(servicePorts()),
      clusters: [cluster.arn],
      owner: 'me',
    },
    world.options,
  )
  const notices: DriverNotice[] = []
  continuePaused(worker, { ...world.options, sinks, notify: (notice) => notices.push(notice) })
  let state = emptyState
  worker.state$.subscribe((next) => (state = next))
  const stage = (): string | undefined => {
    const rollout = [...state.deployments.values()][0]?.described?.rollout
    return rollout?._tag === 'Shifting' ? rollout.stage : rollout?._tag
  }
  await world.clock.advance(0)
  settled(cluster)
  return { cluster, world, sink, notices, stage, worker }
}

type Paused = Awaited<ReturnType<typeof paused>>

const comeTo = async (
  { cluster, world, stage }: Paused,
  wanted: 'POST_TEST_TRAFFIC_SHIFT' | 'POST_PRODUCTION_TRAFFIC_SHIFT',
): Promise<void> => {
  cluster.reach('web', wanted)
  await world.until(() => stage() === wanted, 500)
}

const calls = ({ world }: Paused): number => world.api.calls.get('ContinueServiceDeployment') ?? 0

describe('the driver of paused deployments', () => {
  it('continues a stage as soon as the target holds it, once, and not before', async () => {
    const on = await paused((sink) => sink)
    on.cluster.deploy('web')
    await comeTo(on, 'POST_TEST_TRAFFIC_SHIFT')
    await on.world.until(() => on.notices.length === 1, 100)
    expect(on.notices).toMatchObject([{ _tag: 'Continued', stage: 'POST_TEST_TRAFFIC_SHIFT' }])
    // The test requests have had their target.
    expect(on.sink.target.rows.has('web-test')).toBe(true)
    await comeTo(on, 'POST_PRODUCTION_TRAFFIC_SHIFT')
    await on.world.until(() => on.notices.length === 2, 100)
    on.cluster.reach('web', 'CLEAN_UP')
    await on.world.until(() => on.stage() === 'Settled' || on.stage() === 'CLEAN_UP', 500)
    expect(calls(on)).toBe(2)
    await on.worker.stop()
  })

  it('leaves a deployment paused while the target is down, says why, and continues when it is back', async () => {
    let down = false
    const on = await paused((sink) => ({
      ...sink,
      apply: (changes, owner, signal) =>
        down ? Promise.reject(new Error('the target is down')) : sink.apply(changes as never, owner, signal),
    }))
    on.cluster.deploy('web')
    down = true
    await comeTo(on, 'POST_TEST_TRAFFIC_SHIFT')
    await on.world.until(() => on.notices.length > 0, 1_000)
    expect(on.notices).toMatchObject([{ _tag: 'Waiting', stage: 'POST_TEST_TRAFFIC_SHIFT' }])
    expect(on.notices[0]).toHaveProperty('reason', expect.stringContaining('the target is down'))
    expect(calls(on)).toBe(0)
    down = false
    await on.world.until(() => calls(on) === 1, 1_000)
    await on.world.until(() => on.notices.length === 2, 100)
    await on.worker.stop()
  })

  it('never continues a stage that records of others keep it from applying', async () => {
    const target = memoryTarget()
    const on = await paused((sink) => sink, memorySink({ target, adopt: false }))
    target.rows.set('web-test', { key: 'web-test', value: ['10.9.9.9:80'], owner: 'somebody', etag: '0' })
    on.cluster.deploy('web')
    await comeTo(on, 'POST_TEST_TRAFFIC_SHIFT')
    await on.world.until(() => on.notices.length > 0, 1_000)
    expect(on.notices[0]).toMatchObject({ _tag: 'Waiting' })
    expect(on.notices[0]).toHaveProperty('reason', expect.stringContaining('web-test'))
    await on.world.clock.advance(600_000)
    expect(calls(on)).toBe(0)
    await on.worker.stop()
  })

  it('never continues a stage whose change the target rejects for good', async () => {
    const on = await paused((sink) => ({
      ...sink,
      apply: async (changes, owner, signal) => {
        const isTest = ({ key }: { readonly key: string }): boolean => key === 'web-test'
        const outcomes = await sink.apply(changes.filter((each) => !isTest(each)) as never, owner, signal)
        return [
          ...outcomes,
          ...changes
            .filter(isTest)
            .map(({ key }) => ({ _tag: 'Rejected' as const, key, reason: 'too long' })),
        ]
      },
    }))
    on.cluster.deploy('web')
    await comeTo(on, 'POST_TEST_TRAFFIC_SHIFT')
    await on.world.until(() => on.notices.length > 0, 1_000)
    expect(on.notices[0]).toMatchObject({ _tag: 'Waiting' })
    await on.world.clock.advance(50_000)
    expect(calls(on)).toBe(0)
    await on.worker.stop()
  })

  it('tries again where ECS throttles, and stops where it refuses', async () => {
    const on = await paused((sink) => sink)
    let outcome: 'throttle' | 'denied' | 'ok' = 'throttle'
    on.world.api.inject((operation) => (operation === 'ContinueServiceDeployment' ? outcome : 'ok'))
    on.cluster.deploy('web')
    await comeTo(on, 'POST_TEST_TRAFFIC_SHIFT')
    await on.world.until(() => calls(on) >= 3, 1_000)
    outcome = 'denied'
    await on.world.until(() => on.notices.length > 0, 1_000)
    expect(on.notices).toMatchObject([{ _tag: 'Refused', stage: 'POST_TEST_TRAFFIC_SHIFT' }])
    const made = calls(on)
    outcome = 'ok'
    await on.world.clock.advance(120_000)
    expect(calls(on)).toBe(made)
    await on.worker.stop()
  })

  it('refuses to drive without a required sink that writes', () => {
    const worker = { reports$: undefined as never, state$: undefined as never }
    expect(() => continuePaused(worker, { sinks: [{ name: 'a', required: false }] })).toThrow(
      'expected a required sink that writes, got none',
    )
    expect(() => continuePaused(worker, { sinks: [{ name: 'a', dry: true }] })).toThrow()
  })
})
