/**
 * A checkpoint as lines of text. Its tasks are compact, with a few hundred in a line; all other events are as in a
 * journal.
 *
 *     {"v":3,"texts":["arn:…",…],"tasks":[[…],…]}
 *     {"v":3,"listed":{"cluster":"arn:…","at":1,"order":2},"more":true,"texts":[…],"tasks":[…]}
 *     {"v":3,"at":0,"source":"checkpoint","events":[…]}
 *
 * `listed`: the tasks are a snapshot; `more`: the next line has more of it.
 */
import type { ClusterEvent } from '../core/event.js'
import { UnwritableEntry } from '../core/journal.js'
import type { Task } from '../core/task.js'
import { Turns } from '../shared/async/turns.js'
import { isObject } from '../shared/codec/json-object.js'
import { decodeTasks, encodeTasks } from './compact-tasks.js'
import { sliceSize } from './entry-slices.js'
import { eventCodec } from './event-codec.js'
import { decodeLine } from './journal.js'
import { journalVersion } from './journal-version.js'
import { linesOf } from './stored-entries.js'

type TasksListed = Extract<ClusterEvent, { readonly _tag: 'TasksListed' }>
type Snapshot = Omit<TasksListed, 'tasks' | '_tag'>

const source = 'checkpoint'

const tasksLine = (tasks: readonly Task[], listed?: Snapshot, more = false): string => {
  const compact = encodeTasks(tasks)
  if (decodeTasks(compact) === undefined)
    throw new UnwritableEntry('the state has a task that does not have the form of Task')
  return JSON.stringify({
    v: journalVersion,
    ...(listed === undefined ? {} : { listed }),
    ...(more ? { more } : {}),
    ...compact,
  })
}

function* snapshotLines({ cluster, at, order, tasks }: TasksListed): Generator<string> {
  const listed = { cluster, at, ...(order === undefined ? {} : { order }) }
  let from = 0
  do {
    const to = from + sliceSize
    yield tasksLine(tasks.slice(from, to), listed, to < tasks.length)
    from = to
  } while (from < tasks.length)
}

/** The lines of a checkpoint. */
export async function* checkpointLines(events: Iterable<ClusterEvent>): AsyncGenerator<string> {
  const turns = new Turns(sliceSize)
  let tasks: Task[] = []
  let others: ClusterEvent[] = []
  for (const event of events)
    if (event._tag === 'TasksListed')
      for (const line of snapshotLines(event)) {
        yield line
        await turns.after(sliceSize)
      }
    else if (event._tag === 'TaskChanged') {
      tasks.push(event.task)
      if (tasks.length < sliceSize) continue
      yield tasksLine(tasks)
      tasks = []
      await turns.after(sliceSize)
    } else {
      others.push(event)
      if (others.length < sliceSize) continue
      yield* linesOf([{ at: 0, source, events: others }], turns)
      others = []
    }
  if (tasks.length > 0) yield tasksLine(tasks)
  if (others.length > 0) yield* linesOf([{ at: 0, source, events: others }], turns)
}

const snapshotOf = (listed: unknown): TasksListed | undefined => {
  const decoded = isObject(listed)
    ? eventCodec.decode({ ...listed, _tag: 'TasksListed', tasks: [] })
    : undefined
  return decoded?._tag === 'Right' && decoded.right._tag === 'TasksListed' ? decoded.right : undefined
}

/** The events of a checkpoint. Rejects if the lines are not those of a whole checkpoint. */
export async function* checkpointEvents(lines: AsyncIterable<string>): AsyncGenerator<ClusterEvent> {
  const turns = new Turns(sliceSize)
  let parts: (readonly Task[])[] = []
  for await (const line of lines) {
    const json: unknown = JSON.parse(line)
    if (!isObject(json)) throw new Error('expected an object in each line')
    if ('v' in json && json['v'] !== journalVersion)
      throw new Error(
        `expected version ${journalVersion} of the journal's format (a newer one needs a newer ecs-task-stream)`,
      )
    if (!('tasks' in json)) {
      const decoded = decodeLine(line)
      if (decoded._tag !== 'Line') throw new Error('expected events')
      for (const event of decoded.line.events)
        if (event._tag !== 'TasksRelisted' && event._tag !== 'Checkpointed') yield event
      await turns.after(decoded.line.events.length)
      continue
    }
    const { listed, more, texts, tasks: rows } = json
    const tasks = decodeTasks({ texts, tasks: rows })
    if (tasks === undefined) throw new Error('expected tasks')
    await turns.after(tasks.length)
    if (listed === undefined) {
      for (const task of tasks) yield { _tag: 'TaskChanged', task }
      continue
    }
    parts.push(tasks)
    if (more === true) continue
    const snapshot = snapshotOf(listed)
    if (snapshot === undefined) throw new Error('expected a snapshot')
    yield { ...snapshot, tasks: parts.flat() }
    parts = []
  }
  if (parts.length > 0) throw new Error('expected more of a snapshot')
}
