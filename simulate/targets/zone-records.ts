import type { RecordSet, RecordSets } from '../../sim/dns/route53-record-set.js'
import { valuesOf } from '../../sim/dns/route53-record-set.js'
import { zoneName } from '../servers/route53.js'
import type { TargetRecord } from './target-record.js'

/** What the name of a service is in the zone: what the worker's template makes of it. */
export const nameTemplate = '_{service}._tcp'

export const nameOf = (service: string): string => `_${service}._tcp.${zoneName}.`

const backendOf = (name: string): string =>
  new RegExp(`^_(.*)\\._tcp\\.${zoneName}\\.$`).exec(name)?.[1] ?? name

/** A record set as the SDK spells it, too. */
type Content = Partial<{
  readonly [K in 'Type' | 'SetIdentifier' | 'Weight' | 'TTL']: RecordSet[K] | undefined
}> & { readonly ResourceRecords?: readonly { readonly Value?: string | undefined }[] | undefined }

/** What each record set says, and nothing of how it is written. */
export const partsOf = (sets: readonly Content[]): readonly string[] =>
  sets
    .map(
      ({ Type, SetIdentifier = '', Weight = '', TTL, ResourceRecords = [] }) =>
        `${Type} ${SetIdentifier} ${Weight} ${TTL} [${ResourceRecords.map(({ Value = '' }) =>
          Value.replace(/\.$/, ''),
        )
          .sort()
          .join()}]`,
    )
    .sort()

/** Who owns the records of a name, by its ownership record. */
const ownerOf = (ownership: RecordSet | undefined): string | undefined => {
  const [value = ''] = ownership === undefined ? [] : valuesOf(ownership)
  return /^"heritage=ecs-task-stream,ecs-task-stream\/owner=([^",]*)/.exec(value)?.[1]
}

const targetOf = (
  value: string,
): { readonly weight: number; readonly port: string; readonly host: string } => {
  const [, weight = '', port = '', host = ''] = value.split(' ')
  return { weight: Number(weight), port, host: host.endsWith('.') ? host : `${host}.` }
}

/** The hosts that a record set leads to. */
export const hostsOf = (set: RecordSet): readonly string[] =>
  valuesOf(set).map((value) => targetOf(value).host)

/** The servers as a client finds them, who asks for the address of each host. */
const serversOf = (sets: readonly RecordSet[], records: RecordSets): ReadonlyMap<string, number> =>
  new Map(
    sets.flatMap((set) =>
      valuesOf(set).map((value): [string, number] => {
        const { weight, port, host } = targetOf(value)
        const address = records.get(`${host} A`)
        const [found = `no address of ${host}`] = address === undefined ? [] : valuesOf(address)
        return [`${found}:${port}`, set.Weight ?? weight]
      }),
    ),
  )

/** The records of a name: its SRV records and their ownership record. `undefined` if it has neither. */
export const recordAt = (
  name: string,
  sets: readonly RecordSet[],
  records: RecordSets,
): TargetRecord | undefined => {
  const ownership = records.get(`srv-${name} TXT`)
  if (sets.length === 0 && ownership === undefined) return undefined
  return {
    key: name.slice(0, -1),
    backend: backendOf(name),
    owner: ownership === undefined ? 'nobody, so others' : (ownerOf(ownership) ?? 'others'),
    servers: serversOf(sets, records),
    ofOthers: '',
    parts: partsOf(ownership === undefined ? sets : [...sets, ownership]),
  }
}
