/** Changes of elements as commands. Pure, so that what will be sent can be tested. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Change, Owner } from '../../../core/sink.js'
import { isJsonObject } from '../../../shared/codec/json.js'
import { type Element, type ElementKey, partsOfKey } from '../grammar/element.js'
import { flatten } from './flatten.js'
import { COUNTER, ownershipField, unversionedOwnership } from './ownership.js'
import type { Pair } from './path.js'
import type { RedisPlace } from './read.js'

/**
 * KEYS: the hash of ownership records, then the element's keys. ARGV: the field, the ownership record as it was read,
 * the new one up to its version; then for each key its value as it was read and the new one. An empty text stands for a
 * missing key, as in Traefik. Answers with the ownership record after the script.
 *
 * Redis runs the script atomically: either everything happens, or, if anything differs from what was read, nothing. The
 * ownership record also detects keys that another worker added, since no two writes have the same version. A key that
 * keeps its value is not written, since each write makes every Traefik read all keys.
 */
const SCRIPT = `
local ownership = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if ownership ~= ARGV[2] then return {'ownership-changed', ownership} end
for i = 2, #KEYS do
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[2 * i] then return {'changed', ownership} end
end
for i = 2, #KEYS do
  local was, is = ARGV[2 * i], ARGV[2 * i + 1]
  if is == '' then redis.call('DEL', KEYS[i])
  elseif is ~= was then redis.call('SET', KEYS[i], is) end
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
  return {'done', ''}
end
local record = ARGV[3] .. redis.call('HINCRBY', KEYS[1], '${COUNTER}', 1) .. '}'
redis.call('HSET', KEYS[1], ARGV[1], record)
return {'done', record}
`

export const verdict = t.tuple([
  t.union([t.literal('done'), t.literal('changed'), t.literal('ownership-changed')]),
  t.string,
])

const recordRead = t.tuple([t.string, t.array(t.tuple([t.string, t.string]))])

/** The ownership record and the keys that a change was planned against. */
const asRead = (change: Change<Element>): readonly [ownership: string, pairs: readonly Pair[]] => {
  if (change._tag === 'Create' || change.before.etag === undefined) return ['', []]
  const decoded = recordRead.decode(JSON.parse(change.before.etag))
  if (E.isRight(decoded)) return decoded.right
  throw new Error(`the etag of ${change.key} is not from this sink: apply what its own read returned`)
}

/** A change, ready to be made. */
export interface Write {
  readonly args: readonly string[]
  /** The element after the change. */
  readonly pairs: readonly Pair[]
}

/** The command for a change; or why Redis keys cannot express it. */
export const writeOf = (
  change: Change<Element>,
  owner: Owner,
  { rootKey, ownersKey }: RedisPlace,
): E.Either<string, Write> => {
  const { key } = change
  const wanted = change._tag === 'Delete' ? E.right([]) : flatten(key, change.after)
  if (E.isLeft(wanted)) return wanted
  const pairs = wanted.right
  const [ownershipRead, pairsRead] = asRead(change)
  const [before, after] = [new Map(pairsRead), new Map(pairs)]
  const paths = [...new Set([...before.keys(), ...after.keys()])]
  return E.right({
    args: [
      'EVAL',
      SCRIPT,
      String(paths.length + 1),
      ownersKey,
      ...paths.map((path) => `${rootKey}/${path}`),
      ...[
        ownershipField(key),
        ownershipRead,
        change._tag === 'Delete' ? '' : unversionedOwnership(key, owner),
      ],
      ...paths.flatMap((path) => [before.get(path) ?? '', after.get(path) ?? '']),
    ],
    pairs,
  })
}

/**
 * Elements are created before, and deleted after, what refers to them, so that Traefik never reads a router to nowhere.
 */
const rankOf = (change: Change<Element>): number => {
  const [, kind] = partsOfKey(change.key)
  const element = change._tag === 'Delete' ? change.before.value : change.after
  const isWeighted = isJsonObject(element) && element['weighted'] !== undefined
  const distance = kind === 'routers' ? 3 : kind !== 'services' ? 2 : isWeighted ? 1 : 0
  return change._tag === 'Delete' ? 6 - distance : distance
}

/** The order of changes: services, services over services, other elements, routers; deletions the other way round. */
export const inOrder = (changes: readonly Change<Element>[]): readonly Change<Element>[] =>
  changes.toSorted((a, b) => rankOf(a) - rankOf(b))

/**
 * A service without servers or routers, set before services are deleted: Traefik neither notices that the last key was
 * deleted, nor accepts an empty configuration.
 */
export const rootKeeper = (
  changes: readonly Change<Element>[],
  { rootKey }: RedisPlace,
): readonly string[] | undefined =>
  changes.some(({ _tag, key }) => _tag === 'Delete' && partsOfKey(key)[1] === 'services')
    ? ['SET', `${rootKey}/http/services/_ecs-task-stream/loadbalancer/servers`, '[]', 'NX']
    : undefined

/** Whether Traefik reads the names of two elements as one. */
export const isNamesake = (a: ElementKey, b: ElementKey): boolean =>
  a !== b && ownershipField(a) === ownershipField(b)
