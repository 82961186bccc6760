import type { ClusterState } from './cluster-state.js'
import type { JournalEvent } from './journal.js'
import { reduce, reduceSnapshot } from './reduce.js'
import { relistInSlices } from './relisting.js'
import { atOnce, type Sliced, sliceSize } from './sliced.js'

/** Folds events of a delivery, or of a journal, into the state. */
export function* foldAll(state: ClusterState, events: readonly JournalEvent[]): Sliced<ClusterState> {
  let folded = state
  let count = 0
  for (const event of events) {
    if (count > 0 && count % sliceSize === 0) yield
    count++
    if (event._tag === 'TasksRelisted') folded = yield* relistInSlices(folded, event)
    else if (event._tag === 'TasksListed') folded = yield* reduceSnapshot(folded, event)
    else if (event._tag !== 'Checkpointed') folded = reduce(folded, event)
  }
  return folded
}

/** Folds one event. */
export const fold = (state: ClusterState, event: JournalEvent): ClusterState =>
  atOnce(foldAll(state, [event]))
