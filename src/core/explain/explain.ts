import type { Millis } from '../clock.js'
import type { BackendName } from '../policy.js'
import { atOnce, type Sliced, sliceSize } from '../sliced.js'
import type { Task } from '../task.js'
import { type BackendExplanation, explainBackend, mostListed } from './backend-explanation.js'
import type { ExplainedWorld } from './explained-world.js'
import { worldClaims } from './incomplete-because.js'
import { keyedRecords, leftoversAt, type RecordExplanation } from './leftovers.js'
import { projectedTask } from './projected-task.js'
import { askedAddress, isMeant } from './question.js'
import { explainTask, type TaskExplanation } from './task-explanation.js'

/** What a question was about. */
export type Subject = BackendExplanation | TaskExplanation | RecordExplanation

/** The answer to one question. */
export interface Explanation {
  readonly question: string
  readonly at: Millis
  /** Whether every covered cluster has a complete snapshot, and the backend names of all tasks are known. */
  readonly complete: boolean
  /** A backend of that name first, then records that no live task explains, then tasks: those not routed first. */
  readonly subjects: readonly Subject[]
  /** How many more subjects there are. At most 20 are explained. */
  readonly more: number
}

/** Tasks that should be routed and are not come first, stopped ones last. */
const rank = (task: Task, world: ExplainedWorld): number => {
  if (world.desired.unresolved.has(task.arn)) return 0
  switch (projectedTask(task, world).liveness) {
    case 'unhealthy':
      return 1
    case 'live':
      return 2
    case 'pending':
      return 3
    case 'gone':
      return 4
  }
}

function* meantTasks(question: string, world: ExplainedWorld): Sliced<readonly Task[]> {
  const meant: { readonly task: Task; readonly rank: number }[] = []
  let read = 0
  for (const task of world.state.tasks.values()) {
    if (++read % sliceSize === 0) yield
    if (isMeant(task, question, world)) meant.push({ task, rank: rank(task, world) })
  }
  return meant.sort((a, b) => a.rank - b.rank || (a.task.arn < b.task.arn ? -1 : 1)).map(({ task }) => task)
}

function* backendSubject(name: BackendName, world: ExplainedWorld): Sliced<Subject> {
  return yield* explainBackend(name, world, yield* worldClaims(world))
}

/** `explain` in slices. The world must not change meanwhile. */
export function* explainInSlices(world: ExplainedWorld, question: string): Sliced<Explanation> {
  const asked = question.trim()
  const { desired } = world
  const address = askedAddress(asked)
  const tasks = asked === '' ? [] : yield* meantTasks(asked, world)
  const records = address === undefined ? keyedRecords(world, asked) : yield* leftoversAt(world, address)
  yield
  const isBackend = desired.backends.has(asked)
  const subjects: Subject[] = isBackend ? [yield* backendSubject(asked, world)] : []
  // The record of a backend is explained with it.
  const others = isBackend ? [] : records
  subjects.push(...others.slice(0, mostListed - subjects.length))
  for (const task of tasks.slice(0, mostListed - subjects.length)) {
    yield
    subjects.push(yield* explainTask(task, world))
  }
  return {
    question: asked,
    at: world.now,
    complete: desired.complete,
    subjects,
    more: (isBackend ? 1 : 0) + others.length + tasks.length - subjects.length,
  }
}

/**
 * Says what is so and why: for each task that the question means, the chain from its last event to its records in the
 * targets, with the first link that is not `ok`; for a backend, what it consists of and what it lacks.
 *
 * `question`: a task's id or ARN, an address (`10.0.0.1` or `10.0.0.1:8080`), a container's name or id, a service, a
 * backend, an instance's id, or the key of a record. Six characters of an id suffice. Without a match, there are no
 * subjects.
 *
 * Pure. It costs a pass over all tasks.
 */
export const explain = (world: ExplainedWorld, question: string): Explanation =>
  atOnce(explainInSlices(world, question))
