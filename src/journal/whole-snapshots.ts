import type { ClusterArn } from '../core/arn.js'
import { type ClusterState, emptyState } from '../core/cluster-state.js'
import type { ClusterEvent } from '../core/event.js'
import { fold } from '../core/fold.js'
import type { JournalEvent } from '../core/journal.js'
import type { TasksRelisted } from '../core/relisting.js'

type TasksListed = Extract<ClusterEvent, { readonly _tag: 'TasksListed' }>

export interface Expanded {
  readonly events: readonly ClusterEvent[]
  /** Clusters of snapshots whose difference was given from one that was not read. Only their tasks are in `events`. */
  readonly detached: readonly ClusterArn[]
}

/**
 * Makes whole snapshots of those that a journal has as differences. Keeps the newest snapshot of each cluster.
 */
export class WholeSnapshots {
  private marks: ClusterState['marks'] = emptyState.marks

  expand(events: readonly JournalEvent[]): Expanded {
    const expanded: ClusterEvent[] = []
    const detached: ClusterArn[] = []
    for (const event of events)
      if (event._tag === 'TasksRelisted') {
        const whole = this.whole(event)
        if (whole !== undefined) {
          expanded.push(whole)
          continue
        }
        for (const task of event.tasks) expanded.push({ _tag: 'TaskChanged', task })
        const known = this.marks.get(event.cluster)
        if (known === undefined || known.order < event.order) detached.push(event.cluster)
      } else if (event._tag !== 'Checkpointed') {
        if (event._tag === 'TasksListed') this.fold(event)
        expanded.push(event)
      }
    return { events: expanded, detached }
  }

  private fold(event: TasksListed | TasksRelisted): void {
    this.marks = fold({ ...emptyState, marks: this.marks }, event).marks
  }

  private whole(event: TasksRelisted): TasksListed | undefined {
    const before = this.marks
    this.fold(event)
    const mark = this.marks.get(event.cluster)
    if (mark === undefined || this.marks === before) return undefined
    const { at, order } = mark
    return { _tag: 'TasksListed', cluster: event.cluster, at, order, tasks: [...mark.tasks.values()] }
  }
}
