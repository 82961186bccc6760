import fc from 'fast-check'
import type { JournalEvent } from '../../src/core/journal.js'
import type { TasksRelisted } from '../../src/core/relisting.js'
import { anyEvent, anyTask } from '../../src/testing/any-event.js'
import { cluster } from '../support/observed-task.js'

const anyRelisting: fc.Arbitrary<TasksRelisted> = fc.record(
  {
    _tag: fc.constant('TasksRelisted' as const),
    cluster: fc.constant(cluster),
    at: fc.nat(3),
    order: fc.nat(3),
    since: fc.nat(3),
    tasks: fc.array(anyTask, { maxLength: 5 }),
    unlisted: fc.array(
      anyTask.map(({ arn }) => arn),
      { maxLength: 5 },
    ),
  },
  { noNullPrototype: true },
)

/** Anything that a journal may hold. */
export const anyJournalEvent: fc.Arbitrary<JournalEvent> = fc.oneof(
  { weight: 6, arbitrary: anyEvent },
  { weight: 3, arbitrary: anyRelisting },
  { weight: 1, arbitrary: fc.constant({ _tag: 'Checkpointed' as const }) },
)

export const anyJournalEvents: fc.Arbitrary<readonly JournalEvent[]> = fc.array(anyJournalEvent, {
  maxLength: 8,
})
