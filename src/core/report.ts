import type { TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import type { Revision, Unresolved } from './desired.js'
import type { PersistentMap } from './persistent-map.js'
import type { Plan } from './plan.js'
import type { Change } from './sink.js'
import type { Notice } from './source.js'

/** What a worker did or met: the only thing that logs and metrics are made of. */
export type Report =
  | { readonly _tag: 'Noticed'; readonly source: string; readonly notice: Notice }
  /** A delivery was folded. `newest`: the latest time that one of its events tells, for lag. */
  | {
      readonly _tag: 'Folded'
      readonly source: string
      readonly revision: Revision
      readonly events: number
      /** Events of clusters that this worker was not told to follow. */
      readonly elsewhere: number
      readonly newest: Millis | undefined
      /** Whether it told anything new. */
      readonly changed: boolean
    }
  /** What a sink is about to do, and what it must not. Also reported when nothing is skipped any more. */
  | {
      readonly _tag: 'Planned'
      readonly sink: string
      readonly revision: Revision
      readonly plan: Plan<unknown>
      readonly dry: boolean
    }
  | { readonly _tag: 'Applied'; readonly sink: string; readonly change: Change<unknown> }
  /** Somebody else wrote first; it is planned again. */
  | { readonly _tag: 'Conflicted'; readonly sink: string; readonly key: string }
  /** `attempts` says how often in a row; after `givesUpAfter` it no longer holds back acknowledgements. */
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
      /** Absent when the whole call failed. */
      readonly key: string | undefined
      readonly error: Error
      readonly retryIn: Millis
    }
  /** What is wrong with how a target is set up; reported when it changes, also when nothing is any more. */
  | { readonly _tag: 'SinkWarned'; readonly sink: string; readonly warnings: readonly string[] }
  /** A sink's cursor moved: it holds what follows from every delivery up to `revision`. `newest` as in `Folded`. */
  | {
      readonly _tag: 'Synced'
      readonly sink: string
      readonly revision: Revision
      readonly newest: Millis | undefined
    }
  /**
   * A delivery was acknowledged although the lookups that its tasks need have not answered for `afterMs`: snapshots of
   * the cluster will tell of these tasks again.
   */
  | { readonly _tag: 'AcknowledgedUnheld'; readonly tasks: readonly TaskArn[]; readonly afterMs: Millis }
  /** The worker stops, and what follows from deliveries was not applied: they come again. */
  | { readonly _tag: 'Abandoned'; readonly deliveries: number }
  /** Deliveries were acknowledged. */
  | { readonly _tag: 'Acknowledged'; readonly deliveries: number; readonly unsettled: number }
  | { readonly _tag: 'Unresolved'; readonly tasks: PersistentMap<Unresolved> }
  | { readonly _tag: 'Swept'; readonly forgotten: number; readonly tasks: number }
