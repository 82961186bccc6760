import { defer, type Observable, of } from 'rxjs'
import type { Clock } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import type { Desired, Revision } from './desired.js'
import type { Report } from './report.js'
import { sliced, type Sliced } from './sliced.js'
import type { Traces } from './traces.js'

export interface LatestDesiredOptions {
  /** An incremental projection, as of `projectorInSlices`. */
  readonly project: (state: ClusterState, revision: Revision) => Sliced<Desired>
  /** Counts what changes the result besides the state. Default: nothing does. */
  readonly step?: () => number
  readonly state: () => ClusterState
  readonly revision: () => Revision
  readonly clock: Pick<Clock, 'sleep'>
  readonly signal: AbortSignal
  readonly report: (report: Report) => void
  /** Default: projections are not traced. */
  readonly traces?: Pick<Traces, 'project'> | undefined
  /** Called after each projection with its result, and the one before. */
  readonly onProjected?: (desired: Desired, before: Desired | undefined) => void
}

export interface Projected {
  readonly state: ClusterState
  readonly desired: Desired
}

interface Computed extends Projected {
  readonly step: number
}

/**
 * The desired state at this moment. Computed only when it is asked for, once for each state, revision and step, and in
 * slices if it takes long. What is folded meanwhile is part of the next one.
 */
export class LatestDesired {
  private last: Computed | undefined
  /** The computation in slices that is under way. */
  private slow: Promise<Desired> | undefined

  constructor(private readonly options: LatestDesiredOptions) {}

  /** Emits the desired state of all that is known at the subscription: at once, unless that takes more than a slice. */
  readonly now$: Observable<Desired> = defer(() => {
    const desired = this.compute()
    return desired instanceof Promise ? desired : of(desired)
  })

  /** Resolves to the desired state of all that is known at the call. */
  async get(): Promise<Desired> {
    return this.compute()
  }

  /** Resolves to the desired state, as `get`, and to the state that it follows from. */
  async both(): Promise<Projected> {
    const desired = await this.compute()
    // It has been computed, so it is the last or there is a newer one.
    return this.last ?? { state: this.options.state(), desired }
  }

  private compute(): Desired | Promise<Desired> {
    if (this.slow !== undefined) return this.slow.then(() => this.compute())
    const { project, state, revision, step = () => 0, traces } = this.options
    const [current, at] = [state(), step()]
    const { last } = this
    if (last?.state === current && last.step === at && last.desired.revision === revision())
      return last.desired
    const begun = project(current, revision())
    const work = traces === undefined ? begun : traces.project(revision(), begun)
    const keep = (desired: Desired): Desired => this.keep({ state: current, step: at, desired })
    const first = work.next()
    if (first.done === true) return keep(first.value)
    this.slow = this.finish(work, keep)
    return this.slow
  }

  private async finish(work: Sliced<Desired>, keep: (desired: Desired) => Desired): Promise<Desired> {
    const { clock, signal } = this.options
    const pause = (): Promise<void> => clock.sleep(0, signal)
    try {
      await pause()
      return keep(await sliced(work, pause))
    } finally {
      this.slow = undefined
    }
  }

  private keep(computed: Computed): Desired {
    const { desired } = computed
    const former = this.last?.desired
    const before = former?.unresolved
    this.last = computed
    this.options.onProjected?.(desired, former)
    if (desired.unresolved !== before && desired.unresolved.size + (before?.size ?? 0) > 0)
      this.options.report({ _tag: 'Unresolved', tasks: desired.unresolved })
    return desired
  }
}
