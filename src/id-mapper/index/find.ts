import { lastSegment, longArn } from '../../core/arn.js'
import { identified } from './container-ids.js'
import { type LocatedContainer, locatedContainer } from './located-container.js'
import type { TaskIndex } from './task-index.js'
import type { TaskRecord } from './task-record.js'

export type Found<A> =
  | { readonly _tag: 'Found'; readonly value: A }
  /** Several ids start with the text: the first ones, each with its task, and whether there are more. */
  | { readonly _tag: 'Ambiguous'; readonly candidates: readonly Candidate[]; readonly more: boolean }
  | { readonly _tag: 'Unknown' }

export interface Candidate {
  readonly id: string
  readonly task: TaskRecord
}

/** Maximum number of candidates in an answer, as many as a person reads. */
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

/** Whether a task is in the cluster that a text names: `<cluster>/<id>` or an ARN. A plain id matches any cluster. */
const belongs = (text: string): ((task: TaskRecord) => boolean) => {
  if (text.startsWith('arn:'))
    return ({ arn, cluster }) => longArn(text, cluster).startsWith(arn.slice(0, arn.lastIndexOf('/') + 1))
  const slash = text.lastIndexOf('/')
  return slash < 0 ? () => true : ({ cluster }) => lastSegment(cluster) === text.slice(0, slash)
}

/** The task whose id equals or starts with the text: an id, `<cluster>/<id>`, or a long or short ARN. */
export const findTask = (index: Pick<TaskIndex, 'tasks' | 'get'>, text: string): Found<TaskRecord> => {
  const named = index.get(text)
  if (named !== undefined) return { _tag: 'Found', value: named }
  const id = lastSegment(text)
  const isThere = belongs(text)
  const matching = new Map<TaskRecord, TaskRecord>()
  let isExact = false
  for (const task of id === '' ? [] : index.tasks.from((each) => each.id < id)) {
    // An exact match sorts before all ids that only start with the text.
    if (!task.id.startsWith(id) || (isExact && task.id !== id) || matching.size > mostCandidates) break
    if (!isThere(task)) continue
    isExact = task.id === id
    matching.set(task, task)
  }
  return chosen(matching, (task) => task.id)
}

/**
 * The containers of one task whose runtime id, current or former, equals or starts with the text. On Fargate, the
 * containers of a task share the beginning of their ids.
 */
export const findContainers = (
  index: Pick<TaskIndex, 'containers' | 'resources'>,
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
