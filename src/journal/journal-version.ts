/**
 * The versions of the journal's format. The writer writes the newest one. The reader reads all of them: an older entry
 * is brought up to date step by step.
 *
 * - 1: the first one.
 * - 2: tasks also have `capacityProvider`, `zone`, `startedBy` and `createdAt`; definitions may have `healthCheck`; there
 *   are events about deployments.
 * - 3: there are `TasksRelisted` and `Checkpointed`, and an entry may have several lines. Tasks that stopped may have
 *   `end`; a reader that does not know it reads the rest.
 */
import type * as t from 'io-ts'
import { isObject, type JsonObject } from '../shared/codec/json-object.js'
import { satisfying } from '../shared/codec/lenient.js'

export const journalVersion = 3

type Upcast = (entry: JsonObject) => JsonObject

/** By the version that each one starts from. */
const upcasts: ReadonlyMap<number, Upcast> = new Map([
  // All that version 2 adds may be absent: version 1 did not keep it.
  [1, (entry) => ({ ...entry, v: 2 })],
  [2, (entry) => ({ ...entry, v: 3 })],
])

/** Brings an entry of an older version to the newest one. Leaves anything else as it is. */
export const upcast = (json: unknown): unknown => {
  let entry = json
  for (let left = upcasts.size; left > 0 && isObject(entry); left--) {
    const version = entry['v']
    const step = typeof version === 'number' ? upcasts.get(version) : undefined
    if (step === undefined) break
    entry = step(entry)
  }
  return entry
}

/** The version of an entry after `upcast`. */
export const version: t.Type<typeof journalVersion> = satisfying(
  `a version of the journal's format, 1 to ${journalVersion} (a newer one needs a newer ecs-task-stream)`,
  (u): u is typeof journalVersion => u === journalVersion,
)
