import { conflictOf } from '../../core/conflict.js'
import type { Change, Outcome, Owner, Row } from '../../core/sink.js'
import type { Json } from '../../shared/codec/json.js'
import type { CaddyConfiguration } from './configuration.js'
import { type CaddyUpstreams, withUpstreams } from './handler.js'
import { handlersIn } from './handlers.js'
import { emptied } from './rendering.js'
import { rowOf } from './row.js'
import { type JsonEdit, smallestWrite } from './smallest-write.js'

export type CaddyChange = Change<CaddyUpstreams>
export type CaddyOutcome = Outcome<CaddyUpstreams>

export interface WriteOptions {
  readonly configuration: CaddyConfiguration
  readonly idPrefix: string
  readonly owner: Owner
  readonly signal: AbortSignal
}

/** What became of changes that were written together. */
export interface WrittenAtOnce {
  readonly outcomes: readonly CaddyOutcome[]
  /** Those that Caddy refused together; none if `error` is undefined. */
  readonly refused: readonly CaddyChange[]
  readonly error: Error | undefined
}

/** How often other writers may be faster before the reconciler plans again. */
const mostRaces = 8

const afterOf = (change: CaddyChange): CaddyUpstreams =>
  change._tag === 'Delete' ? emptied(change.before.value) : change.after

export const failed = (changes: readonly CaddyChange[], error: Error): readonly CaddyOutcome[] =>
  changes.map(({ key }) => ({ _tag: 'Failed', key, error }))

/** What is to be written into the servers as they are now. */
interface Draft {
  readonly outcomes: readonly CaddyOutcome[]
  readonly changes: readonly CaddyChange[]
  readonly edits: readonly JsonEdit[]
  /** The records after it, by key. */
  readonly rows: ReadonlyMap<string, Row<CaddyUpstreams>>
}

/** `sent`: what may have been written already, by key. */
const drafted = (
  servers: Json,
  changes: readonly CaddyChange[],
  sent: Draft['rows'],
  { idPrefix, owner }: Pick<WriteOptions, 'idPrefix' | 'owner'>,
): Draft => {
  const { byBackend } = handlersIn(servers, idPrefix)
  const outcomes: CaddyOutcome[] = []
  const writable: CaddyChange[] = []
  const edits: JsonEdit[] = []
  const rows = new Map<string, Row<CaddyUpstreams>>()
  for (const change of changes) {
    const { key } = change
    const handler = byBackend.get(key)
    const held = handler === undefined ? undefined : rowOf(key, handler.json)
    const written = sent.get(key)
    if (handler === undefined) outcomes.push({ _tag: 'Conflict', key, found: undefined })
    else if (written !== undefined && written.etag === held?.etag)
      outcomes.push({ _tag: 'Done', key, row: written })
    else {
      const conflict = conflictOf(change, held)
      if (conflict !== undefined) {
        outcomes.push(conflict)
        continue
      }
      const after = withUpstreams(handler.json, afterOf(change), { owner, id: handler.id })
      writable.push(change)
      edits.push({ path: handler.path, after })
      rows.set(key, rowOf(key, after))
    }
  }
  return { outcomes, changes: writable, edits, rows }
}

/**
 * Writes all changes in one write: Caddy loads its configuration again after each. What others change meanwhile is read
 * again and kept; it is a conflict only if it is the same handler. Rejects if Caddy is not there.
 */
export const writeAtOnce = async (
  changes: readonly CaddyChange[],
  options: WriteOptions,
): Promise<WrittenAtOnce> => {
  const { configuration, signal } = options
  const outcomes: CaddyOutcome[] = []
  let pending = changes
  let sent: Draft['rows'] = new Map()
  let lost: Error | undefined
  for (let race = 0; race < mostRaces; race++) {
    const { servers, etag } = await configuration.read(signal)
    const draft = drafted(servers, pending, sent, options)
    outcomes.push(...draft.outcomes)
    if (draft.edits.length === 0 || etag === undefined) return { outcomes, refused: [], error: undefined }
    const result = await configuration.write(smallestWrite(servers, draft.edits), etag, signal)
    pending = draft.changes
    switch (result._tag) {
      case 'Written':
        for (const [key, row] of draft.rows) outcomes.push({ _tag: 'Done', key, row })
        return { outcomes, refused: [], error: undefined }
      case 'Refused':
        return { outcomes, refused: pending, error: result.error }
      case 'Stale':
        break
      case 'Lost':
        sent = draft.rows
        lost = result.error
    }
  }
  const error =
    lost ??
    new Error(`Caddy's configuration changed ${mostRaces} times meanwhile: look for who changes it so often`)
  return { outcomes: [...outcomes, ...failed(pending, error)], refused: [], error: undefined }
}
