/** The lines of a checkpoint, byte for byte where they differ, and which lines are none. */
import { describe, expect, it } from 'vitest'
import type { ClusterEvent } from '../../src/core/event.js'
import { UnwritableEntry } from '../../src/core/journal.js'
import { checkpointEvents, checkpointLines } from '../../src/journal/checkpoint-lines.js'
import { all, each } from '../support/async-items.js'
import { cluster, observed } from '../support/observed-task.js'

const tasks = (count: number) => Array.from({ length: count }, (_, i) => observed({ id: `t${i}` }))
const changed = (count: number): readonly ClusterEvent[] =>
  tasks(count).map((task) => ({ _tag: 'TaskChanged', task }))
const listed = (count: number): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: 1,
  order: 2,
  tasks: tasks(count),
})
const announced = (count: number): readonly ClusterEvent[] =>
  Array.from({ length: count }, (_, i) => ({ _tag: 'DeploymentAnnounced', service: `s${i}`, at: i }))

const linesOf = (events: readonly ClusterEvent[]) => all(checkpointLines(events))
const eventsIn = (...lines: readonly string[]) => all(checkpointEvents(each(lines)))
/** What a line has beside its tasks, and how many there are. */
const shapes = (lines: readonly string[]): readonly unknown[] =>
  lines.map((line) => {
    const { texts, tasks, events, ...others } = JSON.parse(line) as Record<
      string,
      readonly unknown[] | undefined
    >
    return { ...others, ...(texts && { tasks: tasks?.length }), ...(events && { events: events.length }) }
  })

describe('the lines of a checkpoint', () => {
  it('hold tasks, up to two hundred in each, and read as they were', async () => {
    for (const [count, expected] of [
      [0, []],
      [1, [1]],
      [200, [200]],
      [401, [200, 200, 1]],
    ] as const) {
      const lines = await linesOf(changed(count))
      expect(shapes(lines)).toEqual(expected.map((one) => ({ v: 3, tasks: one })))
      expect(await eventsIn(...lines)).toStrictEqual(changed(count))
    }
  })

  it('hold snapshots, of which the next line may have more', async () => {
    const head = { cluster, at: 1, order: 2 }
    for (const [count, expected] of [
      [0, [{ v: 3, listed: head, tasks: 0 }]],
      [200, [{ v: 3, listed: head, tasks: 200 }]],
      [
        201,
        [
          { v: 3, listed: head, more: true, tasks: 200 },
          { v: 3, listed: head, tasks: 1 },
        ],
      ],
    ] as const) {
      const lines = await linesOf([listed(count)])
      expect(shapes(lines)).toEqual(expected)
      expect(await eventsIn(...lines, ...lines)).toStrictEqual([listed(count), listed(count)])
    }
    const unordered: ClusterEvent = { _tag: 'TasksListed', cluster, at: 1, tasks: [] }
    expect(shapes(await linesOf([unordered]))).toEqual([{ v: 3, listed: { cluster, at: 1 }, tasks: 0 }])
    expect(await eventsIn(...(await linesOf([unordered])))).toStrictEqual([unordered])
  })

  it('hold other events, up to two hundred in each, as in a journal', async () => {
    for (const [count, expected] of [
      [1, [1]],
      [200, [200]],
      [401, [200, 200, 1]],
    ] as const) {
      const lines = await linesOf(announced(count))
      expect(shapes(lines)).toEqual(expected.map((events) => ({ v: 3, at: 0, source: 'checkpoint', events })))
      expect(await eventsIn(...lines)).toStrictEqual(announced(count))
    }
    const mixed = [...announced(1), ...changed(1), listed(1)]
    expect(await eventsIn(...(await linesOf(mixed)))).toStrictEqual([
      listed(1),
      ...changed(1),
      ...announced(1),
    ])
  })

  it('cannot hold what is no task', async () => {
    const task = { ...observed({ id: 'a' }), version: -1 }
    await expect(linesOf([{ _tag: 'TaskChanged', task }])).rejects.toThrow(
      new UnwritableEntry('the state has a task that does not have the form of Task'),
    )
    await expect(linesOf([{ _tag: 'TasksListed', cluster, at: 1, tasks: [task] }])).rejects.toThrow(
      UnwritableEntry,
    )
  })
})

const line = (value: unknown): string => JSON.stringify(value)
const head = { cluster, at: 1 }
const none = { texts: [], tasks: [] }

describe('lines are no checkpoint', () => {
  it.each([
    ['that are no objects', line([1]), 'expected an object in each line'],
    [
      'of another version',
      line({ v: 2, ...none }),
      "expected version 3 of the journal's format (a newer one needs a newer ecs-task-stream)",
    ],
    ['without events', line({ v: 3, at: 0, source: 'x' }), 'expected events'],
    ['with rows that are no tasks', line({ v: 3, texts: [], tasks: [1] }), 'expected tasks'],
    ['with a snapshot of no cluster', line({ v: 3, listed: { at: 1 }, ...none }), 'expected a snapshot'],
    ['with a snapshot that is a number', line({ v: 3, listed: 1, ...none }), 'expected a snapshot'],
    [
      'with a snapshot without its end',
      line({ v: 3, listed: head, more: true, ...none }),
      'expected more of a snapshot',
    ],
  ])('%s', async (_, text, message) => {
    await expect(eventsIn(text)).rejects.toThrow(new Error(message))
  })
})

describe('lines of a checkpoint', () => {
  it('may lack a version, and have more only if they say so', async () => {
    expect(await eventsIn(line({ listed: head, ...none }))).toEqual([
      { ...head, _tag: 'TasksListed', tasks: [] },
    ])
    expect(await eventsIn(line({ v: 3, listed: head, more: 'x', ...none }))).toHaveLength(1)
  })

  it('may hold what only readers of a journal need, which is left out', async () => {
    const relisted = { _tag: 'TasksRelisted', cluster, at: 1, order: 2, since: 1, tasks: [], unlisted: [] }
    const events = [{ _tag: 'Checkpointed' }, relisted, ...announced(1)]
    expect(await eventsIn(line({ v: 3, at: 0, source: 'checkpoint', events }))).toEqual(announced(1))
  })
})
