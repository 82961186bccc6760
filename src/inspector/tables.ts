import type { ClusterArn, DefinitionArn, TaskArn } from '../core/arn.js'
import type { Protocol } from '../core/binding.js'
import type { Millis } from '../core/clock.js'
import type { PausedHook, RevisionTraffic, Rollout, ServiceArn } from '../core/deployment.js'
import type { Unresolved } from '../core/desired.js'
import type { Listed } from '../core/explain/backend-explanation.js'
import type { Break } from '../core/explain/task-explanation.js'
import type { Liveness } from '../core/liveness.js'
import type { Plan } from '../core/plan.js'
import type { BackendName } from '../core/policy.js'
import type { Owner } from '../core/sink.js'
import type { TaskEnd } from '../core/task-end.js'
import type { TaskStatus } from '../core/task-status.js'

/** How much of a backend a target holds. */
export interface HeldInTarget {
  readonly target: string
  /** The number of its endpoints that the target holds; `undefined` if what it holds is not known. */
  readonly held: number | undefined
  /** The number of its endpoints. */
  readonly wanted: number
}

/** Backends, ordered by name. Filter: its name. Empty ones are rows, too. */
export interface BackendRow {
  readonly backend: BackendName
  /** The clusters of its endpoints, sorted. */
  readonly clusters: readonly ClusterArn[]
  readonly complete: boolean
  /** What keeps it incomplete, shortly. `explain` says it exactly. */
  readonly incompleteBecause: string | undefined
  readonly endpoints: number
  /** How many of them get no requests: their weight is 0. */
  readonly idle: number
  /** How many addresses of gone tasks are removed, although the backend is incomplete. */
  readonly gone: number
  readonly targets: readonly HeldInTarget[]
}

/** Endpoints, ordered by backend, host and port. Filter: the exact name of a backend, or any of the texts. */
export interface EndpointRow {
  readonly backend: BackendName
  /** `<host>:<port>`. */
  readonly address: string
  readonly task: TaskArn
  readonly cluster: ClusterArn
  readonly group: string | undefined
  readonly container: string
  readonly containerPort: number
  readonly protocol: Protocol
  readonly zone: string | undefined
  /** The weight that targets balance by; `undefined` if none is set. */
  readonly weight: number | undefined
  /** Whether each target holds it; `undefined` if what the target holds is not known. */
  readonly targets: readonly { readonly target: string; readonly held: boolean | undefined }[]
}

/**
 * Tasks: the unresolved ones first, then the others that are not gone. Among these, in an order that other tasks do not
 * change. Filter: ARN, group, statuses.
 */
export interface TaskRow {
  readonly task: TaskArn
  readonly cluster: ClusterArn
  readonly group: string | undefined
  readonly lastStatus: TaskStatus
  readonly desiredStatus: TaskStatus
  readonly liveness: Liveness
  /** `detail.version` of the newest event. */
  readonly version: number
  /** When ECS created it; `undefined` if that is not known. */
  readonly createdAt: Millis | undefined
  /** The time of its newest event. */
  readonly changedAt: Millis
  /** Whether `explain` finds no break: every port is in every target. */
  readonly routed: boolean
  /** The first break; `undefined` if it is routed. */
  readonly because: Break | undefined
}

/** What the worker changes next, and what it skips; ordered by target and key. Filter: target, key, owner. */
export interface PlanRow {
  readonly target: string
  readonly key: string
  readonly change: 'created' | 'updated' | 'deleted' | 'skipped'
  /** Why the change is skipped; `undefined` if it is made. */
  readonly skipped: Plan<unknown>['skipped'][number]['why'] | undefined
  /** The owner of the record that the target holds. */
  readonly owner: Owner | undefined
  /** Where the record leads: addresses, URLs or hosts. Empty if there is none, or it does not tell. */
  readonly before: Listed<string>
  readonly after: Listed<string>
}

/** Live tasks that are missing from their backends; ordered by age, the oldest first. Filter: task, reason. */
export interface UnresolvedRow {
  readonly task: TaskArn
  readonly cluster: ClusterArn
  readonly why: Unresolved['why']
  readonly detail: string
  readonly todo: string
  /** When the worker found it missing; `undefined` if that is not known. */
  readonly since: Millis | undefined
  /** The failing call that it may wait for. */
  readonly failing: FailingCall | undefined
}

