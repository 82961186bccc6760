/** Record sets of Route 53 in canonical form, together with the original. Pure. */
import type { ResourceRecordSet, RRType } from '@aws-sdk/client-route-53'
import type { DnsName } from './dns-name.js'

export interface RecordSet {
  /** In the canonical form of `recordName`. */
  readonly name: string
  readonly type: RRType | undefined
  /** Set for every routing policy except the simple one. */
  readonly identifier: string | undefined
  readonly weight: number | undefined
  /** TTL in seconds. */
  readonly ttl: number | undefined
  /** Sorted, with names in the canonical form of `recordName`. Empty for an alias. */
  readonly values: readonly string[]
  /** As read, or as it will be written: Route 53 compares a DELETE with it. */
  readonly raw: ResourceRecordSet
}

export interface RecordSetChange {
  readonly action: 'CREATE' | 'DELETE'
  readonly set: RecordSet
}

/** The fields of an SRV value. */
export interface SrvValue {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

/**
 * The canonical form of a name: lower case, without the trailing dot, and unescaped: Route 53 writes some characters as
 * `\` and three octal digits, such as `\052` for `*`. Escaped dots and backslashes inside a label stay escaped.
 */
export const recordName = (text: string): string =>
  (text.endsWith('.') ? text.slice(0, -1) : text)
    .replace(/\\([0-3][0-7]{2})/g, (escape, octal: string) => {
      const character = String.fromCharCode(Number.parseInt(octal, 8))
      return character === '.' || character === '\\' ? escape : character
    })
    .toLowerCase()

/** Parses an SRV value; undefined if it is not one. */
export const parseSrv = (value: string): SrvValue | undefined => {
  const [, priority, weight, port, target] =
    /^\s*(\d{1,5})\s+(\d{1,5})\s+(\d{1,5})\s+(\S+)\s*$/.exec(value) ?? []
  return target === undefined
    ? undefined
    : { priority: Number(priority), weight: Number(weight), port: Number(port), target: recordName(target) }
}

export const formatSrv = ({ priority, weight, port, target }: SrvValue): string =>
  `${priority} ${weight} ${port} ${target}`

const canonicalValue = (type: string | undefined, value: string): string => {
  const srv = type === 'SRV' ? parseSrv(value) : undefined
  return srv === undefined ? value : formatSrv(srv)
}

export const recordSetOf = (raw: ResourceRecordSet): RecordSet => ({
  name: recordName(raw.Name ?? ''),
  type: raw.Type,
  identifier: raw.SetIdentifier,
  weight: raw.Weight,
  ttl: raw.TTL,
  values: (raw.ResourceRecords ?? []).map(({ Value = '' }) => canonicalValue(raw.Type, Value)).sort(),
  raw,
})

export interface NewRecordSet {
  readonly name: DnsName
  readonly type: RRType
  readonly ttl: number
  readonly values: readonly string[]
  /** Makes the set a weighted one. */
  readonly identifier?: string | undefined
  /** Of a weighted set: 0 to 255. Default: 1. */
  readonly weight?: number | undefined
}

/** A record set to write. `held`: the set that it replaces; what is not given here is kept from it. */
export const newRecordSet = (
  { name, type, ttl, values, identifier, weight = 1 }: NewRecordSet,
  held?: RecordSet,
): RecordSet =>
  recordSetOf({
    ...held?.raw,
    Name: `${name}.`,
    Type: type,
    TTL: ttl,
    ResourceRecords: [...values].sort().map((value) => ({ Value: value })),
    ...(identifier === undefined ? {} : { SetIdentifier: identifier, Weight: weight }),
  })

/** Everything we compare of a record set, as text: equal for equal sets, regardless of the order of their values. */
export const contentOf = ({ name, type, identifier, weight, ttl, values }: RecordSet): string =>
  JSON.stringify([name, type, identifier, weight, ttl, values])
