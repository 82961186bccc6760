import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { joinTask, type Task } from '../../src/core/task.js'
import { decodeTasks, encodeTasks } from '../../src/journal/compact-tasks.js'
import { taskRecord } from '../../src/sources/ecs-events/task-record.js'

setFlagsFromString('--allow-natives-syntax')
const haveSameClass = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean
// Parsed at the first call.
haveSameClass({}, {})
setFlagsFromString('--no-allow-natives-syntax')

/** The number of hidden classes of the last 100 of 300 objects. The first ones teach V8 what their fields hold. */
const classesOf = (made: readonly object[] = []): number => {
  expect(made).toHaveLength(300)
  const classes: object[] = []
  for (const one of made.slice(200))
    if (!classes.some((other) => haveSameClass(one, other))) classes.push(one)
  return classes.length
}

const many = <A>(make: (i: number) => A): readonly A[] => Array.from({ length: 300 }, (_, i) => make(i))

const stopped = (i: number): Task =>
  taskRecord(
    {
      taskArn: `arn:aws:ecs:eu-west-1:123456789012:task/staging/${i}`,
      clusterArn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging',
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stoppedReason: `reason ${i}`,
      version: 7,
    },
    1_700_000_000_000 + i,
    undefined,
  )

/** A class of its own takes 500 bytes for each object, and makes the code that reads it slow. */
describe('objects that are kept for each task', () => {
  it('are told apart by their classes', () => {
    expect(classesOf(many((i) => ({ [`field${i}`]: i })))).toBe(100)
  })

  it('share their class: the record of a task that has stopped', () => {
    expect(classesOf(many(stopped))).toBe(1)
  })

  it('share their class: the join of two records of a task that has stopped', () => {
    // Of one version, so that neither supersedes the other.
    expect(classesOf(many((i) => joinTask(stopped(i), { ...stopped(i), group: 'service:web' })))).toBe(1)
  })

  it('share their class: the records of a checkpoint', () => {
    expect(classesOf(decodeTasks(encodeTasks(many(stopped))))).toBe(1)
  })
})
