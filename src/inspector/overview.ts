import type { Millis } from '../core/clock.js'
import type { Revision } from '../core/desired.js'
import type { SnapshotFacts, TableName } from './tables.js'

/**
 * How a target compares with what is desired.
 * - `exact`: it holds all of it.
 * - `settled`: it holds all that may be written. Records of others were skipped, or rejected changes given up.
 * - `held`: skipped changes keep deliveries unacknowledged, or it is a dry run.
 * - `failing`: its last read or write failed.
 * - `starting`: it has not been compared yet.
 */
export type TargetState = 'exact' | 'settled' | 'held' | 'failing' | 'starting'

export interface ObservedError {
  readonly at: Millis
  readonly message: string
}

/** How far one target is. */
export interface TargetOverview {
  readonly target: string
  readonly state: TargetState
  /** The newest revision that it holds the effect of; 0 before the first. */
  readonly revision: Revision
  /** How many revisions it is behind the state. */
  readonly revisionsBehind: number
  /** For how long it has been behind; 0 if it is not. */
  readonly behindMs: Millis
  /** From an event to the write of what it changed, of the last 1,000: see the report `Reached`. */
  readonly lag: { readonly p50Ms: Millis; readonly p99Ms: Millis; readonly samples: number } | undefined
  /** Set while the target fails. */
  readonly lastError: ObservedError | undefined
}

/** What is so, in numbers. */
export interface Overview {
  /** The worker's name, such as `traefik-table`. */
  readonly worker: string
  /** The version of ecs-task-stream. */
  readonly version: string
  /** The time of the answer. */
  readonly at: Millis
  readonly startedAt: Millis
  readonly revision: Revision
  /** Whether every covered cluster has a complete snapshot, and the backend names of all tasks are known. */
  readonly complete: boolean
  /** Covered clusters without a complete snapshot. */
  readonly awaited: readonly string[]
  /** How many rows each table has. */
  readonly counts: Readonly<Record<TableName, number>>
  readonly targets: readonly TargetOverview[]
  /** By cluster. */
  readonly snapshots: readonly SnapshotFacts[]
  /** Deliveries that are not acknowledged yet. */
  readonly unsettled: number
  /** When the oldest of them came; `undefined` if there is none. */
  readonly oldestUnsettledAt: Millis | undefined
  /** The times that `at` may have, if there is a journal that can be asked. */
  readonly journal: { readonly from: Millis; readonly to: Millis } | undefined
}
