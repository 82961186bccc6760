/** Record sets of Route 53 in one spelling, beside what they were read from. Pure. */
import type { ResourceRecordSet, RRType } from '@aws-sdk/client-route-53'
import type { DnsName } from './dns-name.js'

export interface RecordSet {
  /** As `recordName` spells it. */
  readonly name: string
  readonly type: RRType | undefined
  /** Of every routing policy but the simple one. */
  readonly identifier: string | undefined
  readonly weight: number | undefined
  /** Seconds. */
  readonly ttl: number | undefined
  /** Sorted; names inside as `recordName` spells them. None for an alias. */
  readonly values: readonly string[]
  /** As it was read, or will be written: what Route 53 compares a DELETE with. */
  readonly raw: ResourceRecordSet
}

export interface RecordSetChange {
  readonly action: 'CREATE' | 'DELETE'
  readonly set: RecordSet
}

/** What a value of an SRV record says. */
export interface SrvValue {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

/**
 * Lower case, without the last dot, and with the characters themselves where Route 53 answers `\` and three octal
 * digits, such as `\052` for `*`; but for a dot or backslash inside a label.
 */
export const recordName = (text: string): string =>
  (text.endsWith('.') ? text.slice(0, -1) : text)
    .replace(/\\([0-3][0-7]{2})/g, (escape, octal: string) => {
      const character = String.fromCharCode(Number.parseInt(octal, 8))
      return character === '.' || character === '\\' ? escape : character
    })
    .toLowerCase()

/** What a value says; undefined when it is no SRV value. */
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
  /** Makes it a weighted one, of weight 1. */
  readonly identifier?: string | undefined
}

/** A record set to write. `held`: the one that it replaces, of which everything stays that is not said here. */
export const newRecordSet = (
  { name, type, ttl, values, identifier }: NewRecordSet,
  held?: RecordSet,
): RecordSet =>
  recordSetOf({
    ...held?.raw,
    Name: `${name}.`,
    Type: type,
    TTL: ttl,
    ResourceRecords: [...values].sort().map((value) => ({ Value: value })),
    ...(identifier === undefined ? {} : { SetIdentifier: identifier, Weight: 1 }),
  })

/** All that we look at in a record set, as text: equal for equal ones, whatever the order of their values. */
export const contentOf = ({ name, type, identifier, weight, ttl, values }: RecordSet): string =>
  JSON.stringify([name, type, identifier, weight, ttl, values])
