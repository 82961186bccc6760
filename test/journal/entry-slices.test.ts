import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/core/journal.js'
import { type EntrySlice, JoinedSlices, slicesOf } from '../../src/journal/entry-slices.js'
import { runs } from '../laws/runs.js'
import { anyJournalEvents } from './any-journal-event.js'

const joined = (slices: readonly EntrySlice[]): readonly JournalEvent[] | undefined => {
  const all = new JoinedSlices()
  let last: ReturnType<JoinedSlices['add']> | undefined
  for (const slice of slices) {
    last = all.add(slice)
    if (last._tag === 'Misplaced') return undefined
  }
  return last?._tag === 'Whole' ? last.events : undefined
}

const sizeOf = (events: readonly JournalEvent[]): number =>
  events.reduce((sum, event) => sum + Math.max(1, tasksIn(event)), 0)

const tasksIn = (event: JournalEvent): number =>
  event._tag === 'TasksListed'
    ? event.tasks.length
    : event._tag === 'TasksRelisted'
      ? event.tasks.length + event.unlisted.length
      : 1

describe('the slices of an entry', () => {
  it('are bounded, and give the entry again', () => {
    fc.assert(
      fc.property(anyJournalEvents, fc.integer({ min: 1, max: 6 }), (events, size) => {
        const slices = [...slicesOf(events, size)]
        for (const slice of slices) expect(sizeOf(slice.events)).toBeLessThanOrEqual(size)
        expect(joined(slices)).toStrictEqual(events)
      }),
      { numRuns: runs },
    )
  })

  it('give nothing if one of them is missing, or comes out of turn', () => {
    fc.assert(
      fc.property(anyJournalEvents, fc.integer({ min: 1, max: 3 }), fc.nat(), (events, size, which) => {
        const slices = [...slicesOf(events, size)]
        const missing = which % slices.length
        expect(joined(slices.filter((_, i) => i !== missing))).toBeUndefined()
        if (slices.length > 1) expect(joined(slices.toReversed())).toBeUndefined()
      }),
      { numRuns: runs },
    )
  })
})
