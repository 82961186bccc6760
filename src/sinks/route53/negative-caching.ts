/** How long resolvers cache that a name of a zone does not exist. Pure. */
import type { DnsName } from './dns-name.js'
import type { RecordSet } from './record-set.js'

/** Seconds. A name that lost its last task may stay unresolvable for this long after its next task starts. */
const mostSeconds = 60

/**
 * Seconds: the lesser of the SOA record's TTL and its last number (RFC 2308, 5). `undefined` without a valid SOA
 * record.
 */
export const negativeTtl = (sets: readonly RecordSet[], zone: DnsName): number | undefined => {
  const soa = sets.find(({ type, name }) => type === 'SOA' && name === zone)
  const minimum = /\s(\d{1,10})\s*$/.exec(soa?.values[0] ?? '')?.[1]
  return soa?.ttl === undefined || minimum === undefined ? undefined : Math.min(soa.ttl, Number(minimum))
}

/** A warning for people that the time is long, and what to do about it. */
export const negativeCachingWarnings = (sets: readonly RecordSet[], zone: DnsName): readonly string[] => {
  const seconds = negativeTtl(sets, zone)
  return seconds === undefined || seconds <= mostSeconds
    ? []
    : [
        `resolvers cache for up to ${seconds} s that a name in the zone ${zone} does not exist. So a name that loses its last task ` +
          `and gets a new one may not resolve for that long. Set the TTL of the zone's SOA record, or its last number, to ${mostSeconds} or less`,
      ]
}
