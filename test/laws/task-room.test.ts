/** Whoever can send events can invent tasks: the memory that they take is bounded, and honest ones are known. */
import {
  type ClusterEvent,
  type ClusterState,
  emptyState,
  type Report,
  run,
  servicePorts,
} from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { mostUnlistedTasks, TaskRoom } from '../../src/core/task-room.js'
import { cluster, observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

const start = 1_000_000
const invented = (id: string, inCluster = cluster): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({ id, cluster: inCluster, at: start }),
})
const many = (count: number, prefix: string, inCluster = cluster): readonly ClusterEvent[] =>
  Array.from({ length: count }, (_, i) => invented(`${prefix}-${i}`, inCluster))
const listed = (order: number, ...ids: readonly string[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: start + order * 60_000,
  order,
  tasks: ids.map((id) => observed({ id, at: start })),
})

const started = async (covers: readonly string[] = [cluster]) => {
  const clock = virtualClock(start)
  const source = memorySource({ covers })
  const worker = run({ sources: [source], sinks: [], expose: servicePorts() }, { clock, random: () => 0.5 })
  const reports: Report[] = []
  let state: ClusterState = emptyState
  worker.reports$.subscribe((report) => reports.push(report))
  worker.state$.subscribe((next) => (state = next))
  onTestFinished(async () => {
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  })
  await clock.advance(0)
  return {
    push: async (...events: readonly ClusterEvent[]) => {
      const settled = source.push(...events)
      await clock.advance(0)
      return settled
    },
    size: () => state.tasks.size,
    knows: (id: string) => state.tasks.has(observed({ id }).arn),
    warnings: () =>
      reports.flatMap((report) =>
        report._tag === 'Noticed' && report.notice._tag === 'Warning' ? [report.notice.message] : [],
      ),
  }
}

describe('more tasks than a cluster can have', () => {
  it('are not remembered beyond the bound, which is warned of once, and block nothing', async () => {
    const { push, size, warnings } = await started()
    expect(await push(...many(mostUnlistedTasks, 'a'))).toBe('acked')
    expect(warnings()).toEqual([])
    for (const prefix of ['b', 'c', 'd']) expect(await push(...many(1_000, prefix))).toBe('acked')
    expect(size()).toBe(mostUnlistedTasks)
    expect(warnings()).toEqual([expect.stringContaining(cluster)])
  })

  it('do not displace those that a snapshot lists, nor what events say about known tasks', async () => {
    const { push, knows } = await started()
    await push(...many(mostUnlistedTasks + 10, 'a'))
    await push(invented('honest'))
    expect(knows('honest')).toBe(false)
    await push(listed(0, 'honest'))
    expect(knows('honest')).toBe(true)
    expect(await push({ _tag: 'TaskChanged', task: observed({ id: 'a-1', version: 4, at: start }) })).toBe(
      'acked',
    )
    // What is listed makes room: a deployment doubles it.
    await push(invented('next'))
    expect(knows('next')).toBe(true)
  })

  it('are forgotten with the next snapshot that rules them out, and there is room again', async () => {
    const { push, knows, size } = await started()
    await push(...many(mostUnlistedTasks + 10, 'a'))
    await push(listed(2, 'honest'))
    await push(listed(3, 'honest'))
    expect(size()).toBe(1)
    await push(invented('later'))
    expect(knows('later')).toBe(true)
  })

  it('take no room from other clusters', async () => {
    const other = cluster.replace('staging', 'other')
    const { push, size } = await started([cluster, other])
    await push(...many(mostUnlistedTasks + 10, 'a'), ...many(10, 'b', other))
    expect(size()).toBe(mostUnlistedTasks + 10)
  })

  it('are remembered where no snapshot would list those that exist', async () => {
    const { push, size, warnings } = await started([])
    await push(...many(mostUnlistedTasks + 10, 'a'))
    expect(size()).toBe(mostUnlistedTasks + 10)
    expect(warnings()).toEqual([])
  })
})

describe('the room for tasks of a cluster', () => {
  it('grows with what its newest snapshot lists, so that no honest deployment comes near it', () => {
    const room = new TaskRoom()
    const tasks = Array.from({ length: 10_000 }, (_, i) => observed({ id: `t${i}` }))
    const state: Pick<ClusterState, 'marks'> = {
      marks: emptyState.marks.set(cluster, {
        order: 1,
        at: 1,
        tasks: PersistentMap.from(tasks.map((task) => [task.arn, task])),
      }),
    }
    let taken = 0
    while (room.hasRoom(cluster, state)) {
      room.add(cluster)
      taken++
    }
    expect(taken).toBe(mostUnlistedTasks + 5 * tasks.length)
  })
})
