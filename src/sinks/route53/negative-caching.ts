/** How long resolvers remember that a name of a zone does not exist. Pure. */
import type { DnsName } from './dns-name.js'
import type { RecordSet } from './record-set.js'

/** Seconds. A name whose last task stopped may be missing for so long after its next one runs. */
const mostSeconds = 60

/** Seconds: the lesser of the SOA record's TTL and its last number (RFC 2308, 5). `undefined` where neither is told. */
export const negativeTtl = (sets: readonly RecordSet[], zone: DnsName): number | undefined => {
  const soa = sets.find(({ type, name }) => type === 'SOA' && name === zone)
  const minimum = /\s(\d{1,10})\s*$/.exec(soa?.values[0] ?? '')?.[1]
  return soa?.ttl === undefined || minimum === undefined ? undefined : Math.min(soa.ttl, Number(minimum))
}

/** For people: that it is long, and what to do. */
export const negativeCachingWarnings = (sets: readonly RecordSet[], zone: DnsName): readonly string[] => {
  const seconds = negativeTtl(sets, zone)
  return seconds === undefined || seconds <= mostSeconds
    ? []
    : [
        `resolvers remember for up to ${seconds} s that a name in the zone ${zone} does not exist. So a name that loses its last task ` +
          `and gets a new one may be missing for so long. Set the TTL of the zone's SOA record, or its last number, to ${mostSeconds} or less`,
      ]
}
