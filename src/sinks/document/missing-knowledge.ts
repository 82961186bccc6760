import type { TaskArn } from '../../core/arn.js'
import { awaitsAnswer, type Desired, type Unresolved } from '../../core/desired.js'

/** How many clusters or tasks are listed: enough to know where to look. */
const named = 10

/** The longest line about one cluster or task, in characters. */
const mostText = 300

/** Text from outside, as one line that is safe to show in a terminal. */
const line = (text: string): string => {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Surrogate}\u2028\u2029]/gu, '?')
  return clean.length > mostText ? `${clean.slice(0, mostText)}…` : clean
}

const list = (items: readonly string[]): string => {
  const more = items.length - named
  return [...items.slice(0, named).map(line), ...(more > 0 ? [`and ${more} more`] : [])]
    .map((item) => `\n- ${item}`)
    .join('')
}

/** What a task may wait for, as a text for people. */
const lookups = {
  'task-definition': 'its task definition',
  'instance-address': 'the address of its container instance',
  deployment: 'what its deployment allows',
} as const

const noSnapshot =
  'Clusters are not fully known: no snapshot source (ecsSnapshots) has read any, and without one this never ends.'

/** "Tasks that wait, each for …", by lookup, with some of the tasks. */
const waitingText = (waiting: readonly Unresolved[]): readonly string[] =>
  Object.entries(lookups).flatMap(([why, what]) => {
    const tasks = waiting.filter((each) => each.why === why)
    return tasks.length === 0
      ? []
      : [
          `Tasks that wait, each for ${what}: ${tasks.length}${list(tasks.map(({ task, detail }) => `${task}: ${detail}`))}`,
        ]
  })

/**
 * Reports, for each state that a target reaches, why it may still be incomplete, as a text for people; `undefined` once
 * it is complete, and ever after.
 *
 * It waits for the first snapshot of each cluster, then for the lookups of the tasks that run at that time. They need
 * not all be resolved at the same moment: where tasks come and go, one is always unresolved. It does not wait for what
 * can never be known (a lookup that was refused permanently, a cluster that cannot be read).
 */
export const missingKnowledge = (): ((desired: Desired) => string | undefined) => {
  /** The tasks that were waiting when every cluster had been read, and still are. */
  let pending: ReadonlySet<TaskArn> | undefined
  return ({ awaited, complete, readings, unresolved }) => {
    const waiting = [...unresolved.values()].filter(awaitsAnswer)
    const isRead = awaited.length === 0 && (complete || readings.size > 0)
    if (isRead || pending !== undefined)
      pending = new Set(
        waiting.flatMap(({ task }) => (pending === undefined || pending.has(task) ? [task] : [])),
      )
    if (pending?.size === 0) return undefined
    return [
      ...(isRead || pending !== undefined
        ? []
        : awaited.length === 0
          ? [noSnapshot]
          : [
              `Not every cluster is fully known. Clusters that a snapshot must still read: ${awaited.length}${list(awaited)}`,
            ]),
      ...waitingText(pending === undefined ? waiting : waiting.filter(({ task }) => pending?.has(task))),
    ].join('\n')
  }
}
