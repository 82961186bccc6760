/**
 * Long entries have several lines, so that neither writing nor reading one blocks everything else. A snapshot of many
 * tasks is divided as well. When it is read, it becomes one snapshot again, because a part of it must not rule out the
 * tasks of the other parts.
 */
import type { JournalEvent } from '../core/journal.js'

/** What the next line continues: the entry, or the last event of this line, which has more tasks. */
export type Continued = 'entry' | 'event'

/** The events in one line of an entry. */
export interface EntrySlice {
  /** Counts the lines of an entry from 0. */
  readonly part: number
  /** `undefined` for the last line. */
  readonly more: Continued | undefined
  readonly events: readonly JournalEvent[]
}

type LongEvent = Extract<JournalEvent, { readonly _tag: 'TasksListed' | 'TasksRelisted' }>

interface Piece {
  readonly event: JournalEvent
  readonly size: number
  /** Whether the event of the piece before is continued. */
  readonly continues: boolean
}

/** Checking and writing so many tasks takes a few milliseconds. */
export const sliceSize = 200

const isLong = (event: JournalEvent): event is LongEvent =>
  event._tag === 'TasksListed' || event._tag === 'TasksRelisted'

const unlistedIn = (event: LongEvent): readonly string[] =>
  event._tag === 'TasksRelisted' ? event.unlisted : []

const sizeOf = (event: JournalEvent): number =>
  isLong(event) ? Math.max(1, event.tasks.length + unlistedIn(event).length) : 1

function* chunksOf<A>(items: readonly A[], size: number): Generator<readonly A[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}

function* piecesOf(event: JournalEvent, size: number): Generator<Piece> {
  if (!isLong(event) || sizeOf(event) <= size) {
    yield { event, size: sizeOf(event), continues: false }
    return
  }
  let continues = false
  for (const tasks of chunksOf(event.tasks, size)) {
    const part = event._tag === 'TasksListed' ? { ...event, tasks } : { ...event, tasks, unlisted: [] }
    yield { event: part, size: tasks.length, continues }
    continues = true
  }
  if (event._tag === 'TasksListed') return
  for (const unlisted of chunksOf(event.unlisted, size)) {
    yield { event: { ...event, tasks: [], unlisted }, size: unlisted.length, continues }
    continues = true
  }
}

/**
 * Divides the events of an entry. Yields at least one slice, even without events.
 *
 * @param size The most tasks and other events in a slice.
 */
export function* slicesOf(events: readonly JournalEvent[], size: number = sliceSize): Generator<EntrySlice> {
  let part = 0
  let room = size
  let slice: JournalEvent[] = []
  for (const event of events)
    for (const piece of piecesOf(event, size)) {
      if (piece.size > room || piece.continues) {
        yield { part: part++, more: piece.continues ? 'event' : 'entry', events: slice }
        slice = []
        room = size
      }
      slice.push(piece.event)
      room -= piece.size
    }
  yield { part, more: undefined, events: slice }
}

const joined = (parts: readonly LongEvent[]): readonly JournalEvent[] => {
  const [first] = parts
  if (first === undefined) return []
  const tasks = parts.flatMap((part) => part.tasks)
  return first._tag === 'TasksListed'
    ? [{ ...first, tasks }]
    : [{ ...first, tasks, unlisted: parts.flatMap(unlistedIn) }]
}

const isSame = (a: LongEvent, b: LongEvent): boolean =>
  a._tag === b._tag && a.cluster === b.cluster && a.at === b.at && a.order === b.order

export type Joining =
  /** The slice was the last one. */
  | { readonly _tag: 'Whole'; readonly events: readonly JournalEvent[] }
  | { readonly _tag: 'Partial' }
  /** The slice does not continue the one before. */
  | { readonly _tag: 'Misplaced' }

/** Makes one entry of its slices. */
export class JoinedSlices {
  private expected = 0
  private readonly events: JournalEvent[] = []
  /** The parts of an event that the next slice continues. Joined once, so that no task is copied for every part. */
  private open: LongEvent[] = []

  add({ part, more, events }: EntrySlice): Joining {
    if (part !== this.expected) return { _tag: 'Misplaced' }
    this.expected++
    const left = [...events]
    const [before] = this.open
    if (before !== undefined) {
      const next = left.shift()
      if (next === undefined || !isLong(next) || !isSame(before, next)) return { _tag: 'Misplaced' }
      this.open.push(next)
    }
    if (left.length > 0 || more !== 'event') {
      for (const event of joined(this.open)) this.events.push(event)
      this.open = []
    }
    const last = more === 'event' ? left.pop() : undefined
    for (const event of left) this.events.push(event)
    if (last !== undefined && isLong(last)) this.open.push(last)
    if (more === 'event' && this.open.length === 0) return { _tag: 'Misplaced' }
    return more === undefined ? { _tag: 'Whole', events: this.events } : { _tag: 'Partial' }
  }
}
