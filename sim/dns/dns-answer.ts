import { type Answer, AUTHORITATIVE_ANSWER, type Packet, type Question } from 'dns-packet'
import type { Random } from '../../src/core/clock.js'
import { DnsFault, type DomainName, domainName, isWithin } from './dns-domain-name.js'
import { recordData, wireName } from './dns-record-data.js'
import { nodeAt, routed, shuffled } from './dns-zone-lookup.js'
import { type RecordSet, type RecordSets, valuesOf } from './route53-record-set.js'

/** The state of a zone for the name servers. */
export interface PublishedZone {
  readonly name: DomainName
  readonly records: RecordSets
}

/** Response codes (RFC 1035, 4.1.1), which `dns-packet` expects in the low bits of the flags. */
export const rcode = { formatError: 1, nameError: 3, notImplemented: 4, refused: 5 } as const

/** The parts of a packet besides the question. */
export type DnsAnswer = Pick<Packet, 'flags' | 'answers' | 'authorities' | 'additionals'>

/** The most aliases in a chain; more count as a cycle. */
const longestChain = 8

/** The authoritative answer to a question, from the most specific zone for its name. */
export const dnsAnswer = (
  zones: readonly PublishedZone[],
  question: Pick<Question, 'name' | 'type'>,
  random: Random,
): DnsAnswer => {
  const name = questioned(question.name)
  if (name === undefined) return { flags: rcode.formatError }
  const zone = closest(zones, name)
  // Route 53 transfers no zones.
  if (zone === undefined || question.type === 'AXFR' || question.type === 'IXFR')
    return { flags: rcode.refused }
  const answers = answersTo(zone, name, question.type, random)
  if (answers === undefined)
    return { flags: AUTHORITATIVE_ANSWER | rcode.nameError, authorities: authority(zone) }
  return {
    flags: AUTHORITATIVE_ANSWER,
    // In the same case as the question: resolvers check it.
    answers: answers.map((answer) =>
      answer.name === wireName(name.text) ? { ...answer, name: question.name } : answer,
    ),
    ...(answers.length === 0
      ? { authorities: authority(zone) }
      : { additionals: targetsOf(zone, answers, random) }),
  }
}

const questioned = (name: string): DomainName | undefined => {
  try {
    return domainName(name.replace(/[^!-~]|\\/g, escapedBytes))
  } catch (error) {
    if (error instanceof DnsFault) return undefined
    throw error
  }
}

const escapedBytes = (char: string): string =>
  [...Buffer.from(char)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')

const closest = (zones: readonly PublishedZone[], name: DomainName): PublishedZone | undefined =>
  zones
    .filter((zone) => isWithin(name, zone.name))
    .reduce<PublishedZone | undefined>(
      (best, zone) => (best === undefined || zone.name.labels.length > best.name.labels.length ? zone : best),
      undefined,
    )

/** Undefined if the name does not exist; an empty list if it has no records of the type. */
const answersTo = (
  zone: PublishedZone,
  asked: DomainName,
  type: string,
  random: Random,
): readonly Answer[] | undefined => {
  const answers: Answer[] = []
  let name = asked
  for (let step = 0; step < longestChain; step++) {
    const node = nodeAt(zone.records, name)
    if (node === undefined) return step === 0 ? undefined : answers
    const sets = node.get(type)
    if (sets !== undefined)
      return [...answers, ...routed(sets, random).flatMap((set) => answersFrom(zone, name, set, random))]
    const [alias] = routed(node.get('CNAME') ?? [], random)
    if (alias === undefined) return answers
    answers.push(...answersFrom(zone, name, alias, random))
    const target = domainName(valuesOf(alias)[0] ?? '')
    if (!isWithin(target, zone.name)) return answers
    name = target
  }
  return answers
}

/** The records of a set, under the name in the question. Empty if an alias points outside the zones. */
const answersFrom = (
  zone: PublishedZone,
  name: DomainName,
  set: RecordSet,
  random: Random,
): readonly Answer[] => {
  if (set.AliasTarget !== undefined) {
    const target = domainName(set.AliasTarget.DNSName)
    const sets = nodeAt(zone.records, target)?.get(set.Type) ?? []
    return routed(sets, random).flatMap((each) =>
      each.AliasTarget === undefined ? answersFrom(zone, name, each, random) : [],
    )
  }
  return shuffled(valuesOf(set), random).flatMap((value) => {
    const data = recordData(set.Type, value)
    if (data === undefined) return []
    return [{ name: wireName(name.text), type: set.Type, ttl: set.TTL ?? 0, data } as Answer]
  })
}

/** The SOA record for negative caching. Its TTL is the lesser of its own TTL and its last number. */
const authority = (zone: PublishedZone): Answer[] =>
  (nodeAt(zone.records, zone.name)?.get('SOA') ?? []).flatMap((set) =>
    answersFrom(zone, zone.name, set, () => 0),
  )

/** The addresses of servers that the answers name, if they are in the zone. */
const targetsOf = (zone: PublishedZone, answers: readonly Answer[], random: Random): Answer[] => {
  const names = new Set(answers.flatMap((answer) => (answer.type === 'SRV' ? [answer.data.target] : [])))
  return [...names].flatMap((text) => {
    const name = questioned(text)
    if (name === undefined || !isWithin(name, zone.name)) return []
    return ['A', 'AAAA'].flatMap((type) => answersTo(zone, name, type, random) ?? [])
  })
}
