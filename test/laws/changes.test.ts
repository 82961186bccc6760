import fc from 'fast-check'
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { BehaviorSubject, from, map, type Observable, Subject } from 'rxjs'
import { describe, it } from 'vitest'
import { type BackendChange, backendChanges } from '../../src/core/backend-changes.js'
import type { ClusterState } from '../../src/core/cluster-state.js'
import { emptyState } from '../../src/core/cluster-state.js'
import type { Desired, Endpoint } from '../../src/core/desired.js'
import { endpointChanges } from '../../src/core/endpoint-changes.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { believed, defaultSkewAllowanceMs, livenessOf } from '../../src/core/liveness.js'
import { projector } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { sweep } from '../../src/core/sweep.js'
import { type TaskChange, taskChanges } from '../../src/core/task-changes.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { histories } from '../../src/testing/histories.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'
import { holdsInHistories } from './holds.js'

const policy = { expose: servicePorts({ ports: 'all' }), covers: modelledClusters }

/** What a synchronous stream emits. */
const collected = <A>(stream: Observable<A>): readonly A[] => {
  const all: A[] = []
  stream.subscribe((value) => all.push(value))
  return all
}

/** The states of a fold, the empty one first. */
const statesOf = (events: readonly ClusterEvent[]): readonly ClusterState[] =>
  events.reduce<ClusterState[]>((states, event) => [...states, reduce(states.at(-1)!, event)], [emptyState])

const desiredOf = (states: readonly ClusterState[]): readonly Desired[] => {
  const project = projector(policy)
  return states.map((state, i) => project(state, i))
}

const contents = ({ backends }: Desired): unknown =>
  [...backends].map(([name, { endpoints }]) => [name, endpoints]).sort()

describe('the changes of backends', () => {
  it('end, wherever they began, in what is desired', () => {
    holdsInHistories(
      fc.property(histories(), fc.nat(), ({ events, closing }, began) => {
        const desired = desiredOf(statesOf([...events, ...closing]))
        const seen = collected(from(desired.slice(began % desired.length)).pipe(backendChanges()))
        const built = new Map<string, readonly Endpoint[]>()
        for (const { backend, before, after } of seen) {
          deepStrictEqual(before, built.get(backend))
          if (after === undefined) built.delete(backend)
          else built.set(backend, after)
        }
        deepStrictEqual([...built].sort(), contents(desired.at(-1)!))
      }),
    )
  })

  it('add and remove exactly what differs, and none is empty', () => {
    holdsInHistories(
      fc.property(histories(), ({ events, closing }) => {
        const desired = desiredOf(statesOf([...events, ...closing]))
        const seen = collected(from(desired).pipe(backendChanges()))
        for (const { before, after, added, removed } of seen) {
          const kept = (before ?? []).filter((endpoint) => !removed.includes(endpoint))
          deepStrictEqual(
            new Set([...kept, ...added].map(({ id }) => id)),
            new Set((after ?? []).map(({ id }) => id)),
          )
          const isNew = before === undefined || after === undefined
          strictEqual(added.length + removed.length > 0 || isNew, true)
        }
      }),
    )
  })
})

describe('the changes of endpoints', () => {
  it('end in the endpoints that are desired', () => {
    holdsInHistories(
      fc.property(histories(), ({ events, closing }) => {
        const desired = desiredOf(statesOf([...events, ...closing]))
        const built = new Map<string, Endpoint>()
        const key = (backend: string, { id }: Endpoint): string => `${backend} ${id}`
        for (const change of collected(from(desired).pipe(endpointChanges()))) {
          const { backend, endpoint } = change
          const held = built.get(key(backend, endpoint))
          switch (change._tag) {
            case 'Added':
              strictEqual(held, undefined)
              built.set(key(backend, endpoint), endpoint)
              break
            case 'Changed':
              deepStrictEqual(held, change.before)
              built.set(key(backend, endpoint), endpoint)
              break
            case 'Removed':
              deepStrictEqual(held, endpoint)
              built.delete(key(backend, endpoint))
          }
        }
        const wanted = [...desired.at(-1)!.backends].flatMap(([name, { endpoints }]) =>
          endpoints.map((endpoint): [string, Endpoint] => [key(name, endpoint), endpoint]),
        )
        deepStrictEqual([...built].sort(), wanted.sort())
      }),
    )
  })
})

