/** Changes of elements as commands: pure, so that what will be sent can be tested. */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Change, Owner } from '../../../core/sink.js'
import { type Element, type ElementKey, partsOfKey } from '../grammar/element.js'
import { flatten } from './flatten.js'
import { COUNTER, markField, unversionedMark } from './ownership.js'
import type { Pair } from './path.js'
import type { RedisPlace } from './read.js'

/**
 * KEYS: the hash of marks, then the element's keys. ARGV: the mark's field, the mark as it was read, the new one up to
 * its version; then for each key its value as it was read and the new one. An empty text stands for none, as it does
 * to Traefik. Answers with the mark that there is then.
 *
 * Redis does nothing else meanwhile, so either all of it happens or, where one thing is not as it was read, nothing.
 * The mark tells whether somebody of us has added a key, as no other write has its version.
 * A key that keeps its value is not written: each write makes every Traefik read all keys.
 */
const SCRIPT = `
local mark = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if mark ~= ARGV[2] then return {'marked', mark} end
for i = 2, #KEYS do
  if (redis.call('GET', KEYS[i]) or '') ~= ARGV[2 * i] then return {'changed', mark} end
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
local marked = ARGV[3] .. redis.call('HINCRBY', KEYS[1], '${COUNTER}', 1) .. '}'
redis.call('HSET', KEYS[1], ARGV[1], marked)
return {'done', marked}
`

export const verdict = t.tuple([
  t.union([t.literal('done'), t.literal('changed'), t.literal('marked')]),
  t.string,
])

const recordRead = t.tuple([t.string, t.array(t.tuple([t.string, t.string]))])

/** The mark and the keys that a change was planned against. */
const asRead = (change: Change<Element>): readonly [mark: string, pairs: readonly Pair[]] => {
  if (change._tag === 'Create' || change.before.etag === undefined) return ['', []]
  const decoded = recordRead.decode(JSON.parse(change.before.etag))
  if (E.isRight(decoded)) return decoded.right
  throw new Error(`the etag of ${change.key} is none of this sink's: apply what its own read returned`)
}

/** A change as it will be made. */
export interface Write {
  readonly args: readonly string[]
  /** What will be there. */
  readonly pairs: readonly Pair[]
}

/** The command for a change; or why Redis cannot say what is wanted. */
export const writeOf = (
  change: Change<Element>,
  owner: Owner,
  { rootKey, ownersKey }: RedisPlace,
): E.Either<string, Write> => {
  const { key } = change
  const wanted = change._tag === 'Delete' ? E.right([]) : flatten(key, change.after)
  if (E.isLeft(wanted)) return wanted
  const pairs = wanted.right
  const [markRead, pairsRead] = asRead(change)
  const [before, after] = [new Map(pairsRead), new Map(pairs)]
  const paths = [...new Set([...before.keys(), ...after.keys()])]
  return E.right({
    args: [
      'EVAL',
      SCRIPT,
      String(paths.length + 1),
      ownersKey,
      ...paths.map((path) => `${rootKey}/${path}`),
      ...[markField(key), markRead, change._tag === 'Delete' ? '' : unversionedMark(key, owner)],
      ...paths.flatMap((path) => [before.get(path) ?? '', after.get(path) ?? '']),
    ],
    pairs,
  })
}

/** Before what refers to it, and deleted after that: what Traefik reads in between has no router to nowhere. */
const rankOf = ({ _tag, key }: Change<Element>): number => {
  const [, kind] = partsOfKey(key)
  const distance = kind === 'services' ? 0 : kind === 'routers' ? 2 : 1
  return _tag === 'Delete' ? 4 - distance : distance
}

/** In the order in which they are to be made: services, what else there is, routers; deletions the other way round. */
export const inOrder = (changes: readonly Change<Element>[]): readonly Change<Element>[] =>
  changes.toSorted((a, b) => rankOf(a) - rankOf(b))

/**
 * A service without servers, to which nothing leads, where services are to be deleted: Traefik does not notice that the
 * last key went, nor takes a configuration for one that has nothing.
 */
export const rootKeeper = (
  changes: readonly Change<Element>[],
  { rootKey }: RedisPlace,
): readonly string[] | undefined =>
  changes.some(({ _tag, key }) => _tag === 'Delete' && partsOfKey(key)[1] === 'services')
    ? ['SET', `${rootKey}/http/services/_ecs-task-stream/loadbalancer/servers`, '[]', 'NX']
    : undefined

/** Whether two elements have names that are one to Traefik. */
export const isNamesake = (a: ElementKey, b: ElementKey): boolean => a !== b && markField(a) === markField(b)
