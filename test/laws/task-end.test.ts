import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { reduce } from '../../src/core/reduce.js'
import { sweep } from '../../src/core/sweep.js'
import { joinTask, sameTask, type Task } from '../../src/core/task.js'
import {
  canonicalEnds,
  compareEnds,
  type ContainerEnd,
  joinEnd,
  sameEnd,
  type TaskEnd,
} from '../../src/core/task-end.js'
import { anyTask } from '../../src/testing/any-event.js'
import { observed } from '../support/observed-task.js'
import { holds, refutation } from './holds.js'

type Join = (a: Task, b: Task) => Task

/** Observations of one task. */
const [one, two, three] = [anyTask, anyTask, anyTask].map((any) =>
  any.map((task) => ({ ...task, arn: 'task' })),
)
const pairs = fc.tuple(one ?? anyTask, two ?? anyTask)
const triples = fc.tuple(one ?? anyTask, two ?? anyTask, three ?? anyTask)

const commutes = (join: Join) => fc.property(pairs, ([a, b]) => deepStrictEqual(join(a, b), join(b, a)))

/** The end of the highest version that tells any is kept, whatever else is observed. */
const endIsKept = (join: Join) =>
  fc.property(pairs, ([a, b]) => {
    const told = [a, b].flatMap(({ end }) => (end === undefined ? [] : [end.version]))
    strictEqual(join(a, b).end?.version, told.length === 0 ? undefined : Math.max(...told))
  })

describe('the end of a task', () => {
  it('does not depend on the order, the grouping, or duplicates of observations', () => {
    holds(commutes(joinTask))
    holds(
      fc.property(triples, ([a, b, c]) =>
        deepStrictEqual(joinTask(joinTask(a, b), c), joinTask(a, joinTask(b, c))),
      ),
    )
    holds(fc.property(pairs, ([a]) => sameTask(joinTask(a, a), a)))
  })

  it('is that of the highest version that tells one', () => {
    holds(endIsKept(joinTask))
  })

  it('would be lost by the record of the highest version alone, and would depend on the order by arrival', () => {
    const without = ({ end: _, ...task }: Task): Task => task
    const ofNewest: Join = (a, b) => {
      const { end } = a.version >= b.version ? a : b
      return end === undefined ? without(joinTask(a, b)) : { ...without(joinTask(a, b)), end }
    }
    const ofLast: Join = (a, b) => {
      const { end = a.end } = b
      return end === undefined ? joinTask(a, b) : { ...joinTask(a, b), end }
    }
    expect(fc.check(endIsKept(ofNewest), refutation).failed).toBe(true)
    expect(fc.check(commutes(ofLast), refutation).failed).toBe(true)
  })

  it('is not kept by what rejects late events, long after', () => {
    const end: TaskEnd = { version: 3, stopCode: 'UserInitiated', reason: 'enough', containers: [] }
    const task: Task = { ...observed({ id: 'a', version: 3, last: 'STOPPED', desired: 'STOPPED' }), end }
    const state = reduce(reduce(emptyState, { _tag: 'TaskChanged', task }), {
      _tag: 'TaskChanged',
      task: observed({ id: 'b', at: 10_000_000 }),
    })
    const swept = sweep(state, { skewAllowanceMs: 30_000, now: 10_000_000, settled: true })
    expect(state.tasks.get(task.arn)).toHaveProperty('end')
    expect(swept.tasks.get(task.arn)).toBeDefined()
    expect(swept.tasks.get(task.arn)).not.toHaveProperty('end')
  })
})

describe('two ends of a task', () => {
  const app: ContainerEnd = { name: 'app', exitCode: 1, reason: 'killed' }
  const sidecar: ContainerEnd = { name: 'sidecar', exitCode: undefined, reason: undefined }
  const end: TaskEnd = { version: 3, stopCode: 'b', reason: 'b', containers: [app, sidecar] }

  it('join as the greater of each text and number, if they are of one version', () => {
    const other = {
      version: 3,
      stopCode: 'a',
      reason: undefined,
      containers: [{ ...app, exitCode: 137, reason: 'a' }],
    }
    const joined = { ...end, containers: [{ ...app, exitCode: 137 }, sidecar] }
    expect(joinEnd(end, other)).toEqual(joined)
    expect(joinEnd(other, end)).toEqual(joined)
    expect(joinEnd({ ...end, stopCode: undefined }, { ...other, reason: 'c' })).toEqual({
      ...joined,
      stopCode: 'a',
      reason: 'c',
    })
  })

  it('join as the very one of the higher version, or that there is', () => {
    const newer: TaskEnd = { version: 4, stopCode: undefined, reason: 'a', containers: [] }
    for (const [a, b] of [
      [end, newer],
      [newer, end],
      [newer, undefined],
      [undefined, newer],
      [newer, newer],
    ])
      expect(joinEnd(a, b)).toBe(newer)
    expect(joinEnd(undefined, undefined)).toBeUndefined()
  })

  it('are the same if nothing in them differs', () => {
    const differing: readonly TaskEnd[] = [
      { ...end, version: 4 },
      { ...end, stopCode: 'c' },
      { ...end, reason: 'c' },
      { ...end, containers: [app] },
      { ...end, containers: [] },
      { ...end, containers: [{ ...app, name: 'another' }, sidecar] },
      { ...end, containers: [{ ...app, exitCode: 2 }, sidecar] },
      { ...end, containers: [{ ...app, reason: 'c' }, sidecar] },
      { ...end, containers: [app, { ...sidecar, exitCode: 0 }] },
    ]
    for (const other of differing) {
      expect(sameEnd(end, other)).toBe(false)
      expect(sameEnd(other, end)).toBe(false)
      expect(sameEnd(other, structuredClone(other))).toBe(true)
    }
    expect(sameEnd(end, undefined)).toBe(false)
    expect(sameEnd(undefined, end)).toBe(false)
    expect(sameEnd(undefined, undefined)).toBe(true)
  })

  it('have one end of each container, by name', () => {
    const again = { ...app, exitCode: 0, reason: 'z' }
    expect(canonicalEnds([sidecar, again, app])).toEqual([{ ...app, reason: 'z' }, sidecar])
    expect(compareEnds(app, again)).toBe(0)
    expect(compareEnds(app, sidecar)).toBe(-1)
    expect(compareEnds(sidecar, app)).toBe(1)
  })
})
