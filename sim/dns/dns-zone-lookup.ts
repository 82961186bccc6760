import type { Random } from '../../src/core/clock.js'
import { type DomainName, domainName, nameOf } from './dns-domain-name.js'
import type { RecordSet, RecordSets } from './route53-record-set.js'

/** The record sets of one name, by type; empty if names exist below it only. */
export type DnsNode = ReadonlyMap<string, readonly RecordSet[]>

/** The record sets at a name, its own or a wildcard's (RFC 4592); undefined if the name does not exist. */
export const nodeAt = (records: RecordSets, name: DomainName): DnsNode | undefined => {
  const nodes = nodesOf(records)
  const own = nodes.get(name.text)
  if (own !== undefined) return own
  for (let cut = 1; cut <= name.labels.length; cut++) {
    const above = name.labels.slice(cut)
    // The closest existing name decides: a wildcard further up does not apply below it.
    if (nodes.has(nameOf(above).text)) return nodes.get(nameOf(['*', ...above]).text)
  }
  return undefined
}

/** The record sets that answer one question, by their routing policy. */
export const routed = (sets: readonly RecordSet[], random: Random): readonly RecordSet[] => {
  const [first] = sets
  if (first?.SetIdentifier === undefined) return sets
  if (first.MultiValueAnswer === true) return shuffled(sets, random).slice(0, 8)
  if (first.Failover !== undefined) return sets.filter(({ Failover }) => Failover === 'PRIMARY')
  if (first.Weight !== undefined) return weighted(sets, random)
  // Routing by latency or geography is not simulated.
  return sets.slice(Math.floor(random() * sets.length)).slice(0, 1)
}

/** One of the sets, with a probability proportional to its weight; if all weights are 0, any. */
const weighted = (sets: readonly RecordSet[], random: Random): readonly RecordSet[] => {
  const sum = sets.reduce((total, { Weight = 0 }) => total + Weight, 0)
  let drawn = random() * (sum === 0 ? sets.length : sum)
  const chosen = sets.find(({ Weight = 0 }) => (drawn -= sum === 0 ? 1 : Weight) < 0)
  return chosen === undefined ? [] : [chosen]
}

export const shuffled = <A>(items: readonly A[], random: Random): readonly A[] => {
  const copy = [...items]
  for (let last = copy.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[copy[last], copy[other]] = [copy[other]!, copy[last]!]
  }
  return copy
}

/** Every name that exists, including those between the zone and its records. Cached per map of records. */
const nodesOf = (records: RecordSets): ReadonlyMap<string, DnsNode> => {
  const known = readBefore.get(records)
  if (known !== undefined) return known
  const nodes = new Map<string, Map<string, RecordSet[]>>()
  for (const set of records.values()) {
    const byType = nodes.get(set.Name) ?? new Map<string, RecordSet[]>()
    byType.set(set.Type, [...(byType.get(set.Type) ?? []), set])
    nodes.set(set.Name, byType)
  }
  for (const text of [...nodes.keys()]) {
    let { labels } = domainName(text)
    while (labels.length > 0) {
      labels = labels.slice(1)
      const above = nameOf(labels).text
      if (nodes.has(above)) break
      nodes.set(above, new Map())
    }
  }
  readBefore.set(records, nodes)
  return nodes
}

const readBefore = new WeakMap<RecordSets, ReadonlyMap<string, DnsNode>>()
