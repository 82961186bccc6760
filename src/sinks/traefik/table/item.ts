/** The items of Traefik v1's DynamoDB provider: what one says, what it should say, and what of it is ours. Pure. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Backend } from '../../../core/desired.js'
import type { Row, Sink } from '../../../core/sink.js'
import { isUdpOnly, renderServers, sameServers, type ServerOptions, type Servers } from './servers.js'

export type Item = Readonly<Record<string, AttributeValue>>

export interface TraefikBackend {
  /** By which frontends refer to it. */
  readonly name: string
  /** Whole and raw, so that what we do not know of a server that stays is written back as it was read. */
  readonly servers: Servers
  /** The item as it was read, where it was: what a write is conditional on. Absent in what is only wanted. */
  readonly held: Item | undefined
}

const suffix = '__backend'

/** The attributes that are read: all that a write depends on. */
export const attributesRead = ['id', 'name', 'version', 'backend', 'frontend'] as const

/** The row that an item is; none when it is not a backend. Never throws, whatever the item holds. */
export const rowOf = (item: Item, ownerAttribute: string): Row<TraefikBackend> | undefined => {
  const key = item['id']?.S
  if (key === undefined) return undefined
  // As in Traefik, `backend` wins where an item has both. One with neither is a backend that lost its settings, if
  // its id says so.
  if (item['backend'] === undefined && (item['frontend'] !== undefined || !key.endsWith(suffix)))
    return undefined
  const owner = item[ownerAttribute]
  const version = item['version']?.N
  return {
    key,
    value: {
      name: item['name']?.S ?? (key.endsWith(suffix) ? key.slice(0, -suffix.length) : key),
      servers: item['backend']?.M?.['servers']?.M ?? {},
      held: Object.fromEntries(
        Object.entries(item).filter(
          ([attribute]) => attribute === ownerAttribute || attributesRead.some((read) => read === attribute),
        ),
      ),
    },
    // A mark of another type is nobody's that we know, and not ours.
    owner: owner === undefined ? undefined : (owner.S ?? JSON.stringify(owner)),
    etag: version,
  }
}

/**
 * What keeps Traefik or us from reading an item, for people; empty when nothing does, and for what is only wanted.
 */
export const flawsOf = ({ held }: TraefikBackend): readonly string[] => {
  if (held === undefined) return []
  const { name, version, backend } = held
  const servers = backend?.M?.['servers']
  return [
    ...(name?.S === undefined
      ? ['`name` is not a string (S), at which Traefik v1 stops reading the whole table']
      : []),
    ...(version !== undefined && version.N === undefined ? ['`version` is not a number (N)'] : []),
    ...(backend !== undefined && backend.M === undefined && backend.NULL === undefined
      ? ['`backend` is not a map (M)']
      : []),
    ...(servers !== undefined && servers.M === undefined && servers.NULL === undefined
      ? ['`backend.servers` is not a map (M)']
      : []),
  ]
}

/** An item with a flaw is never the same as the one without it, so that it is repaired. */
export const sameBackend = (a: TraefikBackend, b: TraefikBackend): boolean =>
  a === b ||
  (a.name === b.name &&
    flawsOf(a).length === 0 &&
    flawsOf(b).length === 0 &&
    sameServers(a.servers, b.servers))

/** What an item became for a backend. */
interface Rendered {
  readonly backend: Backend
  readonly after: TraefikBackend
}

/**
 * `Sink.render`: the items that backends should be, by `id`. Traefik knows a backend by `name` alone, so that is what
 * an existing item is found by, whatever its `id` (people write plain names there); and where several items have one
 * name, of which Traefik takes either at random, each becomes what the backend should be. An item that should stay as
 * it is comes back as the very value that it was.
 */
export const itemRenderer = (options: ServerOptions): Sink<TraefikBackend>['render'] => {
  // Backends that did not change are the same object from one state to the next, and so are items that nobody wrote.
  const rendered = new WeakMap<TraefikBackend, Rendered>()
  const rerendered = (backend: Backend, held: TraefikBackend): TraefikBackend => {
    const known = rendered.get(held)
    if (known?.backend === backend) return known.after
    const wanted = {
      name: backend.name,
      servers: renderServers(backend, held.servers, options),
      held: undefined,
    }
    const after = sameBackend(held, wanted) ? held : wanted
    rendered.set(held, { backend, after })
    return after
  }

  return (backends, before) => {
    const named = new Map<string, [string, TraefikBackend][]>()
    for (const entry of before) {
      const others = named.get(entry[1].name)
      if (others === undefined) named.set(entry[1].name, [entry])
      else others.push(entry)
    }
    const wanted = new Map<string, TraefikBackend>()
    for (const [name, backend] of backends) {
      if (isUdpOnly(backend)) continue
      const existing = named.get(name)
      if (existing !== undefined) {
        for (const [key, held] of existing) wanted.set(key, rerendered(backend, held))
        continue
      }
      // Nothing is known of a backend that is incomplete and offers nothing: it gets no item yet. One known to be
      // empty does.
      if (backend.complete || backend.endpoints.length > 0)
        wanted.set(newKey(name, before), {
          name,
          servers: renderServers(backend, {}, options),
          held: undefined,
        })
    }
    return wanted
  }
}

/** The id of a new item. Where an item of another name sits there, one that cannot be any other backend's. */
const newKey = (name: string, before: ReadonlyMap<string, unknown>): string => {
  let key = `${name}${suffix}`
  for (let n = 2; before.has(key); n++) key = `${name}${suffix} (${n})`
  return key
}
