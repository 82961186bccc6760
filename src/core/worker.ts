import type { Observable } from 'rxjs'
import type { ClusterState } from './cluster-state.js'
import type { Desired } from './desired.js'
import type { Report } from './report.js'

export interface Worker {
  /** Hot. Nothing is reported before the code that called `run` has returned. */
  readonly reports$: Observable<Report>
  /** The folded state, now and after each delivery. */
  readonly state$: Observable<ClusterState>
  /** What every target should hold, now and after each delivery; never filtered for changes. */
  readonly desired$: Observable<Desired>
  /**
   * Resolves when every required sink has reached a state in which nothing is waited for: each cluster of which snapshots
   * are promised has been read, or cannot be for good, and so have definitions. Of a worker without sinks, when there is
   * such a state.
   */
  readonly ready: Promise<void>
  /**
   * Reads every target anew, to find at once what others did to it. Resolves when the required ones hold what is
   * desired, or as much of it as they may; also when the worker stops. Not needed for what this worker writes itself.
   */
  reread(): Promise<void>
  /**
   * Receives nothing more, brings the sinks to the newest state, acknowledges, releases everything. Never rejects.
   */
  stop(): Promise<void>
}
