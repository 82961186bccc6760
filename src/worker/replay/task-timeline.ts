import { claimsOf } from '../../core/claim.js'
import type { Millis } from '../../core/clock.js'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import { formatAddress } from '../../core/desired.js'
import type { ClusterEvent } from '../../core/event.js'
import type { BackendName, Policy } from '../../core/policy.js'
import { believed, livenessOf, ruledOut } from '../../core/liveness.js'
import { reduce } from '../../core/reduce.js'
import type { Task } from '../../core/task.js'
import type { Receipt } from './receipts.js'
import { type FactChange, factChanges, taskFacts } from './task-facts.js'

/** What a receipt was to the task. */
export type Told =
  /** An observation of it, from an event or in a snapshot. `known`: the version that was known before. */
  | {
      readonly _tag: 'Observed'
      readonly by: 'event' | 'snapshot'
      readonly version: number
      /** The time of that version. */
      readonly at: Millis
      readonly known: number | undefined
    }
  /** A snapshot, begun `at`, that does not name it, and rules it out unless it is too young for that. */
  | { readonly _tag: 'Omitted'; readonly at: Millis; readonly rulesOut: boolean }
  /** What a lookup or a probe said about its instance, its definition or its ports. */
  | { readonly _tag: 'Learned' }

/** One receipt that concerns a task. */
export interface TimelineStep {
  /** When it was received. */
  readonly received: Millis
  readonly source: string | undefined
  readonly file: string
  readonly line: number
  readonly told: Told
  /** Whether it said something new. Otherwise it is late, or a duplicate, and was ignored. */
  readonly news: boolean
  readonly changes: readonly FactChange[]
  /** What the task is to the backend from then on. */
  readonly standing: string
}

export interface TimelineOptions {
  readonly backend: BackendName
  readonly expose: Policy
  readonly skewAllowanceMs: Millis
}

/** Of a snapshot, what it says of one task: that it is there, or not. */
const about = (event: ClusterEvent, { arn }: Task): ClusterEvent =>
  event._tag === 'TasksListed' ? { ...event, tasks: event.tasks.filter((task) => task.arn === arn) } : event

/** Whether an event can make a difference to a task, of which we know how it ended. */
const concerns = (event: ClusterEvent, { arn, cluster, instance, definition }: Task): boolean => {
  switch (event._tag) {
    case 'TaskChanged':
      return event.task.arn === arn
    case 'TasksListed':
      return event.cluster === cluster
    case 'InstanceDescribed':
      return event.instance === instance
    case 'DefinitionDescribed':
      return event.definition.arn === definition
    case 'ClusterIdentified':
      return false
    case 'LookupRefused':
      return event.key === instance || event.key === definition
    case 'HealthObserved':
      return event.endpoint.startsWith(`${arn}#`)
  }
}

/** How one task came to be what it is to a backend: the worker's own fold, of what concerns this task alone. */
export class TaskTimeline {
  readonly steps: TimelineStep[] = []
  private state: ClusterState = emptyState

  /** `task`: as it is in the end. */
  constructor(
    readonly task: Task,
    private readonly options: TimelineOptions,
  ) {}

  take(receipt: Receipt): void {
    for (const event of receipt.events)
      if (concerns(event, this.task)) this.fold(about(event, this.task), receipt)
  }

  private get isLive(): boolean {
    const task = this.state.tasks.get(this.task.arn)
    if (task === undefined) return false
    const mark = this.state.marks.get(task.cluster)
    const { skewAllowanceMs } = this.options
    return livenessOf(believed(task, mark, skewAllowanceMs), mark, skewAllowanceMs) === 'live'
  }

  /** What the task is to the backend now. */
  get standing(): string {
    const { backend, expose, skewAllowanceMs } = this.options
    const { arn, cluster } = this.task
    const task = this.state.tasks.get(arn)
    if (task === undefined) return 'unknown'
    const mark = this.state.marks.get(cluster)
    const liveness = livenessOf(believed(task, mark, skewAllowanceMs), mark, skewAllowanceMs)
    const claimed = claimsOf(task, this.state, expose, skewAllowanceMs)
    const claims = (claimed?.claims ?? []).filter((claim) => claim.backend === backend)
    const offered = claims.flatMap((claim) =>
      claim._tag === 'Live' ? `live at ${formatAddress(claim.endpoint)}` : [],
    )
    const left = claims.flatMap((claim) =>
      claim._tag === 'Gone' ? `gone from ${formatAddress(claim.address)}` : [],
    )
    if (offered.length + left.length > 0) return [...offered, ...left].join(', ')
    return claimed?.unresolved === undefined
      ? liveness
      : `${liveness}, and not offered: ${claimed.unresolved.detail}`
  }

  private fold(event: ClusterEvent, { at: received, source, file, line }: Receipt): void {
    const { arn } = this.task
    const before = this.state
    const known = before.tasks.get(arn)
    const stood = this.standing
    this.state = reduce(before, event)
    const { standing } = this
    const told = this.told(event, known)
    const isObserved = told._tag === 'Observed'
    const news = isObserved ? this.state.tasks.get(arn) !== known : this.state !== before
    // Snapshots that do not name a task come for ever, and lookups are asked again: only what made a difference is
    // told, and what might have, but that the skew allowance protects a live task.
    if (!isObserved && (!news || (told._tag === 'Omitted' && standing === stood && !this.isLive))) return
    const changes = factChanges(taskFacts(before, arn), taskFacts(this.state, arn))
    this.steps.push({ received, source, file, line, told, news, changes, standing })
  }

  private told(event: ClusterEvent, known: Task | undefined): Told {
    const listed = event._tag === 'TasksListed'
    const task = event._tag === 'TaskChanged' ? event.task : listed ? event.tasks[0] : undefined
    if (task !== undefined)
      return {
        _tag: 'Observed',
        by: listed ? 'snapshot' : 'event',
        version: task.version,
        at: task.at,
        known: known?.version,
      }
    if (!listed) return { _tag: 'Learned' }
    const mark = this.state.marks.get(event.cluster)
    const rulesOut = known !== undefined && ruledOut(known, mark, this.options.skewAllowanceMs)
    return { _tag: 'Omitted', at: event.at, rulesOut }
  }
}
