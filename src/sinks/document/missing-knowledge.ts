import type { TaskArn } from '../../core/arn.js'
import type { Desired, Unresolved } from '../../core/desired.js'

/** How many of a kind are named: enough to know where to look. */
const named = 10

/** The longest line about one cluster or task. */
const mostText = 300

/** What others sent, as one line that a terminal shows as it is. */
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

/** What a task may wait for, and what people call it. */
const lookups = {
  'task-definition': 'its task definition',
  'instance-address': 'the address of its container instance',
} as const

const isAwaited = ({ why }: Unresolved): boolean => {
  switch (why) {
    case 'task-definition':
    case 'instance-address':
      return true
    // The snapshot was asked for the interface's address, and told none. Nothing would change the others.
    case 'interface-address':
    case 'lookup-refused':
    case 'name-taken':
    case 'refused':
      return false
  }
}

const noSnapshot =
  'Not every cluster is known as a whole: no snapshot source (ecsSnapshots) has read any, and without one this never passes.'

/** "3 tasks wait for their…", by lookup, and some of the tasks. */
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
 * Tells, of one state after the other that a target came to hold, why it may still lack something, for people;
 * `undefined` from when on it does not.
 *
 * It waits for the first snapshot of each cluster, and then for the lookups of the tasks that run at that time. It need
 * not all be known at one time: where tasks come and go there is always one that is not. What can never be known (a
 * lookup that was refused for good, a cluster that cannot be read) is not waited for.
 */
export const missingKnowledge = (): ((desired: Desired) => string | undefined) => {
  /** Those that waited when every cluster had been read, as long as they do. */
  let pending: ReadonlySet<TaskArn> | undefined
  return ({ awaited, complete, readings, unresolved }) => {
    const waiting = [...unresolved.values()].filter(isAwaited)
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
              `Not every cluster is known as a whole. Clusters that a snapshot must still read: ${awaited.length}${list(awaited)}`,
            ]),
      ...waitingText(pending === undefined ? waiting : waiting.filter(({ task }) => pending?.has(task))),
    ].join('\n')
  }
}
