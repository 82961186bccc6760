import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { reduce } from '../../src/core/reduce.js'
import { sweep } from '../../src/core/sweep.js'
import type { Task } from '../../src/core/task.js'
import { findContainers, findTask } from '../../src/id-mapper/index/find.js'
import type { Change } from '../../src/id-mapper/index/task-index.js'
import type { TaskRecord } from '../../src/id-mapper/index/task-record.js'
import { taskJson } from '../../src/id-mapper/index/task-json.js'
import { redelivered } from '../../src/testing/distortions.js'
import { histories } from '../../src/testing/histories.js'
import { anyEvents } from '../../src/testing/any-event.js'
import { holdsInHistories } from '../laws/holds.js'
import { contentsOf, indexOf } from './indexed.js'

/** The state after each event. */
const statesOf = (events: readonly ClusterEvent[]): readonly ClusterState[] => {
  let state = emptyState
  return events.map((event) => (state = reduce(state, event)))
}

const last = (states: readonly ClusterState[]): ClusterState => states.at(-1) ?? emptyState

const taskOf = (changes: Partial<Task> & Pick<Task, 'arn'>): Task => ({
  cluster: 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging',
  group: 'service:web',
  definition: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1',
  instance: undefined,
  launchType: 'FARGATE',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  createdAt: undefined,
  version: 1,
  at: 1_000,
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  interface: undefined,
  containers: [],
  health: undefined,
  ...changes,
})

const stateOf = (...tasks: readonly Task[]): ClusterState =>
  tasks.reduce((state, task) => reduce(state, { _tag: 'TaskChanged', task }), emptyState)

const arn = (id: string): string => `arn:aws:ecs:eu-west-1:123456789012:task/staging/${id}`

