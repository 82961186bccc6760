import { lastSegment, longArn } from '../../core/arn.js'
import { identified } from './container-ids.js'
import { type LocatedContainer, locatedContainer } from './located-container.js'
import type { TaskIndex } from './task-index.js'
import type { TaskRecord } from './task-record.js'

export type Found<A> =
  | { readonly _tag: 'Found'; readonly value: A }
  /** Several begin so: the first of them, each with its task, and whether there are more. */
  | { readonly _tag: 'Ambiguous'; readonly candidates: readonly Candidate[]; readonly more: boolean }
  | { readonly _tag: 'Unknown' }

export interface Candidate {
  readonly id: string
  readonly task: TaskRecord
}

/** As many as a person reads. */
const mostCandidates = 20

const chosen = <A>(
  byTask: ReadonlyMap<TaskRecord, A>,
  idOf: (task: TaskRecord, value: A) => string,
): Found<A> => {
  const all = [...byTask]
  const [first, second] = all
  if (first === undefined) return { _tag: 'Unknown' }
  if (second === undefined) return { _tag: 'Found', value: first[1] }
  return {
    _tag: 'Ambiguous',
    candidates: all.slice(0, mostCandidates).map(([task, value]) => ({ id: idOf(task, value), task })),
    more: all.length > mostCandidates,
  }
}

/** Whether a task is where a text says that it is, which may name the cluster alone, or be a whole ARN. */
const belongs = (text: string): ((task: TaskRecord) => boolean) => {
  if (text.startsWith('arn:'))
    return ({ arn, cluster }) => longArn(text, cluster).startsWith(arn.slice(0, arn.lastIndexOf('/') + 1))
  const slash = text.lastIndexOf('/')
  return slash < 0 ? () => true : ({ cluster }) => lastSegment(cluster) === text.slice(0, slash)
}

/** The one task whose id is this, or begins so: an id, `<cluster>/<id>`, or an ARN, long or short. */
export const findTask = (index: Pick<TaskIndex, 'tasks' | 'get'>, text: string): Found<TaskRecord> => {
  const named = index.get(text)
  if (named !== undefined) return { _tag: 'Found', value: named }
  const id = lastSegment(text)
  const isThere = belongs(text)
  const matching = new Map<TaskRecord, TaskRecord>()
  let isExact = false
  for (const task of id === '' ? [] : index.tasks.from((each) => each.id < id)) {
    // What is this very id comes before all that only begin so.
    if (!task.id.startsWith(id) || (isExact && task.id !== id) || matching.size > mostCandidates) break
    if (!isThere(task)) continue
    isExact = task.id === id
    matching.set(task, task)
  }
  return chosen(matching, (task) => task.id)
}

/**
 * The containers of one task whose runtime id is this, or begins so; former ids too. On Fargate the containers of a
 * task share the beginning.
 */
export const findContainers = (
  index: Pick<TaskIndex, 'containers' | 'surroundings'>,
  id: string,
): Found<readonly LocatedContainer[]> => {
  const matching = new Map<TaskRecord, readonly LocatedContainer[]>()
  let isExact = false
  for (const each of id === '' ? [] : index.containers.beginning(id)) {
    const { record, runtimeId } = each
    if ((isExact && runtimeId !== id) || matching.size > mostCandidates) break
    isExact = runtimeId === id
    const container = identified(each)
    if (container !== undefined)
      matching.set(record, [...(matching.get(record) ?? []), locatedContainer(index, record, container)])
  }
  return chosen(matching, (_, [first]) => first?.container.runtimeId ?? '')
}
