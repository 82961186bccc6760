/**
 * The format of journals: deliveries, usually one line of JSON each.
 *
 *     {"v":3,"at":1767323045670,"source":"sqs","events":[{"_tag":"TaskChanged","task":{…}}]}
 *
 * - `v`: the version of the format: see `journalVersion`. Readers read all older versions, and reject newer ones.
 * - `at`: the time of receipt, in milliseconds since the epoch.
 * - `source`: the name of the source that delivered it.
 * - `events`: only the fields of `JournalEvent`, and only `SERVICE_…` variables of environments.
 * - `more`: the entry has another line. `entry`: with further events. `event`: its first event also has further tasks of
 *   the last event in this line.
 * - `part`: counts the lines of an entry from 0; absent from the first line.
 *
 * Raw EventBridge events are read as well, one per line, in any envelope that `decodeEvent` accepts: exports of log
 * groups, archives, captured streams. A time before the JSON, as in exported log lines, is the time of receipt; without
 * one, the event's own time is used.
 */
import { isLeft } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import type { JournalEntry } from '../core/journal.js'
import {
  decodeErrors,
  type DecodeError,
  describe,
  describeText,
  explain,
} from '../shared/codec/decode-error.js'
import { decodeEvent } from '../sources/ecs-events/ecs-event.js'
import { type EntrySlice, slicesOf } from './entry-slices.js'
import { eventCodec, millis } from './event-codec.js'
import { journalVersion, upcast, version } from './journal-version.js'
import { isObject } from '../shared/codec/json-object.js'
import { arrayOf, count, nonEmptyString, optional } from '../shared/codec/lenient.js'

/** One line of an entry. */
export interface JournalLine extends EntrySlice {
  /** The time of receipt. */
  readonly at: Millis
  /** The name of the source that delivered it; `undefined` for a raw EventBridge event. */
  readonly source: string | undefined
}

export type DecodedLine =
  | { readonly _tag: 'Line'; readonly line: JournalLine }
  /** A well-formed event of an unsupported kind. */
  | { readonly _tag: 'Ignored'; readonly kind: string }
  /** JSON, but not an entry; `reason` names every failing path. */
  | { readonly _tag: 'Undecodable'; readonly reason: string }
  /** Not JSON. If it is the last line and has no line break, its writer was interrupted. */
  | { readonly _tag: 'NotJson'; readonly reason: string }

/** Far more than a line of `sliceSize` tasks has. Longer lines are neither written nor read. */
export const maxLineBytes = 64 * 1024 * 1024

const lineCodec = t.exact(
  t.intersection([
    t.type({ v: version, at: millis, source: nonEmptyString }, 'object'),
    t.partial({ part: count, more: optional(t.keyof({ entry: null, event: null }, '"entry" or "event"')) }),
    t.type({ events: arrayOf(eventCodec) }, 'object'),
  ]),
  'object',
)

export type Encoded =
  { readonly _tag: 'Line'; readonly line: string } | { readonly _tag: 'Unencodable'; readonly reason: string }

const undecodable = (errors: readonly DecodeError[]): DecodedLine => ({
  _tag: 'Undecodable',
  reason: explain(errors),
})

/**
 * Encodes an entry, line by line, without line breaks. Drops unknown fields. Ends with the first line that could not be
 * read back.
 */
export function* encodeLines({ at, source, events }: JournalEntry): Generator<Encoded> {
  for (const slice of slicesOf(events)) {
    // Decoding drops unknown fields, and ensures that the line can be read back.
    const line = lineCodec.decode({
      v: journalVersion,
      at,
      source,
      ...(slice.part === 0 ? {} : { part: slice.part }),
      ...(slice.more === undefined ? {} : { more: slice.more }),
      events: slice.events,
    })
    if (isLeft(line)) {
      yield { _tag: 'Unencodable', reason: explain(decodeErrors(line.left, '$')) }
      return
    }
    yield { _tag: 'Line', line: JSON.stringify(line.right) }
  }
}

/** Encodes an entry as one text, with line breaks between its lines only. Rejects entries that could not be read back. */
export const encodeEntry = (at: Millis, source: string, events: readonly ClusterEvent[]): Encoded => {
  const lines: string[] = []
  for (const encoded of encodeLines({ at, source, events })) {
    if (encoded._tag === 'Unencodable') return encoded
    lines.push(encoded.line)
  }
  return { _tag: 'Line', line: lines.join('\n') }
}

const decodeOwn = (json: unknown): DecodedLine => {
  const decoded = lineCodec.decode(upcast(json))
  if (isLeft(decoded)) return undecodable(decodeErrors(decoded.left, '$'))
  const { at, source, part = 0, more, events } = decoded.right
  return { _tag: 'Line', line: { at, source, part, more: more ?? undefined, events } }
}

const timeOf = (event: ClusterEvent): Millis | undefined => {
  if (event._tag === 'TaskChanged') return event.task.at
  return event._tag === 'DeploymentAnnounced' ? event.at : undefined
}

const decodeRaw = (json: unknown, received: Millis | undefined): DecodedLine => {
  // The time of receipt is an upper bound for the event's own time.
  const decoded = decodeEvent(json, received === undefined ? {} : { latest: received })
  switch (decoded._tag) {
    case 'Ignored':
      return decoded
    case 'Undecodable':
      return undecodable(decoded.errors)
    case 'Event': {
      const { event } = decoded
      const at = received ?? timeOf(event)
      return at === undefined
        ? undecodable([{ path: '$', expected: 'an event of ECS', received: describe(json) }])
        : { _tag: 'Line', line: { at, source: undefined, part: 0, more: undefined, events: [event] } }
    }
  }
}

/** `2026-01-02T03:04:05.670Z {…}`: the format in which CloudWatch Logs exports and tails lines. */
const stamped = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))\s+(?=\{)/

/** Decodes one line of a file. Never throws. */
export const decodeLine = (line: string): DecodedLine => {
  const [prefix = '', time] = stamped.exec(line) ?? []
  const text = line.slice(prefix.length)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which may contain secrets.
    return { _tag: 'NotJson', reason: `$: expected JSON, got ${describeText(text)}` }
  }
  return isObject(json) && 'v' in json
    ? decodeOwn(json)
    : decodeRaw(json, time === undefined ? undefined : Date.parse(time))
}
