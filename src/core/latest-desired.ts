import type { ClusterState } from './cluster-state.js'
import type { Desired, Revision } from './desired.js'
import type { Projector } from './project.js'
import type { Report } from './report.js'

export interface LatestDesiredOptions {
  readonly project: Projector
  /** Counts what changes the result besides the state. Default: nothing does. */
  readonly step?: () => number
  readonly state: () => ClusterState
  readonly revision: () => Revision
  readonly report: (report: Report) => void
}

/** The desired state at this moment. Computed only when it is asked for, and once for each state, revision and step. */
export const latestDesired = ({
  project,
  state,
  revision,
  step = () => 0,
  report,
}: LatestDesiredOptions): (() => Desired) => {
  let last: { readonly state: ClusterState; readonly step: number; readonly desired: Desired } | undefined
  return () => {
    const current = state()
    const at = step()
    if (last?.state === current && last.step === at && last.desired.revision === revision())
      return last.desired
    const desired = project(current, revision())
    const { unresolved } = desired
    const before = last?.desired.unresolved
    if (unresolved !== before && unresolved.size + (before?.size ?? 0) > 0)
      report({ _tag: 'Unresolved', tasks: unresolved })
    last = { state: current, step: at, desired }
    return desired
  }
}
