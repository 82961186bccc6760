/**
 * The journal: what a source delivered, a line of JSON a delivery, in the order in which it was received.
 *
 *     {"v":1,"at":1767323045670,"source":"sqs","events":[{"_tag":"TaskChanged","task":{…}}]}
 *
 * - `v`: the version of the format. Readers refuse the ones that they do not know; new fields do not raise it.
 * - `at`: when it was received, in milliseconds since the epoch.
 * - `source`: the name of the source that delivered it.
 * - `events`: what `ClusterEvent` says, and no more: no environment but `SERVICE_…`, no field that core does not
 *   read.
 *
 * Events as EventBridge sends them, one a line and in any envelope that `decodeEvent` knows, are read as well:
 * exports of log groups, archives, captured streams. A time before the JSON, as exported log lines have it, is when
 * the event was received; otherwise the event's own time is.
 */
import { isLeft } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import {
  decodeErrors,
  type DecodeError,
  describe,
  describeText,
  explain,
} from '../shared/codec/decode-error.js'
import { decodeEvent } from '../sources/ecs-events/ecs-event.js'
import { eventCodec, millis } from './event-codec.js'
import { arrayOf, isObject, nonEmptyString } from '../shared/codec/lenient.js'

/** One delivery. */
export interface JournalEntry {
  /** When it was received. */
  readonly at: Millis
  /** Who delivered it; `undefined` for a line that is an event as EventBridge sends it. */
  readonly source: string | undefined
  readonly events: readonly ClusterEvent[]
}

export type DecodedLine =
  | { readonly _tag: 'Entry'; readonly entry: JournalEntry }
  /** A well-formed event of a kind that is not ours. */
  | { readonly _tag: 'Ignored'; readonly kind: string }
  /** JSON, and no entry; `reason` names every failing path. */
  | { readonly _tag: 'Undecodable'; readonly reason: string }
  /** Not JSON. Where it is the last line and does not end, its writer was stopped in the middle. */
  | { readonly _tag: 'NotJson'; readonly reason: string }

/**
 * A line may hold a snapshot: this is one of about a hundred thousand tasks. Longer ones are neither written nor
 * read.
 */
export const maxLineBytes = 64 * 1024 * 1024

const entryCodec = t.strict(
  {
    v: t.literal(1),
    at: millis,
    source: nonEmptyString,
    events: arrayOf(eventCodec),
  },
  'object',
)

type Encoded =
  { readonly _tag: 'Line'; readonly line: string } | { readonly _tag: 'Unencodable'; readonly reason: string }

const undecodable = (errors: readonly DecodeError[]): DecodedLine => ({
  _tag: 'Undecodable',
  reason: explain(errors),
})

/**
 * One line, without its end. What the format has no place for is left out; what could not be read again is not
 * encoded.
 */
export const encodeEntry = (at: Millis, source: string, events: readonly ClusterEvent[]): Encoded => {
  // Decoding is what drops unnamed fields, and it promises that the line can be read.
  const entry = entryCodec.decode({ v: 1, at, source, events })
  return isLeft(entry)
    ? { _tag: 'Unencodable', reason: explain(decodeErrors(entry.left, '$')) }
    : { _tag: 'Line', line: JSON.stringify(entry.right) }
}

const decodeEntry = (json: unknown): DecodedLine => {
  const decoded = entryCodec.decode(json)
  if (isLeft(decoded)) return undecodable(decodeErrors(decoded.left, '$'))
  const { at, source, events } = decoded.right
  return { _tag: 'Entry', entry: { at, source, events } }
}

const decodeRaw = (json: unknown, received: Millis | undefined): DecodedLine => {
  // Who stamped the line had a clock, and saw the event no sooner than it happened.
  const decoded = decodeEvent(json, received === undefined ? {} : { latest: received })
  switch (decoded._tag) {
    case 'Ignored':
      return decoded
    case 'Undecodable':
      return undecodable(decoded.errors)
    case 'Event': {
      const { event } = decoded
      const told = event._tag === 'TaskChanged' ? event.task.at : undefined
      const at = received ?? told
      return at === undefined
        ? undecodable([{ path: '$', expected: 'a task event', received: describe(json) }])
        : { _tag: 'Entry', entry: { at, source: undefined, events: [event] } }
    }
  }
}

/** `2026-01-02T03:04:05.670Z {…}`: as CloudWatch Logs exports and tails lines. */
const stamped = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))\s+(?=\{)/

/** What one line of a file says. Never throws. */
export const decodeLine = (line: string): DecodedLine => {
  const [prefix = '', time] = stamped.exec(line) ?? []
  const text = line.slice(prefix.length)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // The parser's own words quote the text, which may hold secrets.
    return { _tag: 'NotJson', reason: `$: expected JSON, got ${describeText(text)}` }
  }
  return isObject(json) && 'v' in json
    ? decodeEntry(json)
    : decodeRaw(json, time === undefined ? undefined : Date.parse(time))
}
