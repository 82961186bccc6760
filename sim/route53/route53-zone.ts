import type { Millis } from '../../src/core/clock.js'
import type { DomainName } from '../dns/dns-domain-name.js'
import { type RecordSet, recordSetKey, type RecordSets } from '../dns/route53-record-set.js'

/** The state of a hosted zone at one moment. */
export interface HostedZone {
  /** Without the leading `/hostedzone/`. */
  readonly id: string
  readonly name: DomainName
  readonly isPrivate: boolean
  readonly comment: string | undefined
  readonly callerReference: string
  /** The record sets in the API: after every accepted change. */
  readonly records: RecordSets
  /** The record sets that the name servers had from `since` on, the oldest first. The last are `records`. */
  readonly published: readonly { readonly since: Millis; readonly records: RecordSets }[]
}

/** The record sets that the name servers have at `now`. */
export const publishedAt = ({ published, records }: HostedZone, now: Millis): RecordSets =>
  published.findLast(({ since }) => since <= now)?.records ?? published[0]?.records ?? records

/** The zone after a change that the name servers have from `since` on. */
export const withRecords = (
  zone: HostedZone,
  records: RecordSets,
  { now, since }: { readonly now: Millis; readonly since: Millis },
): HostedZone => ({
  ...zone,
  records,
  // Forgets past versions, but keeps the current one.
  published: [
    { since: now, records: publishedAt(zone, now) },
    ...zone.published.filter((version) => version.since > now),
    { since, records },
  ],
})

/** The delegation set of every zone in this simulation. */
export const nameServers: readonly string[] = [
  'ns-1.awsdns-01.com',
  'ns-2.awsdns-02.net',
  'ns-3.awsdns-03.org',
  'ns-4.awsdns-04.co.uk',
]

/** The record sets that Route 53 creates with a zone. */
export const apexRecords = (name: DomainName): RecordSets => {
  const sets: readonly RecordSet[] = [
    {
      Name: name.text,
      Type: 'NS',
      TTL: 172_800,
      ResourceRecords: nameServers.map((server) => ({ Value: `${server}.` })),
    },
    {
      Name: name.text,
      Type: 'SOA',
      TTL: 900,
      ResourceRecords: [
        { Value: `${nameServers[0]!}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400` },
      ],
    },
  ]
  return new Map(sets.map((set) => [recordSetKey(set), set]))
}