describe('the index of tasks', () => {
  it('kept up to date from state to state holds what one made of the last state does', () => {
    holdsInHistories(
      fc.property(histories(), ({ events }) => {
        const states = statesOf(events)
        deepStrictEqual(contentsOf(indexOf(states)), contentsOf(indexOf([last(states)])))
      }),
    )
  })

  it('does so for states that make no sense either', () => {
    holdsInHistories(
      fc.property(anyEvents, (events) => {
        const states = statesOf(events)
        const index = indexOf(states)
        const fresh = indexOf([last(states)])
        // Which ids a container had before depends on what was seen of it.
        for (const record of fresh.tasks.from()) deepStrictEqual(index.get(record.arn)?.task, record.task)
        strictEqual(index.tasks.size, fresh.tasks.size)
        strictEqual(index.stopped, fresh.stopped)
        for (const groups of ['services', 'families', 'instances', 'clusters'] as const)
          deepStrictEqual(
            Array.from(index[groups].from(), ({ key, phases }) => ({ key, phases })),
            Array.from(fresh[groups].from(), ({ key, phases }) => ({ key, phases })),
          )
      }),
    )
  })

  it('holds the same whatever the order in which events came, and how often', () => {
    holdsInHistories(
      fc.property(
        histories().chain(({ events }) => fc.tuple(fc.constant(events), redelivered(events))),
        ([events, others]) => {
          deepStrictEqual(contentsOf(indexOf(statesOf(others))), contentsOf(indexOf(statesOf(events))))
        },
      ),
    )
  })

  it('still knows what the state has forgotten', () => {
    holdsInHistories(
      fc.property(histories(), fc.func(fc.boolean()), ({ events, skewAllowanceMs, end }, sweeps) => {
        let whole = emptyState
        let swept = emptyState
        const index = indexOf([])
        const kept = indexOf([])
        for (const [i, event] of events.entries()) {
          whole = reduce(whole, event)
          kept.follow(whole, end)
          // As `run` does: the state is told after each delivery, and once more when it was swept.
          index.follow((swept = reduce(swept, event)), end)
          if (sweeps(i))
            index.follow((swept = sweep(swept, { skewAllowanceMs, now: end, settled: true })), end)
        }
        // Of a task that it has forgotten and hears of again, the state may not know that it has ended.
        for (const { arn: known, task, phase } of kept.tasks.from()) {
          const record = index.get(known)
          ok(record !== undefined, known)
          deepStrictEqual(
            record.task.containers.map(({ name, runtimeId, bindings }) => ({ name, runtimeId, bindings })),
            task.containers.map(({ name, runtimeId, bindings }) => ({ name, runtimeId, bindings })),
          )
          if (phase === 'stopped') strictEqual(record.phase, 'stopped')
        }
        strictEqual(index.tasks.size, kept.tasks.size)
      }),
    )
  })

  it('finds by the id of a container its task, and by that the container again', () => {
    holdsInHistories(
      fc.property(histories(), ({ events }) => {
        const index = indexOf(statesOf(events))
        for (const record of index.tasks.from()) {
          const byTask = findTask(index, record.id)
          ok(byTask._tag === 'Found')
          strictEqual(byTask.value, record)
          strictEqual(findTask(index, record.arn)._tag, 'Found')
          for (const { runtimeId, name } of record.task.containers) {
            if (runtimeId === undefined) continue
            const found = findContainers(index, runtimeId)
            ok(found._tag === 'Found')
            deepStrictEqual(
              found.value.map((located) => [located.record.arn, located.container.name]),
              [[record.arn, name]],
            )
          }
        }
      }),
    )
  })

  it('reports in its changes all that can be seen', () => {
    holdsInHistories(
      fc.property(
        histories(),
        fc.nat(4),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        ({ events, end }, keepTasks, hours, slow) => {
          const index = indexOf([], { keepTasks, keepMs: hours * 3_600_000 })
          /** Every snapshot tells anew when a task was seen, and in which version: that is no change. */
          const view = (record: TaskRecord): object => ({
            ...taskJson(index, record),
            seenAt: undefined,
            version: undefined,
          })
          const told = new Map<string, object>()
          const take = (changes: readonly Change[]): void => {
            for (const { kind, record } of changes) {
              strictEqual(told.has(record.arn), kind !== 'added', `${kind} ${record.arn}`)
              if (kind === 'removed') told.delete(record.arn)
              else told.set(record.arn, view(record))
            }
          }
          // Lookups are answered at once, or after everything else.
          const late = slow
            ? events.filter(({ _tag }) => _tag === 'InstanceDescribed' || _tag === 'DefinitionDescribed')
            : []
          for (const state of statesOf([...events.filter((event) => !late.includes(event)), ...late]))
            take(index.follow(state, end))
          deepStrictEqual(
            told,
            new Map(Array.from(index.tasks.from(), (record) => [record.arn, view(record)])),
          )
          ok(index.stopped <= keepTasks)
        },
      ),
    )
  })

  it('counts the tasks of its groups by phase, and has no group without tasks', () => {
    holdsInHistories(
      fc.property(histories(), fc.nat(3), ({ events, end }, keepTasks) => {
        const index = indexOf([], { keepTasks })
        for (const state of statesOf(events)) index.follow(state, end)
        for (const groups of [index.clusters, index.services, index.families, index.instances])
          for (const { tasks, phases } of groups.from()) {
            const counted = { pending: 0, running: 0, stopping: 0, stopped: 0 }
            for (const { phase } of tasks.from()) counted[phase]++
            deepStrictEqual(phases, counted)
            ok(tasks.size > 0)
          }
      }),
    )
  })

  it('forgets a stopped task when its time is over, and nothing else', () => {
    const index = indexOf([], { keepMs: 500 })
    const [a, b] = [taskOf({ arn: arn('a') }), taskOf({ arn: arn('b') })]
    index.follow(stateOf(a, b), 1_000)
    const stopped = { ...a, version: 2, at: 1_200, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }
    const [change] = index.follow(stateOf(stopped, b), 1_300)
    expect(change).toMatchObject({ kind: 'changed', record: { id: 'a', phase: 'stopped' } })
    expect(index.expire(1_699)).toEqual([])
    expect(index.expire(1_700)).toMatchObject([{ kind: 'removed', record: { id: 'a' } }])
    expect(findTask(index, 'a')).toEqual({ _tag: 'Unknown' })
    expect(findTask(index, 'b')._tag).toBe('Found')
    // Said once more, and late.
    expect(index.follow(stateOf({ ...stopped, version: 3 }, b), 1_800)).toEqual([])
    expect(index.tasks.size).toBe(1)
  })

  it('holds no more stopped tasks than it may: the first that stopped go first', () => {
    const index = indexOf([], { keepTasks: 2 })
    const tasks = ['a', 'b', 'c', 'd'].map((id, i) =>
      taskOf({ arn: arn(id), at: 4_000 - i, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }),
    )
    index.follow(stateOf(...tasks), 4_000)
    expect(Array.from(index.tasks.from(), ({ id }) => id)).toEqual(['a', 'b'])
  })

  it('still finds a container by the id that it had before ECS restarted it', () => {
    const container = (runtimeId: string | undefined, version: number) => ({
      name: 'app',
      arn: undefined,
      version,
      lastStatus: 'RUNNING',
      runtimeId,
      bindingsVersion: -1,
      bindings: [],
    })
    const running = (runtimeId: string | undefined, version: number) =>
      taskOf({ arn: arn('a'), version, containers: [container(runtimeId, version)] })
    const index = indexOf([
      stateOf(running('old', 1)),
      stateOf(running(undefined, 2)),
      stateOf(running('new', 3)),
    ])
    for (const id of ['old', 'new']) {
      const found = findContainers(index, id)
      expect(found).toMatchObject({ _tag: 'Found', value: [{ record: { id: 'a' }, isFormer: id === 'old' }] })
    }
    index.follow(stateOf(running('old', 4)), 0)
    expect(findContainers(index, 'old')).toMatchObject({ value: [{ isFormer: false }] })
    expect(findContainers(index, 'new')).toMatchObject({ value: [{ isFormer: true }] })
    // However often it restarts, what is kept of it is bounded.
    for (let i = 0; i < 30; i++) index.follow(stateOf(running(`again-${i}`, 5 + i)), 0)
    expect(index.get(arn('a'))?.former).toHaveLength(10)
    expect(index.containers.size).toBe(11)
    expect(findContainers(index, 'new')).toEqual({ _tag: 'Unknown' })
  })

  it('knows a task to have stopped that a newer snapshot does not name, though nothing said so', () => {
    const { cluster } = taskOf({ arn: arn('a') })
    const state = stateOf(taskOf({ arn: arn('a') }), taskOf({ arn: arn('b'), at: 90_000 }))
    const index = indexOf([state])
    expect(index.get(arn('a'))?.phase).toBe('running')
    const listed = reduce(state, { _tag: 'TasksListed', cluster, at: 100_000, tasks: [] })
    expect(index.follow(listed, 0)).toMatchObject([
      { kind: 'changed', record: { id: 'a', phase: 'stopped' } },
    ])
    expect(index.get(arn('b'))?.phase).toBe('running')
    // ECS was late: it does name it.
    const again = reduce(listed, {
      _tag: 'TasksListed',
      cluster,
      at: 110_000,
      tasks: [taskOf({ arn: arn('a') })],
    })
    expect(index.follow(again, 0)).toMatchObject([{ kind: 'changed', record: { id: 'a', phase: 'running' } }])
  })

  it('is whole when every cluster has had a whole snapshot, and not before', () => {
    const index = indexOf([], {
      clusters: ['staging', 'arn:aws:ecs:eu-west-1:123456789012:cluster/production'],
    })
    const mark = (name: string): ClusterEvent => ({
      _tag: 'TasksListed',
      cluster: `arn:aws:ecs:eu-west-1:123456789012:cluster/${name}`,
      at: 1,
      tasks: [],
    })
    const first = reduce(stateOf(taskOf({ arn: arn('a') })), mark('staging'))
    index.follow(first, 0)
    expect(index.isWhole).toBe(false)
    index.follow(reduce(first, mark('production')), 0)
    expect(index.isWhole).toBe(true)
  })
})
