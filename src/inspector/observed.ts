import type { ClusterArn, TaskArn } from '../core/arn.js'
import type { Millis } from '../core/clock.js'
import type { Revision } from '../core/desired.js'
import type { Owner } from '../core/sink.js'
import type { Overview, TargetOverview } from './overview.js'
import type { NeverInRow, SourceRow } from './tables.js'

/** Conflicts about one record, within the last ten minutes. */
export interface ObservedConflict {
  readonly target: string
  readonly key: string
  /** The owner of the record that was found last. */
  readonly writer: Owner | undefined
  readonly perMinute: number
  readonly lastAt: Millis
}

/** What sources tell of their snapshots of a cluster. */
export interface SnapshotTimes {
  /** How long the newest one took that the worker took itself. */
  readonly tookMs: Millis | undefined
  readonly nextAt: Millis | undefined
}

/** What a worker has done and seen, beside its state. */
export interface Observed {
  readonly worker: string
  readonly version: string
  readonly startedAt: Millis
  /** The newest revision. */
  readonly revision: Revision
  readonly targets: readonly TargetOverview[]
  readonly sources: readonly Omit<SourceRow, 'snapshots'>[]
  /** Of clusters of which a source has told any. */
  readonly snapshots: ReadonlyMap<ClusterArn, SnapshotTimes>
  readonly conflicts: readonly ObservedConflict[]
  /** Since when tasks are unresolved. */
  readonly unresolvedSince: ReadonlyMap<TaskArn, Millis>
  /** The newest first. */
  readonly neverIn: readonly NeverInRow[]
  readonly unsettled: number
  readonly oldestUnsettledAt: Millis | undefined
  readonly journal: Overview['journal']
}

/** What is known of a moment that nobody observed, such as one of a journal. */
export const nothingObserved: Observed = {
  worker: '',
  version: '',
  startedAt: 0,
  revision: 0,
  targets: [],
  sources: [],
  snapshots: new Map(),
  conflicts: [],
  unresolvedSince: new Map(),
  neverIn: [],
  unsettled: 0,
  oldestUnsettledAt: undefined,
  journal: undefined,
}
