import { createHash } from 'node:crypto'
import { conflictOf } from '../../core/conflict.js'
import { errorOf } from '../../core/error-of.js'
import type { Change, Outcome, Owner, Row } from '../../core/sink.js'
import { canonicalText, type JsonObject } from '../../shared/codec/json.js'
import type { CaddyConfiguration } from './configuration.js'
import { type CaddyUpstreams, ownerOf, upstreamsIn, withUpstreams } from './handler.js'
import { type CaddyHandlers, handlersIn } from './handlers.js'
import { emptied } from './rendering.js'
import { smallestWrite } from './smallest-write.js'

/** How often other writers may be faster before the reconciler plans again. */
const mostRaces = 8

/**
 * How many writes Caddy may refuse in one round. Each makes it load a whole configuration, and if something else in it
 * is wrong, it refuses all.
 */
const mostRefusals = 16

/** The record that a handler stands for. Its etag is all of the handler, so that no change of it is overwritten. */
export const rowOf = (key: string, handler: JsonObject): Row<CaddyUpstreams> => ({
  key,
  value: upstreamsIn(handler),
  owner: ownerOf(handler),
  etag: createHash('sha256').update(canonicalText(handler)).digest('hex'),
})

const rowIn = ({ byBackend }: CaddyHandlers, key: string): Row<CaddyUpstreams> | undefined => {
  const handler = byBackend.get(key)
  return handler === undefined ? undefined : rowOf(key, handler.json)
}

export interface ApplyOptions {
  readonly configuration: CaddyConfiguration
  readonly idPrefix: string
  readonly owner: Owner
  readonly signal: AbortSignal
}

type CaddyChange = Change<CaddyUpstreams>
type CaddyOutcome = Outcome<CaddyUpstreams>

const afterOf = (change: CaddyChange): CaddyUpstreams =>
  change._tag === 'Delete' ? emptied(change.before.value) : change.after

/** What became of the changes that were written together. */
interface Attempt {
  readonly outcomes: readonly CaddyOutcome[]
  /** The changes that Caddy refused together. */
  readonly refused: readonly CaddyChange[]
  readonly error: Error | undefined
}

/** Writes all changes at once: Caddy loads its configuration again after each write. */
const attempted = async (
  changes: readonly CaddyChange[],
  { configuration, idPrefix, owner, signal }: ApplyOptions,
): Promise<Attempt> => {
  const outcomes: CaddyOutcome[] = []
  let pending = changes
  for (let race = 0; race < mostRaces; race++) {
    const { servers, etag } = await configuration.read(signal)
    const handlers = handlersIn(servers, idPrefix)
    const writable: CaddyChange[] = []
    const edits: {
      readonly key: string
      readonly path: readonly (string | number)[]
      readonly after: JsonObject
    }[] = []
    for (const change of pending) {
      const { key } = change
      const handler = handlers.byBackend.get(key)
      const conflict = conflictOf(change, rowIn(handlers, key))
      if (conflict !== undefined || handler === undefined)
        outcomes.push(conflict ?? { _tag: 'Conflict', key, found: undefined })
      else {
        writable.push(change)
        edits.push({
          key,
          path: handler.path,
          after: withUpstreams(handler.json, afterOf(change), { owner, id: handler.id }),
        })
      }
    }
    if (edits.length === 0 || etag === undefined) return { outcomes, refused: [], error: undefined }
    const result = await configuration.write(smallestWrite(servers, edits), etag, signal)
    switch (result._tag) {
      case 'Written':
        for (const { key, after } of edits) outcomes.push({ _tag: 'Done', key, row: rowOf(key, after) })
        return { outcomes, refused: [], error: undefined }
      case 'Refused':
        return { outcomes, refused: writable, error: result.error }
      case 'Stale':
        pending = writable
    }
  }
  const error = new Error(
    `Caddy's configuration changed ${mostRaces} times meanwhile: look for who changes it`,
  )
  return { outcomes: [...outcomes, ...failed(pending, error)], refused: [], error: undefined }
}

const failed = (changes: readonly CaddyChange[], error: Error): readonly CaddyOutcome[] =>
  changes.map(({ key }) => ({ _tag: 'Failed', key, error }))

/**
 * `Sink.apply`: one write for all changes. If Caddy refuses it, the changes are divided until those are found that it
 * refuses. A change of something else in the configuration is not a conflict: what is there now is read, and kept.
 */
export const applyChanges = async (
  changes: readonly CaddyChange[],
  options: ApplyOptions,
): Promise<readonly CaddyOutcome[]> => {
  const outcomes: CaddyOutcome[] = []
  const parts: (readonly CaddyChange[])[] = [changes]
  let refusals = 0
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    try {
      const { outcomes: found, refused, error } = await attempted(part, options)
      outcomes.push(...found)
      if (error === undefined) continue
      refusals++
      if (refused.length === 1 || refusals >= mostRefusals) outcomes.push(...failed(refused, error))
      else {
        const half = Math.ceil(refused.length / 2)
        parts.push(refused.slice(0, half), refused.slice(half))
      }
      if (refusals >= mostRefusals) outcomes.push(...parts.splice(0).flatMap((rest) => failed(rest, error)))
    } catch (thrown) {
      const error = errorOf(thrown)
      outcomes.push(...failed(part, error), ...parts.splice(0).flatMap((rest) => failed(rest, error)))
    }
  }
  return outcomes
}
