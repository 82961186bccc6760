import type { Change as RecordChange, ResourceRecordSet } from '@aws-sdk/client-route-53'
import type { Route53Zones } from '../../sim/route53/route53-zones.js'
import { type Address, formatAddress } from '../../src/core/desired.js'
import { ownerIn, ownershipName, userOf, usersIn } from '../../src/sinks/route53/ownership.js'
import { addressIn, hostName } from '../../src/sinks/route53/host-name.js'
import { parseSrv, recordSetOf } from '../../src/sinks/route53/record-set.js'
import { type SrvService, targetsIn } from '../../src/sinks/route53/service.js'

export const record = (
  name: string,
  type: 'SRV' | 'TXT' | 'A' | 'AAAA' | 'CAA' | 'CNAME' | 'MX' | 'SOA',
  values: readonly string[],
  rest: Partial<ResourceRecordSet> = {},
): ResourceRecordSet => ({
  Name: name,
  Type: type,
  TTL: 300,
  ResourceRecords: values.map((Value) => ({ Value })),
  ...rest,
})

const dockerId = (text: string): string => Buffer.from(text.padEnd(32, '.')).toString('hex').slice(0, 64)

/** The host's name in EC2's domain, as its metadata tell it. */
export const ec2Name = (host: string): string =>
  `${host.includes(':') ? `i-${host.replaceAll(':', '')}` : `ip-${host.replaceAll('.', '-')}`}.eu-west-1.compute.internal`

/** An SRV record set as an agent of ecssd writes it. */
export const ecssdRecord = (
  name: string,
  { host, port }: Address,
  id = `${host}:${port}`,
): ResourceRecordSet =>
  record(name, 'SRV', [`1 1 ${port} ${ec2Name(host)}`], {
    TTL: 0,
    Weight: 1,
    SetIdentifier: `${ec2Name(host)}:${dockerId(id)}`,
  })

/** The A record of a host as an agent of ecssd writes it. */
export const ecssdHost = (host: string, zone: string): ResourceRecordSet =>
  record(`ip-${host.replaceAll('.', '-')}.${zone}`, 'A', [host], {
    TTL: 0,
    Weight: 1,
    SetIdentifier: ec2Name(host),
  })

/** What a value offers. */
export const offeredBy = ({ sets }: SrvService): readonly string[] => [
  ...new Set(
    targetsIn(sets).flatMap(({ address, srv }) =>
      address === undefined ? [] : [formatAddress({ host: address, port: srv.port })],
    ),
  ),
]

/** A zone as people and other tools see it: raw, and without conditions. */
export class ZoneOfServices {
  private constructor(
    readonly route53: Route53Zones,
    readonly zone: string,
    readonly zoneId: string,
  ) {}

  static async create(route53: Route53Zones, zone: string): Promise<ZoneOfServices> {
    return new ZoneOfServices(route53, zone, await route53.createZone(zone))
  }

  /** Without those that every zone has. */
  async sets(): Promise<readonly ResourceRecordSet[]> {
    return (await this.route53.recordSets(this.zoneId)).filter(({ Type }) => Type !== 'NS' && Type !== 'SOA')
  }

  async at(name: string, type: string): Promise<readonly ResourceRecordSet[]> {
    return (await this.sets()).filter((set) => set.Name === `${name}.` && set.Type === type)
  }

  async put(...sets: readonly ResourceRecordSet[]): Promise<void> {
    await this.change(...sets.map((set) => ({ Action: 'UPSERT', ResourceRecordSet: set }) as const))
  }

  async remove(...sets: readonly ResourceRecordSet[]): Promise<void> {
    await this.change(...sets.map((set) => ({ Action: 'DELETE', ResourceRecordSet: set }) as const))
  }

  async change(...changes: readonly RecordChange[]): Promise<void> {
    for (let from = 0; from < changes.length; from += 400)
      await this.route53.change(this.zoneId, changes.slice(from, from + 400))
  }

  /** By name, its SRV records and its ownership record. */
  async services(): Promise<ReadonlyMap<string, readonly ResourceRecordSet[]>> {
    const services = new Map<string, ResourceRecordSet[]>()
    const all = await this.sets()
    for (const set of all) {
      const name = recordSetOf(set).name
      const service =
        set.Type === 'SRV' ? name : set.Type === 'TXT' ? /^srv-(.+)$/.exec(name)?.[1] : undefined
      if (service !== undefined) services.set(service, [...(services.get(service) ?? []), set])
    }
    return services
  }

  /**
   * What is wrong in the zone: names of `owners` that lead to a host without addresses, hosts that do not know of who
   * uses them, and hosts that nobody uses.
   */
  async faults(...owners: readonly string[]): Promise<readonly string[]> {
    const sets = (await this.sets()).map(recordSetOf)
    const ownershipRecords = new Map(sets.filter(({ type }) => type === 'TXT').map((set) => [set.name, set]))
    const resolves = (name: string, address: string): boolean =>
      sets.some(
        (set) =>
          set.name === name && (set.type === 'A' || set.type === 'AAAA') && set.values.includes(address),
      )
    const faults: string[] = []
    const expected = new Map<string, Set<string>>()
    for (const set of sets) {
      if (set.type !== 'SRV') continue
      const ownership = ownershipRecords.get(ownershipName(set.name))
      const owner = ownership === undefined ? undefined : ownerIn(ownership)
      if (owner === undefined || !owners.includes(owner)) continue
      for (const value of set.values) {
        const target = parseSrv(value)!
        const address = addressIn(target.target)
        if (address === undefined || hostName(address, this.zone) !== target.target) continue
        if (!resolves(target.target, address))
          faults.push(`${set.name} leads to ${target.target}, which is not there`)
        const users = expected.get(target.target) ?? new Set()
        expected.set(target.target, users.add(userOf(owner, set.name)))
      }
    }
    for (const [name, ownership] of ownershipRecords) {
      const users = usersIn(ownership)
      if (users === undefined) continue
      const [known, real] = [[...users].sort(), [...(expected.get(name) ?? [])].sort()]
      if (known.join() !== real.join())
        faults.push(`${name} knows of ${known.join()}, and is used by ${real.join()}`)
    }
    return faults
  }
}
