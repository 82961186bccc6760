/** By service, the addresses of its servers. */
export type Servers = ReadonlyMap<string, readonly string[]>

/** One server of a service, in the cluster and in a table. */
export interface ComparedServer {
  readonly address: string
  /** `dead`: in the table, and not in the cluster. `missing`: the other way round. */
  readonly state: 'live' | 'dead' | 'missing'
}

export interface ComparedService {
  readonly service: string
  readonly servers: readonly ComparedServer[]
}

export interface Comparison {
  readonly services: readonly ComparedService[]
  readonly dead: number
  readonly missing: number
}

const stateOf = (isLive: boolean, isHeld: boolean): ComparedServer['state'] =>
  isLive ? (isHeld ? 'live' : 'missing') : 'dead'

const byAddress = (a: ComparedServer, b: ComparedServer): number => (a.address < b.address ? -1 : 1)

/** What a table holds against what is routable, service by service. */
export const compared = (truth: Servers, table: Servers): Comparison => {
  const services = [...new Set([...truth.keys(), ...table.keys()])].sort().map((service) => {
    const [live, held] = [new Set(truth.get(service)), new Set(table.get(service))]
    const servers = [...new Set([...live, ...held])]
      .map((address) => ({ address, state: stateOf(live.has(address), held.has(address)) }))
      .sort(byAddress)
    return { service, servers }
  })
  const count = (state: ComparedServer['state']): number =>
    services.flatMap(({ servers }) => servers).filter((server) => server.state === state).length
  return { services, dead: count('dead'), missing: count('missing') }
}
