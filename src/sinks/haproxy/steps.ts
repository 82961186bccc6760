/** The commands that bring the servers of a backend to what is desired. Pure, so that what will be sent can be tested. */
import { formatAddress } from '../../core/desired.js'
import type { Owner } from '../../core/sink.js'
import type { HeldServer } from './held-servers.js'
import type { HaproxyServer, HaproxyServers } from './rendering.js'
import { serverName } from './server-name.js'
import type { ServerOptions } from './server-options.js'

/** A command, by what its answer may be. */
export interface Command {
  readonly _tag: 'Add' | 'Set' | 'EnableHealth' | 'Delete'
  readonly text: string
}

/** The commands for one server, in order: each needs those before it. */
export interface Step {
  readonly name: string
  readonly commands: readonly Command[]
}

export interface StepsOptions {
  readonly backend: string
  readonly owner: Owner
  readonly prefix: string
  readonly options: ServerOptions
}

const set = (place: string, what: string): Command => ({ _tag: 'Set', text: `set server ${place} ${what}` })

export const deletion = (place: string): Command => ({ _tag: 'Delete', text: `del server ${place}` })

const enabling = (place: string, { hasChecks }: ServerOptions): readonly Command[] => [
  ...(hasChecks ? [{ _tag: 'EnableHealth', text: `enable health ${place}` } as const] : []),
  set(place, 'state ready'),
]

const addition = (place: string, { host, port, weight }: HaproxyServer, options: string): Command => ({
  _tag: 'Add',
  text: `add server ${place} ${formatAddress({ host, port })} weight ${weight}${options === '' ? '' : ` ${options}`}`,
})

const correction = (
  place: string,
  held: HeldServer,
  { host, port, weight }: HaproxyServer,
  options: ServerOptions,
): readonly Command[] => [
  ...(held.host === host && held.port === port ? [] : [set(place, `addr ${host} port ${port}`)]),
  ...(held.weight === weight ? [] : [set(place, `weight ${weight}`)]),
  ...(held.isReady ? [] : enabling(place, options)),
]

/** A server that is always in maintenance, so that its address is never used. */
const keeper: HaproxyServer = { host: '127.0.0.1', port: 1, weight: 0 }

/**
 * What to do for each server. What is added comes first, so that the backend is never without servers in between. A
 * server that goes is put into maintenance first, in which it gets no new requests and ends those that it has.
 *
 * @param held All of the owner's servers in the backend.
 * @param after What the backend should have; `undefined`: nothing of ours.
 */
export const stepsOf = (
  held: readonly HeldServer[],
  after: HaproxyServers | undefined,
  { backend, owner, prefix, options }: StepsOptions,
): readonly Step[] => {
  const nameOf = (server: HaproxyServer | undefined): string => serverName(prefix, owner, server)
  const placeOf = (name: string): string => `${backend}/${name}`
  const byName = new Map(held.map((server) => [server.name, server]))
  const steps: Step[] = []
  const kept = new Set<string>()
  const keep = (name: string, commands: readonly Command[]): void => {
    kept.add(name)
    if (commands.length > 0) steps.push({ name, commands })
  }
  for (const server of after?.servers ?? []) {
    const name = nameOf(server)
    const place = placeOf(name)
    const before = byName.get(name)
    keep(
      name,
      before === undefined
        ? [addition(place, server, options.text), ...enabling(place, options)]
        : correction(place, before, server, options),
    )
  }
  if (after?.servers.length === 0) {
    const name = nameOf(undefined)
    const before = byName.get(name)
    if (before === undefined) keep(name, [addition(placeOf(name), keeper, '')])
    else keep(name, before.isReady ? [set(placeOf(name), 'state maint')] : [])
  }
  for (const { name, isReady } of held) {
    if (kept.has(name)) continue
    const place = placeOf(name)
    steps.push({
      name,
      commands: [...(isReady ? [set(place, 'state maint')] : []), deletion(place)],
    })
  }
  return steps
}
