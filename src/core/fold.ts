import type { ClusterState } from './cluster-state.js'
import type { JournalEvent } from './journal.js'
import { reduce } from './reduce.js'
import { relist } from './relisting.js'

/** Folds one event of a delivery, or of a journal, into the state. */
export const fold = (state: ClusterState, event: JournalEvent): ClusterState => {
  if (event._tag === 'TasksRelisted') return relist(state, event)
  return event._tag === 'Checkpointed' ? state : reduce(state, event)
}