/** The tasks that are not gone in a state, with their records. */
const present = ({ tasks, marks }: ClusterState): unknown =>
  [...tasks.values()]
    .map((told) => {
      const mark = marks.get(told.cluster)
      const task = believed(told, mark, defaultSkewAllowanceMs)
      return { task, liveness: livenessOf(task, mark, defaultSkewAllowanceMs) }
    })
    .filter(({ liveness }) => liveness !== 'gone')
    .map((one) => [one.task.arn, one] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))

const following = (changes: readonly TaskChange[]): unknown => {
  const built = new Map<string, unknown>()
  for (const { arn, before, after } of changes) {
    if (before !== undefined && before.liveness !== 'gone') deepStrictEqual(built.get(arn), before)
    if (after.liveness === 'gone') built.delete(arn)
    else built.set(arn, after)
  }
  return [...built].sort(([a], [b]) => (a < b ? -1 : 1))
}

describe('the changes of tasks', () => {
  it('end in the tasks that are not gone, whatever the worker forgets meanwhile', () => {
    holdsInHistories(
      fc.property(histories(), fc.nat(10), ({ events, closing, end }, every) => {
        const states = statesOf([...events, ...closing]).map((state, i) =>
          i % (every + 2) === 0
            ? sweep(state, { now: end, settled: false, skewAllowanceMs: defaultSkewAllowanceMs })
            : state,
        )
        const seen = collected(from(states).pipe(taskChanges()))
        deepStrictEqual(following(seen), present(states.at(-1)!))
      }),
    )
  })

  it('report a stop without an event, when a snapshot no longer lists the task', () => {
    holdsInHistories(
      fc.property(histories(), ({ events, closing }) => {
        const states = statesOf([...events, ...closing])
        const seen = collected(from(states).pipe(taskChanges()))
        const gone = new Set(seen.filter(({ after }) => after.liveness === 'gone').map(({ arn }) => arn))
        const started = new Set(seen.filter(({ after }) => after.liveness !== 'gone').map(({ arn }) => arn))
        const { marks } = states.at(-1)!
        for (const arn of started)
          if (![...marks.values()].some(({ tasks }) => tasks.has(arn))) strictEqual(gone.has(arn), true)
      }),
    )
  })
})

describe('a stream of changes', () => {
  it('starts again for each subscriber', () => {
    const desired$ = new BehaviorSubject(desiredOf([emptyState])[0]!)
    const changes$ = desired$.pipe(backendChanges())
    const told: [string, BackendChange][] = []
    changes$
      .pipe(map((change): [string, BackendChange] => ['first', change]))
      .subscribe((one) => told.push(one))
    const [endpoint] = [{ id: 'a', host: '10.0.0.1', port: 80 }]
    const backends = desired$.value.backends.set('web', {
      name: 'web',
      endpoints: [endpoint as Endpoint],
      gone: [],
      complete: true,
    })
    desired$.next({ ...desired$.value, backends })
    changes$
      .pipe(map((change): [string, BackendChange] => ['second', change]))
      .subscribe((one) => told.push(one))
    deepStrictEqual(
      told.map(([who, { backend, before }]) => [who, backend, before]),
      [
        ['first', 'web', undefined],
        ['second', 'web', undefined],
      ],
    )
  })

  it('completes with its source', () => {
    const state$ = new Subject<ClusterState>()
    let completed = false
    state$.pipe(taskChanges()).subscribe({ complete: () => (completed = true) })
    state$.next(emptyState)
    strictEqual(completed, false)
    state$.complete()
    strictEqual(completed, true)
  })
})
