import type { ClusterArn } from '../../core/arn.js'
import { exposureOf } from '../../core/claim.js'
import type { Millis } from '../../core/clock.js'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import type { Backend, Desired } from '../../core/desired.js'
import type { BackendName, Policy } from '../../core/policy.js'
import { project } from '../../core/project.js'
import { reduce } from '../../core/reduce.js'
import type { Task } from '../../core/task.js'
import { type OtherLine, type Receipt, receipts, type ReceiptsOptions } from './receipts.js'
import { TaskTimeline } from './task-timeline.js'

export interface ReplaySummary {
  readonly state: ClusterState
  readonly desired: Desired
  readonly deliveries: number
  /** When the last delivery was received. */
  readonly last: Millis | undefined
  /** The clusters of which snapshots are recorded. */
  readonly covers: readonly ClusterArn[]
  /** Clusters without a complete snapshot. */
  readonly unmarked: readonly ClusterArn[]
}

export interface Projection {
  readonly expose: Policy
  readonly skewAllowanceMs: Millis
}

/**
 * The state and desired state of a worker that has received all of this. A cluster counts as covered by the worker's
 * sources if any snapshot of it is recorded, even one after `until`.
 */
export const summarizeReplay = async (
  options: ReceiptsOptions,
  { expose, skewAllowanceMs }: Projection,
  other: (line: OtherLine) => void,
): Promise<ReplaySummary> => {
  let state = emptyState
  let deliveries = 0
  let last: Millis | undefined
  const promised = new Set<ClusterArn>()
  for await (const { at, events } of receipts({ ...options, until: Infinity }, other)) {
    for (const event of events) if (event._tag === 'TasksListed') promised.add(event.cluster)
    if (at > options.until) continue
    state = events.reduce(reduce, state)
    deliveries++
    last = at
  }
  const clusters = new Set([...promised, ...[...state.tasks].map(([, { cluster }]) => cluster)])
  const unmarked = [...clusters].filter((cluster) => !state.marks.has(cluster)).sort()
  const desired = project(state, { expose, covers: [...promised], skewAllowanceMs })
  return { state, desired, deliveries, last, covers: [...promised], unmarked }
}

/** How one backend came about. */
export interface Explanation {
  readonly name: BackendName
  /** `undefined` if no recorded task claims it. */
  readonly backend: Backend | undefined
  /** Every task that is, was or will be part of it, in the order in which they were first seen. */
  readonly timelines: readonly TaskTimeline[]
}

/** Whether the policy would expose the task under that name, whether it is live or not. `may`: its names are unknown. */
const offers = (
  task: Task,
  name: BackendName,
  state: ClusterState,
  expose: Policy,
): 'does' | 'may' | 'does not' => {
  const definition = task.definition === undefined ? undefined : state.definitions.get(task.definition)
  const exposure = exposureOf(expose, task, definition)
  switch (exposure._tag) {
    case 'Ports':
      return exposure.ports.some(({ backend }) => backend === name) ? 'does' : 'does not'
    case 'NeedsDefinition':
      if (exposure.backends === 'any') return 'may'
      return exposure.backends.includes(name) ? 'does' : 'does not'
    case 'Refused':
      return 'does not'
  }
}

/** Whether a task is, was or will be in a backend of that name, as far as names are known. */
export const isBackendName = (
  name: BackendName,
  { state, desired }: Pick<ReplaySummary, 'state' | 'desired'>,
  { expose }: Projection,
): boolean =>
  desired.backends.has(name) ||
  [...state.tasks.values()].some((task) => offers(task, name, state, expose) === 'does')

/** Reads the files once more, for the timelines of the tasks related to one backend. */
export const explainBackend = async (
  name: BackendName,
  { state, desired }: ReplaySummary,
  options: ReceiptsOptions,
  { expose, skewAllowanceMs }: Projection,
): Promise<Explanation> => {
  const timelines = [...state.tasks]
    .filter(([, task]) => offers(task, name, state, expose) !== 'does not')
    .map(([, task]) => new TaskTimeline(task, { backend: name, expose, skewAllowanceMs }))
  const take = (receipt: Receipt): void => {
    for (const timeline of timelines) timeline.take(receipt)
  }
  if (timelines.length > 0) for await (const receipt of receipts(options, () => undefined)) take(receipt)
  const beginning = ({ steps }: TaskTimeline): Millis => steps[0]?.received ?? Infinity
  return {
    name,
    backend: desired.backends.get(name),
    timelines: timelines.toSorted((a, b) => beginning(a) - beginning(b)),
  }
}