/** A call that fails. */
export interface FailingCall {
  readonly operation: string
  readonly error: string
  readonly at: Millis
  /** The number of failures since it last succeeded, as far as the source says so. */
  readonly failures: number
  /** When it is tried again, if that is known. */
  readonly nextAt: Millis | undefined
}

/** Records with another owner, and records that others keep changing; ordered by target and key. Filter: target, key, owner. */
export interface DriftRow {
  readonly target: string
  readonly key: string
  /** Whose mark is in the record; `undefined` if it has none, or was not read. */
  readonly owner: Owner | undefined
  /** Whether the worker would change it if it were its own. */
  readonly skipped: boolean
  readonly conflictsPerMinute: number
  readonly lastConflictAt: Millis | undefined
}

/** The newest complete snapshot of a cluster. */
export interface SnapshotFacts {
  readonly cluster: ClusterArn
  /** A time at or before its beginning, by ECS's clock; `undefined` if no time could be trusted. */
  readonly at: Millis | undefined
  readonly tasks: number
  /** How long it took; `undefined` if another worker took it, or the source does not say. */
  readonly tookMs: Millis | undefined
  /** When the next one is due; `undefined` if the source does not say. */
  readonly nextAt: Millis | undefined
}

/** Sources, in the order of the worker. Filter: its name. */
export interface SourceRow {
  readonly source: string
  /** The clusters that it promises snapshots of, as given to the worker. */
  readonly covers: readonly string[]
  /** The newest snapshots of clusters that it covers. */
  readonly snapshots: readonly SnapshotFacts[]
  readonly deliveries: number
  readonly lastDeliveryAt: Millis | undefined
  /** How old the newest event of its last delivery with events was when it came; for queues, their lag. */
  readonly lagMs: Millis | undefined
  /** Calls of AWS in the last minute; `undefined` if the source tells of none. */
  readonly callsLastMinute: number | undefined
  readonly undecodable: number
  /** The newest first; at most five. */
  readonly lastUndecodable: readonly { readonly at: Millis; readonly id: string; readonly reason: string }[]
  /** The calls that fail now. */
  readonly failing: readonly FailingCall[]
}

/** Services with deployments that the worker follows; those in progress first, then by ARN. Filter: the ARN. */
export interface DeploymentRow {
  readonly service: ServiceArn
  readonly rollout: Rollout['_tag'] | 'Unknown'
  /** For people; set if every task takes traffic at once. */
  readonly reason: string | undefined
  readonly strategy: string | undefined
  readonly status: string | undefined
  readonly stage: string | undefined
  /** With the percentages of requests that ECS gives them. */
  readonly revisions: readonly DeployedRevision[]
  /** The pause that waits for somebody to continue it. */
  readonly paused: PausedHook | undefined
}

export interface DeployedRevision extends RevisionTraffic {
  readonly role: 'source' | 'target'
}

/**
 * Tasks that ended without ever being live, or within a minute of their creation; the newest first. Filter: task, group,
 * why it stopped.
 */
export interface NeverInRow {
  readonly task: TaskArn
  readonly cluster: ClusterArn
  readonly group: string | undefined
  readonly definition: DefinitionArn | undefined
  readonly createdAt: Millis | undefined
  /** When it ended, by ECS's clock. */
  readonly endedAt: Millis
  /** Whether it was RUNNING at any time, as far as the worker was told. */
  readonly ran: boolean
  readonly containers: readonly string[]
  /** Why it stopped, and the exit codes of its containers; `undefined` if ECS has not told. */
  readonly end: TaskEnd | undefined
  /** What to do about it; `undefined` if nothing needs to be done, or nothing is known. */
  readonly todo: string | undefined
}

/** The rows of each table. */
export interface Tables {
  readonly backends: BackendRow
  readonly endpoints: EndpointRow
  readonly tasks: TaskRow
  readonly plan: PlanRow
  readonly unresolved: UnresolvedRow
  readonly drift: DriftRow
  readonly sources: SourceRow
  readonly deployments: DeploymentRow
  readonly neverIn: NeverInRow
}

export type TableName = keyof Tables

/** All tables, in the order in which people use them. */
export const tableNames: readonly TableName[] = [
  'backends',
  'endpoints',
  'tasks',
  'plan',
  'unresolved',
  'drift',
  'sources',
  'deployments',
  'neverIn',
]
