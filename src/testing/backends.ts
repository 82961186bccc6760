import fc from 'fast-check'
import {
  type Address,
  type Backend,
  compareAddresses,
  type Endpoint,
  formatAddress,
} from '../core/desired.js'
import { PersistentMap } from '../core/persistent-map.js'

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/production'
const names = ['web', 'api', 'mail', 'shop-2', 'a.b_c']
/** Few addresses, so that states share them and tasks reuse them. */
const hosts = ['10.0.0.1', '10.0.0.2', '172.16.0.10', 'fd00::1']

const addresses: fc.Arbitrary<Address> = fc.record({
  host: fc.constantFrom(...hosts),
  port: fc.constantFrom(80, 443, 8080, 32768, 32769),
})

/** A TCP endpoint of task `task`, as a projection creates it. */
export const endpointOf = (backend: string, { host, port }: Address, task: string): Endpoint => {
  const arn = `${cluster.replace(':cluster/', ':task/')}/${task}`
  return {
    id: `${arn}#app:8080/tcp`,
    task: arn,
    cluster,
    group: `service:${backend}`,
    definition: undefined,
    container: 'app',
    containerPort: 8080,
    host,
    ipv6: undefined,
    port,
    protocol: 'tcp',
    weight: undefined,
    labels: undefined,
  }
}

/** A backend with one task per address, ordered as in a projection. */
export const backendOf = (
  name: string,
  endpoints: readonly Address[],
  { gone = [], complete = true }: { readonly gone?: readonly Address[]; readonly complete?: boolean } = {},
): Backend => {
  const live = new Set(endpoints.map(formatAddress))
  return {
    name,
    endpoints: endpoints
      .map((address) =>
        endpointOf(name, address, `${name}-${formatAddress(address)}`.replaceAll(/[^a-z0-9]/g, '-')),
      )
      .sort((a, b) => compareAddresses(a, b) || (a.id < b.id ? -1 : 1)),
    gone: gone.filter((address) => !live.has(formatAddress(address))).toSorted(compareAddresses),
    complete,
  }
}

/** By name, as in a projection. */
export const backendsOf = (backends: Iterable<Backend>): PersistentMap<Backend> =>
  PersistentMap.from(Array.from(backends, (backend) => [backend.name, backend]))

const listed = (addresses: readonly Address[]): string => `[${addresses.map(formatAddress).join(', ')}]`

/** `desired: api=[] incomplete, gone [10.0.0.3:80]; web=[10.0.0.1:80, 10.0.0.2:80]`, for counter-examples. */
export const backendsText = (backends: PersistentMap<Backend>): string => {
  const each = [...backends.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, endpoints, complete, gone }) =>
        `${name}=${listed(endpoints)}${complete ? '' : ' incomplete'}${gone.length === 0 ? '' : `, gone ${listed(gone)}`}`,
    )
  return `desired: ${each.length === 0 ? 'nothing' : each.join('; ')}`
}

/** The same map, as fast-check prints it. */
const readable = (backends: PersistentMap<Backend>): PersistentMap<Backend> =>
  Object.defineProperty(backends, fc.toStringMethod, { value: () => backendsText(backends) })

const addressSet = fc.uniqueArray(addresses, { selector: formatAddress, maxLength: 6 })

/** Any number of backends, including none and empty ones; all complete or all incomplete. */
export const backendsArbitrary = ({
  complete,
}: {
  readonly complete: boolean
}): fc.Arbitrary<PersistentMap<Backend>> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), addressSet, addressSet), {
      selector: ([name]) => name,
      maxLength: names.length,
    })
    .map((entries) =>
      readable(backendsOf(entries.map(([name, live, gone]) => backendOf(name, live, { gone, complete })))),
    )
