import type { TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import { awaitsAnswer, type Desired, type Revision } from './desired.js'
import type { Folded } from './intake.js'
import { type Liveness, livenessOf } from './liveness.js'
import type { BackendName } from './policy.js'
import { sliceSize } from './sliced.js'
import { sameContainerStatuses, sameSite, type Task } from './task.js'

/** A delivery that changed what tasks offer. */
export interface OfferTime {
  readonly revision: Revision
  /** When it happened, by ECS's clock. */
  readonly at: Millis
  /** The backends whose endpoints it may have changed. */
  readonly backends: ReadonlySet<BackendName>
}

interface Pending {
  readonly revision: Revision
  readonly at: Millis
  readonly backends: Set<BackendName>
}

/**
 * Events of so many tasks may wait for a projection or a lookup. Further ones are not measured: a worker that far behind
 * is measured well enough.
 */
const mostPending = 10_000

/**
 * Knows since when tasks offer something else than before, by ECS's clock, until the projection shows which backends that
 * changes. Only events about tasks have such a time. Health, deployments and lookups change offers, too, but nobody says
 * when they happened; and a snapshot does not say when a task that it no longer names ended.
 *
 * An event costs the same, whatever is known.
 */
export class OfferTimes {
  /** The earliest event of each task that no projection has settled. */
  private readonly pending = new Map<TaskArn, Pending>()
  /** Those that a projection has yet to see, or that it has said something about. */
  private readonly unseen = new Set<TaskArn>()

  constructor(private readonly skewAllowanceMs: Millis) {}

  /** Called when a delivery with these events was folded. */
  folded({ revision, events, before, after }: Folded): void {
    if (before.tasks === after.tasks) return
    for (const event of events)
      if (event._tag === 'TaskChanged') this.note(event.task.arn, revision, before, after)
      // The first snapshot of a cluster tells of what was before this worker. In later ones, little differs.
      else if (event._tag === 'TasksListed' && before.marks.has(event.cluster)) {
        const note = (arn: TaskArn): void => this.note(arn, revision, before, after)
        // Its first slice alone: nothing else runs meanwhile, and if more differ, they are measured well enough.
        after.tasks.diffInSlices(before.tasks, note, 4 * sliceSize).next()
        return
      }
  }

  /** Called by the projection when what a task claims has changed, with the names that it claims, now or before. */
  claimed(task: TaskArn, backends: Iterable<BackendName>): void {
    const pending = this.pending.get(task)
    if (pending === undefined) return
    for (const name of backends) pending.backends.add(name)
    this.unseen.add(task)
  }

  /** Called after each projection. Returns the deliveries whose backends it shows. */
  projected({ revision, unresolved }: Pick<Desired, 'revision' | 'unresolved'>): readonly OfferTime[] {
    if (this.unseen.size === 0) return []
    const byRevision = new Map<Revision, Pending>()
    for (const task of this.unseen) {
      const pending = this.pending.get(task)
      if (pending !== undefined && pending.revision > revision) continue
      this.unseen.delete(task)
      // It is offered when the lookup has answered: late because of the same event.
      if (pending === undefined || awaitsAnswer(unresolved.get(task))) continue
      this.pending.delete(task)
      if (pending.backends.size === 0) continue
      const same = byRevision.get(pending.revision)
      byRevision.set(pending.revision, {
        revision: pending.revision,
        at: Math.min(pending.at, same?.at ?? pending.at),
        backends: new Set([...pending.backends, ...(same?.backends ?? [])]),
      })
    }
    return [...byRevision.values()]
  }

  private note(arn: TaskArn, revision: Revision, before: ClusterState, after: ClusterState): void {
    const known = this.pending.get(arn)
    if (known === undefined ? this.pending.size >= mostPending : this.unseen.has(arn)) return
    const task = after.tasks.get(arn)
    if (task === undefined || !this.differs(before.tasks.get(arn), task, after)) return
    // It waits for a lookup since the earlier event, unless it has ended meanwhile.
    if (known !== undefined && this.livenessOf(task, after) === 'live') return
    this.pending.set(arn, { revision, at: task.at, backends: new Set() })
    this.unseen.add(arn)
  }

  /** Whether the task may offer something else because of an event about it. Its health does not count. */
  private differs(before: Task | undefined, after: Task, state: ClusterState): boolean {
    if (before !== undefined && after.version <= before.version) return false
    const liveness = this.livenessOf(after, state)
    if (before === undefined) return liveness === 'live'
    if (this.livenessOf(before, state) !== liveness) return true
    return liveness === 'live' && !(sameSite(before, after) && sameContainerStatuses(before, after))
  }

  private livenessOf(task: Task, { marks }: ClusterState): Liveness {
    const liveness = livenessOf(task, marks.get(task.cluster), this.skewAllowanceMs)
    return liveness === 'unhealthy' ? 'live' : liveness
  }
}
