import type { Observable } from 'rxjs'
import type { BackendChange } from './backend-changes.js'
import type { ClusterState } from './cluster-state.js'
import type { Desired } from './desired.js'
import type { ExplainedWorld } from './explain/explained-world.js'
import type { Report } from './report.js'

export interface Worker {
  /** Hot. Nothing is reported before the caller of `run` has returned. */
  readonly reports$: Observable<Report>
  /** The folded state: the current one, and the next one after each delivery, or after several that came at once. */
  readonly state$: Observable<ClusterState>
  /** The desired content of all targets, now and after each delivery; not filtered for changes. */
  readonly desired$: Observable<Desired>
  /**
   * What changes in `desired$`: first a change for each backend that there is, then one for each whose endpoints change.
   * Endpoints are live whenever they are in it; before the first snapshots there may be more of them.
   */
  readonly changes$: Observable<BackendChange>
  /**
   * Resolves when every required sink has reached a state in which nothing is pending: each covered cluster and each
   * task definition has been read, or its refusal is final. Without sinks, resolves when there is such a state.
   */
  readonly ready: Promise<void>
  /**
   * Reads every target again, to find changes by others immediately. Resolves when the required ones hold the desired
   * state, or as much of it as is allowed; also when the worker stops. Not needed for this worker's own writes.
   */
  reread(): Promise<void>
  /**
   * Everything that `explain` asks for, of one moment, which does not change any more. Each target is what this worker
   * knows to be in it, without a call: `Unread` if its last read failed, or there was none yet. It disturbs nothing that
   * is under way. Costs what changed since the last call, and a pass over the records of the targets; nothing while
   * nobody asks.
   *
   * @example
   * explain(await worker.world(), '10.0.0.1:8080')
   */
  world(): Promise<ExplainedWorld>
  /**
   * Stops receiving, brings the sinks to the newest state, acknowledges, and releases everything. Never rejects. Within
   * a second if nothing is unsettled, whatever the targets do. Otherwise it waits for the sinks and sources that have
   * worked before, at most for `drainMs`, and reports once a second what for (`Draining`). It reports what is left as
   * `Abandoned` and `Unconfirmed`.
   */
  stop(): Promise<void>
}
