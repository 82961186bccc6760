import * as E from 'fp-ts/lib/Either.js'
import { type Address, type Backend, type Endpoint, formatAddress } from '../../core/desired.js'
import { keepsUnexplained } from '../../core/merge-incomplete.js'
import { shareWeights } from '../kit/revision-shares.js'
import { canonicalName } from './canonical-name.js'
import type { DnsName } from './dns-name.js'
import type { Sink } from '../../core/sink.js'
import { ownershipName } from './ownership.js'
import { canonicalAddress, hostName } from './host-name.js'
import { hostsIn, type SrvService, sameService, targetsIn } from './service.js'
import { type Shape, shaped, type Wanted } from './record-layout.js'

export interface RenderOptions {
  /** The zone's name. */
  readonly zone: () => DnsName
  readonly recordName: (backend: Backend) => string
  readonly shape: Shape
  /** TTL in seconds. */
  readonly ttl: number
}

/** The full name of a backend's records, or the reason why it is invalid. */
export const serviceName = (text: string, zone: DnsName): E.Either<string, DnsName> => {
  const absolute = text.endsWith('.') ? text.slice(0, -1) : text
  const inside = absolute.toLowerCase().endsWith(`.${zone}`)
  if (absolute !== text && !inside)
    return E.left(`it is not in the zone ${zone}, although it ends with a dot`)
  const named = canonicalName(inside ? absolute.slice(0, -zone.length - 1) : text, zone)
  // The name of its ownership record is longer.
  const ownership = E.chain((name: DnsName) => canonicalName(ownershipName(name)))(named)
  return E.isLeft(named) || E.isRight(ownership)
    ? named
    : E.left(`with the prefix "srv-" of its ownership record: ${ownership.left}`)
}

/** An address has one spelling in the zone. */
const canonical = ({ host, port }: Address): Address => ({ host: canonicalAddress(host) ?? host, port })

/** One target per address: of two tasks that claim it, the first. */
const byAddress = (endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint> => {
  const found = new Map<string, Endpoint>()
  for (const endpoint of endpoints) {
    const address = formatAddress(canonical(endpoint))
    const other = found.get(address)
    if (other === undefined || endpoint.id < other.id) found.set(address, endpoint)
  }
  return found
}

/** SRV numbers have 16 bits. */
const srvWeight = (weight = 1): number =>
  Number.isFinite(weight) ? Math.min(65_535, Math.max(0, Math.round(weight))) : 1

const refused = (name: string, refusal: string): SrvService => ({
  name,
  sets: [],
  hosts: new Map(),
  held: undefined,
  refusal,
})

const renderOne = (
  backend: Backend,
  name: DnsName,
  before: SrvService | undefined,
  { zone: zoneOf, shape, ttl }: RenderOptions,
): SrvService | undefined => {
  const zone = zoneOf()
  const live = byAddress(backend.endpoints)
  const endpoints = [...live.values()]
  const stays = keepsUnexplained({ ...backend, gone: [...backend.endpoints, ...backend.gone].map(canonical) })
  const others = targetsIn(before?.sets ?? []).filter(({ address, srv }) =>
    stays(address === undefined ? undefined : formatAddress({ host: address, port: srv.port })),
  )
  const weights = shareWeights(endpoints, others.length)
  const wanted: Wanted[] = []
  const ipv6 = new Map<DnsName, string>()
  for (const [i, { cluster, group = '', share, host, port, weight, ipv6: second }] of endpoints.entries()) {
    const target = hostName(host, zone)
    if (target === undefined) return refused(name, `an endpoint is at "${host}", which is not an IP address`)
    wanted.push({
      srv: { priority: 1, weight: srvWeight(weight), port, target },
      share: weights && {
        revision: `${cluster} ${group} ${share?.revision ?? ''}`,
        weight: srvWeight(weights.endpoints[i]),
      },
    })
    const other = second === undefined ? undefined : canonicalAddress(second)
    // All endpoints that have the value agree; if they do not, any deterministic choice will do.
    if (other !== undefined && other < (ipv6.get(target) ?? '~')) ipv6.set(target, other)
  }
  for (const target of others)
    wanted.push({ ...target, share: weights && { revision: '', weight: srvWeight(weights.others) } })
  // Without targets there is no record set; the name is emptied and stays owned.
  if (wanted.length === 0 && before === undefined) return undefined
  const sets = shaped(shape, name, wanted, { zone, ttl, held: before?.sets ?? [] })
  const ipv6Of = (host: DnsName) => ipv6.get(host) ?? before?.hosts.get(host)?.ipv6
  const after: SrvService = {
    name,
    sets,
    hosts: hostsIn(sets, zone, ipv6Of),
    held: undefined,
    refusal: undefined,
  }
  return before !== undefined && sameService(before, after) ? before : after
}

/**
 * `Sink.render`: the SRV records of each backend, by their full name. A backend that cannot have any gets a value with
 * the reason, under a key that is not a DNS name, so that only it is rejected.
 */
export const serviceRenderer = (
  options: RenderOptions,
): Required<Pick<Sink<SrvService>, 'render' | 'parts'>> => {
  // Unchanged backends are the same object from one state to the next.
  const namings = new WeakMap<Backend, E.Either<string, DnsName>>()

  const namingOf = (backend: Backend): E.Either<string, DnsName> => {
    const known = namings.get(backend)
    if (known !== undefined) return known
    const text = options.recordName(backend)
    const naming = E.mapLeft((why: string) => `"${text}" is not a valid name for SRV records: ${why}`)(
      serviceName(text, options.zone()),
    )
    namings.set(backend, naming)
    return naming
  }

  // The space makes it an impossible name.
  const keyWithout = ({ name }: Backend): string => `backend ${name}`

  const render: Sink<SrvService>['render'] = (backends, held) => {
    // If two backends have the same DNS name, the first in the order of their own names has it.
    const holders = new Map<DnsName, string>()
    for (const backend of backends.values()) {
      const naming = namingOf(backend)
      if (E.isLeft(naming)) continue
      const holder = holders.get(naming.right)
      if (holder === undefined || backend.name < holder) holders.set(naming.right, backend.name)
    }
    const wanted = new Map<string, SrvService>()
    const refuse = (backend: Backend, reason: string): void => {
      const key = keyWithout(backend)
      if (backend.endpoints.length > 0) wanted.set(key, refused(key, reason))
    }
    for (const backend of backends.values()) {
      const naming = namingOf(backend)
      if (E.isLeft(naming)) {
        refuse(backend, naming.left)
        continue
      }
      const name = naming.right
      const holder = holders.get(name) ?? ''
      if (holder !== backend.name) {
        refuse(
          backend,
          `the backend "${holder}" already has the name ${name}, and the DNS is case-insensitive`,
        )
        continue
      }
      const value = renderOne(backend, name, held.get(name), options)
      if (value !== undefined) wanted.set(name, value)
    }
    return wanted
  }

  return {
    render,
    // Backends of one DNS name are one part, because only one of them gets it.
    parts: {
      ofBackend: (backend) => E.getOrElse(() => keyWithout(backend))(namingOf(backend)),
      ofRecord: (key) => [key],
    },
  }
}
