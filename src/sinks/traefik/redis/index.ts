import { OptionError } from '../../../core/option-error.js'
import * as E from 'fp-ts/lib/Either.js'
import { hasLoneSurrogate } from '../../../shared/codec/lone-surrogate.js'
import type { Change, Outcome, Owner, Sink } from '../../../core/sink.js'
import type { Element, ElementKey } from '../grammar/element.js'
import { compareAndSwap } from '../../kit/compare-and-swap.js'
import { ask } from './ask.js'
import type { RedisConnection } from './connection.js'
import { flatten } from './flatten.js'
import { keyspaceWarnings } from './keyspace-events.js'
import { parseOwnership } from './ownership.js'
import { parse } from './parse.js'
import { etagOf, readElements, type RedisPlace } from './read.js'
import { inOrder, isNamesake, rootKeeper, verdict, writeOf } from './write.js'
import {
  type TraefikElements,
  traefikElements,
  type TraefikElementsOptions,
} from '../elements/traefik-elements.js'

export type { RedisConnection } from './connection.js'
export type { Json, JsonObject } from '../../../shared/codec/json.js'
export type { ElementConflict, ElementOptions } from '../elements/elements.js'
export type { Scheme, Shares } from '../elements/servers.js'
export type { Element, ElementKey } from '../grammar/element.js'
export type { TraefikElements, TraefikElementsOptions } from '../elements/traefik-elements.js'

export interface RedisTraefikOptions extends TraefikElementsOptions {
  /** A connected client of the database that Traefik reads. */
  readonly connection: RedisConnection
  /** Traefik's `providers.redis.rootKey`. Default: `traefik`. */
  readonly rootKey?: string
  /**
   * The hash with the owners of elements. It must not begin with the root key, or Traefik would watch it. Default:
   * `ecs-task-stream/<rootKey>`.
   */
  readonly ownersKey?: string
  /** Whether to adopt elements without an owner once they are desired. Default: false. */
  readonly adopt?: boolean
  /** Unique among a worker's sinks. Default: `redis-traefik`. */
  readonly name?: string
}

export interface RedisTraefik extends Sink<Element>, Pick<TraefikElements, 'conflicts'> {}

/** Concurrent commands on the connection, which executes them in order. */
const UNDER_WAY = 64

const rootForm = /^[\w.:{}-]+(\/[\w.:{}-]+)*$/

/**
 * Backends as services (and the routers and middlewares from their labels) in the keys that the Redis provider of
 * Traefik v2 and v3 reads: `traefik/http/services/web/loadbalancer/servers/<number>/url`. One record per element.
 *
 * Each change is one script. It checks that the element's ownership record and all its keys are as they were read, then
 * writes the differences; otherwise it writes nothing. Elements of other owners are left alone. An element that keys
 * cannot express is rejected with the reason. See docs/redis-traefik.md for how to configure Redis and Traefik.
 *
 * Throws an OptionError for an invalid option.
 */
export const redisTraefik = ({
  connection,
  rootKey = 'traefik',
  ownersKey = `ecs-task-stream/${rootKey}`,
  adopt = false,
  name = 'redis-traefik',
  // Traefik reads the keys of a service one by one, and takes none of two kinds or of none.
  shares = 'servers',
  ...options
}: RedisTraefikOptions): RedisTraefik => {
  if (!rootForm.test(rootKey))
    throw new OptionError(
      `redisTraefik: rootKey: expected letters, digits and "_.:{}-" between slashes, got "${rootKey}"`,
    )
  if (ownersKey === '' || ownersKey.startsWith(rootKey))
    throw new OptionError(
      `redisTraefik: ownersKey: expected a key that does not begin with the root key "${rootKey}", below which Traefik reads, got "${ownersKey}"`,
    )
  const place: RedisPlace = { rootKey, ownersKey }
  const elements = traefikElements({ ...options, shares })
  let warnings: readonly string[] = []

  // Unchanged elements are the same object from one state to the next.
  const sayable = new WeakMap<Element, { readonly key: ElementKey; readonly element: Element }>()
  /** As it will be read back, without what makes no difference to Traefik; unchanged if it cannot be written. */
  const asRead = (key: ElementKey, element: Element): Element => {
    const known = sayable.get(element)
    if (known?.key === key) return known.element
    const pairs = flatten(key, element)
    const read = E.isRight(pairs) ? parse(key, pairs.right) : element
    for (const one of [element, read]) sayable.set(one, { key, element: read })
    return read
  }

  const make = async (
    change: Change<Element>,
    owner: Owner,
    signal: AbortSignal,
  ): Promise<Outcome<Element>> => {
    const { key } = change
    if (change._tag !== 'Delete' && hasLoneSurrogate([key, change.after]))
      return {
        _tag: 'Rejected',
        key,
        reason: `${JSON.stringify(key)} has a lone surrogate in its name or a label, which is not valid Unicode: correct it`,
      }
    const write = writeOf(change, owner, place)
    if (E.isLeft(write))
      return {
        _tag: 'Rejected',
        key,
        reason: `${key} cannot be written to Redis for Traefik: ${write.left}. Correct the name or the labels`,
      }
    const { args, pairs } = write.right
    const [found, ownership] = await ask(connection, verdict, args, signal)
    if (found === 'done') {
      if (change._tag === 'Delete') return { _tag: 'Done', key, row: undefined }
      const value = asRead(key, change.after)
      return { _tag: 'Done', key, row: { key, value, owner, etag: etagOf(ownership, pairs) } }
    }
    const namesake = parseOwnership(ownership)?.key ?? key
    if (!isNamesake(namesake, key)) return { _tag: 'Conflict', key, found: 'unread' }
    return {
      _tag: 'Rejected',
      key,
      reason: `${key} differs only by case from the existing ${namesake}, and Traefik reads the two as one in Redis: rename one`,
    }
  }

  const write = compareAndSwap(make, { concurrency: UNDER_WAY })

  return {
    name,
    adopt,
    ...elements,
    render: (backends, before) =>
      new Map(Array.from(elements.render(backends, before), ([key, element]) => [key, asRead(key, element)])),
    read: async (signal) => {
      const rows = await readElements(connection, place, signal)
      warnings = (await keyspaceWarnings(connection, signal)) ?? warnings
      return rows
    },
    warnings: () => warnings,
    apply: async (changes, owner, signal) => {
      // Each concurrent command listens to it; on the caller's own signal, more than ten listeners would cause a
      // warning.
      const keeper = rootKeeper(changes, place)
      if (keeper !== undefined) await connection.sendCommand(keeper, { abortSignal: signal })
      return write(inOrder(changes), owner, signal)
    },
  }
}
