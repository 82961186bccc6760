/** Our records in what HAProxy holds. Pure. */
import { compareAddresses } from '../../core/desired.js'
import type { Owner, Row } from '../../core/sink.js'
import type { HaproxyServers } from './rendering.js'
import { parseServerName, type ServerName } from './server-name.js'
import type { ServerState } from './servers-state.js'

/** One of our servers. */
export interface HeldServer extends ServerState, ServerName {}

/** The servers of which a name says that they are ours, whichever owner's. */
export const heldServers = (prefix: string, states: readonly ServerState[]): readonly HeldServer[] =>
  states.flatMap((state) => {
    const name = parseServerName(prefix, state.name)
    return name === undefined ? [] : [{ ...state, ...name }]
  })

/** The owners of servers, sorted. More than one only if two workers wrote at the same instant. */
export const ownersOf = (held: readonly HeldServer[]): readonly Owner[] =>
  [...new Set(held.map(({ owner }) => owner))].sort()

const byName = (a: HeldServer, b: HeldServer): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/**
 * The record of one backend, `undefined` if there is none. It is that of one owner: the first by name. `isBeingRemoved`:
 * servers in maintenance that this process removes already.
 */
export const rowOf = (
  key: string,
  held: readonly HeldServer[],
  isBeingRemoved: (server: HeldServer) => boolean,
): Row<HaproxyServers> | undefined => {
  const [owner] = ownersOf(held)
  const own = held
    .filter((server) => server.owner === owner && (server.isReady || !isBeingRemoved(server)))
    .sort(byName)
  if (owner === undefined || own.length === 0) return undefined
  const ready = own.filter(({ isReady }) => isReady)
  const keepers = own.filter(({ isReady, isKeeper }) => !isReady && isKeeper)
  return {
    key,
    value: {
      servers: ready.map(({ host, port, weight }) => ({ host, port, weight })).sort(compareAddresses),
      leaving: own.filter(({ isReady, isKeeper }) => !isReady && !isKeeper).map(({ name }) => name),
    },
    owner,
    // Without those that leave: when they are gone does not depend on what is planned.
    etag: JSON.stringify([
      owner,
      ...[...ready, ...keepers].map(({ name, host, port, weight }) => [name, host, port, weight]),
    ]),
  }
}

/** The servers of each backend, by its name. */
export const byBackend = (held: readonly HeldServer[]): ReadonlyMap<string, readonly HeldServer[]> => {
  const backends = new Map<string, HeldServer[]>()
  for (const server of held) {
    const its = backends.get(server.backend)
    if (its === undefined) backends.set(server.backend, [server])
    else its.push(server)
  }
  return backends
}
