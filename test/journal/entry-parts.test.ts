/** The slices of an entry, one by one: what they hold, and which of them do not follow each other. */
import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/core/journal.js'
import { type EntrySlice, JoinedSlices, sliceSize, slicesOf } from '../../src/journal/entry-slices.js'
import { cluster, observed } from '../support/observed-task.js'

const tasks = ['a', 'b', 'c', 'd', 'e'].map((id) => observed({ id }))
const changed = (id: string): JournalEvent => ({ _tag: 'TaskChanged', task: observed({ id }) })
const listed = (from: number, to: number) =>
  ({ _tag: 'TasksListed', cluster, at: 1, order: 2, tasks: tasks.slice(from, to) }) as const
const relisted = (from: number, to: number, ...unlisted: readonly string[]) =>
  ({ ...listed(from, to), order: 2, _tag: 'TasksRelisted', since: 1, unlisted }) as const
const slice = (part: number, more: EntrySlice['more'], ...events: readonly JournalEvent[]): EntrySlice => ({
  part,
  more,
  events,
})

describe('an entry is divided', () => {
  it('into one slice, if it is short or empty', () => {
    expect([...slicesOf([])]).toEqual([slice(0, undefined)])
    expect([...slicesOf([changed('a'), listed(0, 5)], 6)]).toEqual([
      slice(0, undefined, changed('a'), listed(0, 5)),
    ])
    expect(sliceSize).toBe(200)
    const many = Array.from({ length: 201 }, () => changed('a'))
    expect([...slicesOf(many)].map(({ events }) => events.length)).toEqual([200, 1])
  })

  it('between its events, of which a snapshot without tasks is one', () => {
    expect([...slicesOf([changed('a'), listed(0, 0), changed('b'), listed(0, 2)], 2)]).toEqual([
      slice(0, 'entry', changed('a'), listed(0, 0)),
      slice(1, 'entry', changed('b')),
      slice(2, undefined, listed(0, 2)),
    ])
  })

  it('within a snapshot that is longer than a slice', () => {
    expect([...slicesOf([changed('a'), listed(0, 5), changed('b')], 2)]).toEqual([
      slice(0, 'entry', changed('a')),
      slice(1, 'event', listed(0, 2)),
      slice(2, 'event', listed(2, 4)),
      slice(3, undefined, listed(4, 5), changed('b')),
    ])
  })

  it('within the differences of a snapshot: tasks first, then those that it lists no longer', () => {
    expect([...slicesOf([relisted(0, 3, 'x', 'y', 'z')], 2)]).toEqual([
      slice(0, 'event', relisted(0, 2)),
      slice(1, 'event', relisted(2, 3)),
      slice(2, 'event', relisted(0, 0, 'x', 'y')),
      slice(3, undefined, relisted(0, 0, 'z')),
    ])
    expect([...slicesOf([changed('a'), relisted(0, 0, 'x', 'y', 'z')], 2)]).toEqual([
      slice(0, 'entry', changed('a')),
      slice(1, 'event', relisted(0, 0, 'x', 'y')),
      slice(2, undefined, relisted(0, 0, 'z')),
    ])
    expect([...slicesOf([relisted(0, 1, 'x')], 2)]).toEqual([slice(0, undefined, relisted(0, 1, 'x'))])
  })
})

const joinedOf = (...slices: readonly EntrySlice[]) => {
  const joined = new JoinedSlices()
  return slices.map((one) => joined.add(one)).at(-1)
}

describe('slices become an entry', () => {
  it('of all their events, in which a snapshot is one again', () => {
    expect(
      joinedOf(
        slice(0, 'entry', changed('a')),
        slice(1, 'event', changed('b'), listed(0, 2)),
        slice(2, 'event', listed(2, 4)),
        slice(3, 'event', listed(4, 5), relisted(0, 1)),
        slice(4, 'entry', relisted(1, 1, 'x')),
        slice(5, undefined, changed('c')),
      ),
    ).toEqual({
      _tag: 'Whole',
      events: [changed('a'), changed('b'), listed(0, 5), relisted(0, 1, 'x'), changed('c')],
    })
    expect(joinedOf(slice(0, 'event', listed(0, 2)))).toEqual({ _tag: 'Partial' })
    expect(joinedOf(slice(0, undefined))).toEqual({ _tag: 'Whole', events: [] })
    expect(joinedOf(slice(0, 'event', listed(0, 2)), slice(1, undefined, listed(2, 3)))).toEqual({
      _tag: 'Whole',
      events: [listed(0, 3)],
    })
  })

  it.each<[string, readonly EntrySlice[]]>([
    ['begin in the middle', [slice(1, undefined, changed('a'))]],
    ['come twice', [slice(0, 'entry', changed('a')), slice(0, undefined, changed('a'))]],
    ['leave one out', [slice(0, 'entry', changed('a')), slice(2, undefined, changed('a'))]],
    ['have nothing of what continues', [slice(0, 'event', listed(0, 2)), slice(1, undefined)]],
    ['continue with another event', [slice(0, 'event', listed(0, 2)), slice(1, undefined, changed('a'))]],
    [
      'continue with another kind of snapshot',
      [slice(0, 'event', listed(0, 2)), slice(1, undefined, relisted(2, 3))],
    ],
    [
      'continue another cluster',
      [slice(0, 'event', listed(0, 2)), slice(1, undefined, { ...listed(2, 3), cluster: 'x' })],
    ],
    [
      'continue another time',
      [slice(0, 'event', listed(0, 2)), slice(1, undefined, { ...listed(2, 3), at: 9 })],
    ],
    [
      'continue another order',
      [slice(0, 'event', listed(0, 2)), slice(1, undefined, { ...listed(2, 3), order: 9 })],
    ],
    ['continue what has no more parts', [slice(0, 'event', changed('a'))]],
    ['continue nothing', [slice(0, 'event')]],
    [
      'end a snapshot with an event that has no parts',
      [slice(0, 'event', listed(0, 2)), slice(1, 'event', listed(2, 3), changed('a'))],
    ],
  ])('not if they %s', (_, slices) => {
    expect(joinedOf(...slices)).toEqual({ _tag: 'Misplaced' })
  })
})
