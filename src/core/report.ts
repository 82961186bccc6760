import type { TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import type { Revision, Unresolved } from './desired.js'
import type { PersistentMap } from './persistent-map.js'
import type { Plan } from './plan.js'
import type { Effect } from './effect.js'
import type { Change, Owner } from './sink.js'
import type { Notice } from './source.js'

/** The calls of a journal, by their names in `Journal`. */
export type JournalOperation = 'append' | 'amend' | 'catchUp' | 'checkpoint' | 'lease'

/** Something that a worker did or observed. Logs and metrics are derived from reports only. */
export type Report =
  | { readonly _tag: 'Noticed'; readonly source: string; readonly notice: Notice }
  /**
   * A delivery was folded, or what the journal had of other workers. `newest`: the latest time of its events, for lag.
   */
  | {
      readonly _tag: 'Folded'
      /** The source of the delivery, or `journal`. */
      readonly source: string
      readonly revision: Revision
      readonly events: number
      /** Number of events of clusters that this worker does not follow. */
      readonly elsewhere: number
      readonly newest: Millis | undefined
      /** Whether it changed the state. */
      readonly changed: boolean
    }
  /**
   * A call to the journal failed. Nothing is folded or written until one succeeds, except after a failed `checkpoint` or
   * `lease`: then only a checkpoint, or work that one worker does at a time, waits.
   */
  | {
      readonly _tag: 'JournalFailed'
      readonly operation: JournalOperation
      readonly error: Error
      readonly retryIn: Millis
    }
  /** The journal can never store this delivery, which was nacked. */
  | { readonly _tag: 'Unwritable'; readonly source: string; readonly error: Error }
  /** A checkpoint of the journal was stored. */
  | { readonly _tag: 'CheckpointStored'; readonly tasks: number; readonly tookMs: Millis }
  /** The next plan of a sink, with skipped changes. Also reported when nothing is skipped any more. */
  | {
      readonly _tag: 'Planned'
      readonly sink: string
      readonly revision: Revision
      readonly plan: Plan<unknown>
      readonly dry: boolean
    }
  | {
      readonly _tag: 'Applied'
      readonly sink: string
      readonly change: Change<unknown>
      /** `undefined` for a sink whose records point to no endpoints. */
      readonly effect?: Effect | undefined
    }
  /**
   * Another writer was first; the change is planned again. `writer`: the owner of the record that was found; `undefined`
   * if it has none, is gone, or was not read.
   */
  | {
      readonly _tag: 'Conflicted'
      readonly sink: string
      readonly key: string
      readonly writer?: Owner | undefined
    }
  /**
   * `attempts`: the number of consecutive rejections. Once `givenUp`, acknowledgements no longer wait for the change.
   */
  | {
      readonly _tag: 'Rejected'
      readonly sink: string
      readonly key: string
      readonly reason: string
      readonly attempts: number
      readonly givenUp: boolean
    }
  | {
      readonly _tag: 'SinkFailed'
      readonly sink: string
      readonly operation: 'read' | 'apply'
      /** `undefined` if the whole call failed. */
      readonly key: string | undefined
      readonly error: Error
      readonly retryIn: Millis
    }
  /** Warnings about how a target is set up. Reported when they change, including when there are none any more. */
  | { readonly _tag: 'SinkWarned'; readonly sink: string; readonly warnings: readonly string[] }
  /**
   * A sink's cursor moved: the target holds the effect of every delivery up to `revision`. `newest` as in `Folded`.
   * `exact`: it holds all of it. Otherwise it holds what may be written: records of others were skipped, or rejected
   * changes given up.
   */
  | {
      readonly _tag: 'Synced'
      readonly sink: string
      readonly revision: Revision
      readonly newest: Millis | undefined
      readonly exact: boolean
    }
  /**
   * A target was written to hold what a delivery changed: the tasks that its events offer or withdraw. At most one for
   * each delivery and sink, and none if nothing had to be written, as for a duplicate or a snapshot that only confirms.
   */
  | {
      readonly _tag: 'Reached'
      readonly sink: string
      readonly revision: Revision
      /** When the earliest of these events happened, by ECS's clock. */
      readonly eventAt: Millis
      /** When the last of the records was written, by this machine's clock, which may be behind. */
      readonly writtenAt: Millis
    }
  /**
   * A delivery was acknowledged although lookups for its tasks have not answered within `afterMs`. Snapshots of the
   * cluster will list these tasks again.
   */
  | { readonly _tag: 'AcknowledgedUnheld'; readonly tasks: readonly TaskArn[]; readonly afterMs: Millis }
  /**
   * A stop takes longer than usual, and why. Reported once a second while it does. `deliveries`: those that no required
   * sink holds yet. `sinks` and `sources`: those that are waited for, because they have worked before.
   */
  | {
      readonly _tag: 'Draining'
      readonly deliveries: number
      readonly sinks: readonly string[]
      readonly sources: readonly string[]
    }
  /** The worker stopped before these sources had confirmed their acknowledgements; some events may come again. */
  | { readonly _tag: 'Unconfirmed'; readonly sources: readonly string[] }
  /** The worker stopped before these deliveries were applied; their sources deliver them again. */
  | { readonly _tag: 'Abandoned'; readonly deliveries: number }
  /** Deliveries were acknowledged. */
  | { readonly _tag: 'Acknowledged'; readonly deliveries: number; readonly unsettled: number }
  | { readonly _tag: 'Unresolved'; readonly tasks: PersistentMap<Unresolved> }
  | { readonly _tag: 'Swept'; readonly forgotten: number; readonly tasks: number }
