import { describe, expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { observe, observeAll, reduce, reduceSnapshot, type TasksListed } from '../../src/core/reduce.js'
import { sliceSize } from '../../src/core/sliced.js'
import type { Task } from '../../src/core/task.js'
import { cluster, observed } from '../support/observed-task.js'

const task = observed({ id: 'a' })
const listed = (tasks: readonly Task[], order?: number): TasksListed => ({
  _tag: 'TasksListed',
  cluster,
  at: 7,
  tasks,
  ...(order !== undefined && { order }),
})
/** Runs it to its end, and says what it returned and how often it let others run. */
const ran = <A>(steps: Iterator<void, A>): { readonly result: A; readonly pauses: number } => {
  for (let pauses = 0; ; pauses++) {
    const step = steps.next()
    if (step.done === true) return { result: step.value, pauses }
  }
}
const many = (count: number): readonly Task[] =>
  Array.from({ length: count }, (_, i) => observed({ id: `t${i}` }))

describe('an observed task', () => {
  const known = observe(PersistentMap.empty(), task)

  it('that says nothing new is the known map; one of a higher version is a change, whatever it says', () => {
    expect(known.get(task.arn)).toBe(task)
    expect(observe(known, structuredClone(task))).toBe(known)
    expect(observe(known, { ...task, version: 2 })).toBe(known)
    const higher: Task = { ...task, version: 4, interface: undefined }
    expect(observe(known, higher).get(task.arn)).toMatchObject({ version: 4, interface: task.interface })
  })

  it('of the same version may still add something', () => {
    expect(observe(known, { ...task, zone: 'z' }).get(task.arn)?.zone).toBe('z')
  })
})

describe('a snapshot', () => {
  it('becomes a mark, ordered by its time if it has no other order', () => {
    const marked = (event: ClusterEvent): readonly unknown[] => {
      const mark = reduce(emptyState, event).marks.get(cluster)
      return [mark?.at, mark?.order, ...(mark?.tasks ?? [])]
    }
    expect(marked(listed([task]))).toEqual([7, 7, [task.arn, task]])
    expect(marked(listed([], 3))).toEqual([7, 3])
  })

  it('shares with the state the records that are equal, and their names', () => {
    const state = reduce(emptyState, { _tag: 'TaskChanged', task })
    const again = reduce(state, listed([structuredClone(task)]))
    expect(again.tasks).toBe(state.tasks)
    expect(again.marks.get(cluster)?.tasks.get(task.arn)).toBe(task)
    expect(reduce(again, listed([structuredClone(task)]))).toBe(again)
  })

  it('keeps what it says itself where the state knows better', () => {
    const newer = observed({ id: 'a', version: 5 })
    const state = reduce(reduce(emptyState, { _tag: 'TaskChanged', task: newer }), listed([task]))
    expect(state.tasks.get(task.arn)).toBe(newer)
    expect(state.marks.get(cluster)?.tasks.get(task.arn)).toBe(task)
  })

  it('that is older than the mark still tells of tasks', () => {
    const marked = reduce(emptyState, listed([], 9))
    const state = reduce(marked, listed([task], 3))
    expect(state.marks).toBe(marked.marks)
    expect(state.tasks.get(task.arn)).toBe(task)
    expect(reduce(state, listed([task], 4))).toBe(state)
  })

  it('that lists a task twice has the join of both', () => {
    const state = reduce(
      emptyState,
      listed([
        { ...task, zone: 'z' },
        { ...task, group: undefined, zone: undefined },
      ]),
    )
    expect(state.marks.get(cluster)?.tasks.get(task.arn)).toEqual({ ...task, zone: 'z' })
  })

  it.each([
    [0, 0],
    [sliceSize, 0],
    [sliceSize + 1, 1],
    [2 * sliceSize + 1, 2],
  ])('of %i tasks lets others run %i times in each pass', (count, pauses) => {
    const tasks = many(count)
    expect(ran(observeAll(PersistentMap.empty(), tasks)).pauses).toBe(pauses)
    const { result, pauses: all } = ran(reduceSnapshot(emptyState, listed(tasks)))
    // How often it looks at each of them is its own affair.
    expect(all).toBeGreaterThanOrEqual(2 * pauses)
    expect(all).toBeLessThanOrEqual(2 * pauses + 4)
    expect(result.tasks.size).toBe(count)
  })
})

describe('an event', () => {
  const events: readonly (readonly [keyof typeof emptyState, ClusterEvent, string, object])[] = [
    ['tasks', { _tag: 'TaskChanged', task }, task.arn, task],
    [
      'identities',
      { _tag: 'ClusterIdentified', named: 'n', order: 2, clusters: ['b', 'a', 'b'] },
      'n',
      { order: 2, clusters: ['a', 'b'] },
    ],
    ['refusals', { _tag: 'LookupRefused', key: 'k', at: 3, reason: 'no' }, 'k', { at: 3, reason: 'no' }],
    [
      'instances',
      { _tag: 'InstanceDescribed', instance: 'i', at: 3, addresses: { ipv4: '10.0.0.1', ipv6: undefined } },
      'i',
      { at: 3, addresses: { ipv4: '10.0.0.1', ipv6: undefined }, machine: undefined },
    ],
    [
      'definitions',
      { _tag: 'DefinitionDescribed', definition: { arn: 'd', networkMode: 'host', containers: [] } },
      'd',
      { arn: 'd', networkMode: 'host', containers: [] },
    ],
    [
      'deployments',
      { _tag: 'DeploymentAnnounced', service: 's', at: 3 },
      's',
      { announcedAt: 3, described: undefined },
    ],
    [
      'deployments',
      { _tag: 'DeploymentDescribed', service: 's', at: 3, rollout: { _tag: 'AtOnce', reason: 'r' } },
      's',
      { announcedAt: 0, described: { at: 3, rollout: { _tag: 'AtOnce', reason: 'r' } } },
    ],
    [
      'health',
      { _tag: 'HealthObserved', endpoint: 'e', at: 3, healthy: true },
      'e',
      { at: 3, healthy: true },
    ],
    ['logs', { _tag: 'LogRead', log: 'l', position: '9' }, 'l', { position: '9' }],
  ]

  it.each(events)(
    'is what it says, in %s alone, and nothing when it comes twice',
    (where, event, key, value) => {
      const state = reduce(emptyState, event)
      expect([...state[where]]).toEqual([[key, value]])
      expect({ ...state, [where]: emptyState[where] }).toEqual(emptyState)
      expect(reduce(state, structuredClone(event))).toBe(state)
    },
  )
})
