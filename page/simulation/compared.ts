/** By service, the addresses of its servers. */
export type Servers = ReadonlyMap<string, readonly string[]>

/**
 * `dead`: in the table, and not in the cluster. `missing`: the other way round. `early`: in the table, and in the cluster,
 * but of a revision that is to get no requests.
 */
export type ServerState = 'live' | 'dead' | 'missing' | 'early'

/** One server of a service, in the cluster and in a table. */
export interface ComparedServer {
  readonly address: string
  readonly state: ServerState
}

export interface ComparedService {
  readonly service: string
  readonly servers: readonly ComparedServer[]
}

export interface Comparison {
  readonly services: readonly ComparedService[]
  readonly dead: number
  readonly missing: number
  readonly early: number
}

interface Placed {
  readonly isLive: boolean
  readonly isHeld: boolean
  readonly isIdle: boolean
}

/** `undefined` for one that is rightly left out. */
const stateOf = ({ isLive, isHeld, isIdle }: Placed): ServerState | undefined => {
  if (!isLive) return 'dead'
  if (isIdle) return isHeld ? 'early' : undefined
  return isHeld ? 'live' : 'missing'
}

const byAddress = (a: ComparedServer, b: ComparedServer): number => (a.address < b.address ? -1 : 1)

/** What a table holds against what runs, service by service. `idle`: what of it is to get no requests. */
export const compared = (truth: Servers, table: Servers, idle: Servers = new Map()): Comparison => {
  const services = [...new Set([...truth.keys(), ...table.keys()])].sort().map((service) => {
    const [live, held] = [new Set(truth.get(service)), new Set(table.get(service))]
    const resting = new Set(idle.get(service))
    const servers = [...new Set([...live, ...held])].flatMap((address): readonly ComparedServer[] => {
      const state = stateOf({
        isLive: live.has(address),
        isHeld: held.has(address),
        isIdle: resting.has(address),
      })
      return state === undefined ? [] : [{ address, state }]
    })
    return { service, servers: servers.toSorted(byAddress) }
  })
  const count = (state: ServerState): number =>
    services.flatMap(({ servers }) => servers).filter((server) => server.state === state).length
  return { services, dead: count('dead'), missing: count('missing'), early: count('early') }
}
