import type { Journal } from 'ecs-task-stream'
import type { Access } from 'ecs-task-stream/testing'

/** A journal of which each call is one access to its storage. */
export const faultyJournal = (journal: Journal, access: Access): Journal => ({
  append: (entries, signal) => access(() => journal.append(entries, signal)),
  amend: (entry, position, signal) => access(() => journal.amend(entry, position, signal)),
  catchUp: (since, signal) => access(() => journal.catchUp(since, signal)),
  checkpoint: (events, position, signal) => access(() => journal.checkpoint(events, position, signal)),
  lease: (work, ms, signal) => access(() => journal.lease(work, ms, signal)),
})
