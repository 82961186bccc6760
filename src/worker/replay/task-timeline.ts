import { claimsOf } from '../../core/claim.js'
import type { Millis } from '../../core/clock.js'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import { serviceOfTask } from '../../core/deployment.js'
import { formatAddress } from '../../core/desired.js'
import type { ClusterEvent } from '../../core/event.js'
import type { BackendName, Policy } from '../../core/policy.js'
import { believed, livenessOf, ruledOut } from '../../core/liveness.js'
import { reduce } from '../../core/reduce.js'
import type { Task } from '../../core/task.js'
import type { Receipt } from './receipts.js'
import { type FactChange, factChanges, taskFacts } from './task-facts.js'

/** What a receipt said about the task. */
export type Told =
  /** An observation of the task, from an event or a snapshot. `known`: the version known before. */
  | {
      readonly _tag: 'Observed'
      readonly by: 'event' | 'snapshot'
      readonly version: number
      /** The time of that version. */
      readonly at: Millis
      readonly known: number | undefined
    }
  /** A snapshot started at `at` without the task. It rules the task out unless the task is too young for that. */
  | { readonly _tag: 'Omitted'; readonly at: Millis; readonly rulesOut: boolean }
  /** The result of a lookup or a probe of its instance, its definition or its ports. */
  | { readonly _tag: 'Learned' }

/** One receipt that concerns a task. */
export interface TimelineStep {
  /** When it was received. */
  readonly received: Millis
  readonly source: string | undefined
  readonly file: string
  readonly line: number
  readonly told: Told
  /** Whether it contained something new. Otherwise it is late or a duplicate, and was ignored. */
  readonly news: boolean
  readonly changes: readonly FactChange[]
  /** The task's standing in the backend from then on. */
  readonly standing: string
}

export interface TimelineOptions {
  readonly backend: BackendName
  readonly expose: Policy
  readonly skewAllowanceMs: Millis
}

/** Reduces a snapshot to what it says about one task: listed or not. */
const about = (event: ClusterEvent, { arn }: Task): ClusterEvent =>
  event._tag === 'TasksListed' ? { ...event, tasks: event.tasks.filter((task) => task.arn === arn) } : event

/** Whether an event can make a difference to a task whose final record is known. */
const concerns = (event: ClusterEvent, task: Task): boolean => {
  const { arn, cluster, instance, definition } = task
  switch (event._tag) {
    case 'TaskChanged':
      return event.task.arn === arn
    case 'TasksListed':
      return event.cluster === cluster
    case 'InstanceDescribed':
      return event.instance === instance
    case 'DefinitionDescribed':
      return event.definition.arn === definition
    case 'DeploymentDescribed':
      return event.service === serviceOfTask(task)
    case 'ClusterIdentified':
    case 'DeploymentAnnounced':
    case 'LogRead':
      return false
    case 'LookupRefused':
      return event.key === instance || event.key === definition
    case 'HealthObserved':
      return event.endpoint.startsWith(`${arn}#`)
  }
}

/** How one task got its standing in a backend: the worker's own fold, over the events that concern this task. */
export class TaskTimeline {
  readonly steps: TimelineStep[] = []
  private state: ClusterState = emptyState

  /** `task`: its final record. */
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

  /** The task's current standing in the backend. */
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
      claim._tag === 'Live' && claim.endpoint.share?.percent !== 0
        ? `live at ${formatAddress(claim.endpoint)}`
        : [],
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
    // Snapshots without the task and repeated lookups keep coming. Only steps that made a difference are kept, and
    // snapshots that would have ruled out a live task but for the skew allowance.
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
