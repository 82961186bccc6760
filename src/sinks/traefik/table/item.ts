/** The items of Traefik v1's DynamoDB provider: as read, and as desired. Pure. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Backend } from '../../../core/desired.js'
import type { Parts, Row, Sink } from '../../../core/sink.js'
import { isUdpOnly, renderServers, sameServers, type ServerOptions, type Servers } from './servers.js'

export type Item = Readonly<Record<string, AttributeValue>>

export interface TraefikBackend {
  /** The name by which frontends refer to it. */
  readonly name: string
  /** All servers with all attributes, so that unknown attributes of a server that stays are written back unchanged. */
  readonly servers: Servers
  /** The item as it was read, if it was: what a write is conditional on. Absent from a desired value. */
  readonly held: Item | undefined
}

const suffix = '__backend'

/** The attributes to read: everything that a write depends on. */
export const attributesRead = ['id', 'name', 'version', 'backend', 'frontend'] as const

/** The row for an item; none if it is not a backend. Never throws, whatever the item holds. */
export const rowOf = (item: Item, ownerAttribute: string): Row<TraefikBackend> | undefined => {
  const key = item['id']?.S
  if (key === undefined) return undefined
  // As in Traefik, `backend` wins if an item has both. An item with neither is a backend that lost its settings, if its
  // id says so.
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
    // An owner of another type is unknown, and not this worker.
    owner: owner === undefined ? undefined : (owner.S ?? JSON.stringify(owner)),
    etag: version,
  }
}

/**
 * What keeps Traefik or this sink from reading an item, for people. Empty for a readable item and for a desired value.
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

/** An item with a flaw never equals one without it, so that it gets repaired. */
export const sameBackend = (a: TraefikBackend, b: TraefikBackend): boolean =>
  a === b ||
  (a.name === b.name &&
    flawsOf(a).length === 0 &&
    flawsOf(b).length === 0 &&
    sameServers(a.servers, b.servers))

/** The name in the id of an item that this sink created. */
const createdForm = new RegExp(`^(.*)${suffix}(?: \\(\\d+\\))?$`, 's')

/**
 * `Sink.parts`: what one name becomes depends on the items of that name, and on the ids that new items of it would have,
 * which items of other names may have.
 */
export const itemParts: Parts<TraefikBackend> = {
  ofBackend: ({ name }) => name,
  ofRecord: (key, { name }) => {
    const created = createdForm.exec(key)?.[1]
    return created === undefined || created === name ? [name] : [name, created]
  },
}

/**
 * `Sink.render`: the items that backends should be, by `id`. Traefik identifies a backend only by `name`, so an
 * existing item is found by its name, whatever its `id` (people write plain names there). If several items have the
 * same name, of which Traefik uses a random one, each becomes what the backend should be. An item that does not change
 * is returned as the same object.
 */
export const itemRenderer = (options: ServerOptions): Sink<TraefikBackend>['render'] => {
  const rerendered = (backend: Backend, held: TraefikBackend): TraefikBackend => {
    const wanted = {
      name: backend.name,
      servers: renderServers(backend, held.servers, options),
      held: undefined,
    }
    return sameBackend(held, wanted) ? held : wanted
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
      // An incomplete backend without endpoints says nothing yet, so it gets no item. One known to be empty does.
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

/** The id of a new item. If an item of another name has that id, an id that no other backend can have. */
const newKey = (name: string, before: ReadonlyMap<string, unknown>): string => {
  let key = `${name}${suffix}`
  for (let n = 2; before.has(key); n++) key = `${name}${suffix} (${n})`
  return key
}
