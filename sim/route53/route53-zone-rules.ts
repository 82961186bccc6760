import type { DomainName } from '../dns/dns-domain-name.js'
import { type RecordSet, recordSetKey, type RecordSets, routingPolicies } from '../dns/route53-record-set.js'

/** The maximum number of record sets with one name and type that are not simple. */
const mostAlternatives = 100

/** Why the record set conflicts with others of the zone, if it does. */
export const conflicts = (zone: DomainName, records: Siblings, set: RecordSet): readonly string[] => {
  const key = recordSetKey(set)
  const others = records.named(set.Name).filter((other) => recordSetKey(other) !== key)
  return [
    ...aliasConflicts(zone, others, set),
    ...policyConflicts(
      others.filter(({ Type }) => Type === set.Type),
      set,
    ),
  ]
}

/** A CNAME must be the only record of its name (RFC 1034, 3.6.2). */
const aliasConflicts = (
  { text: zone }: DomainName,
  others: readonly RecordSet[],
  { Name, Type }: RecordSet,
): readonly string[] => {
  const subject = `RRSet of type ${Type} with DNS name ${Name} is not permitted`
  if (Type === 'CNAME' && Name === zone) return [`${subject} at apex in zone ${zone}`]
  if (Type === 'CNAME' && others.some((other) => other.Type !== 'CNAME'))
    return [`${subject} as it conflicts with other records with the same DNS name in zone ${zone}`]
  if (Type !== 'CNAME' && others.some((other) => other.Type === 'CNAME'))
    return [
      `${subject} because a conflicting RRSet of type CNAME with the same DNS name already exists in zone ${zone}`,
    ]
  return []
}

/** All record sets of one name and type have one policy, and a simple one is alone. Aliases have no TTL. */
const policyConflicts = (others: readonly RecordSet[], set: RecordSet): readonly string[] => {
  if (others.length === 0) return []
  const [policy] = routingPolicies(set)
  const { Name, Type } = set
  if (policy === undefined)
    return [
      `RRSet with DNS name ${Name}, type ${Type} cannot be created as other RRSets exist with the same name and type.`,
    ]
  const subject = `RRSet with DNS name ${Name}, type ${Type}, SetIdentifier ${set.SetIdentifier ?? ''} cannot be created`
  if (others.some((other) => !routingPolicies(other).includes(policy)))
    return [`${subject} as a non-${policy} set exists with the same name and type.`]
  if (policy === 'weighted' && set.TTL !== undefined && others.some(({ TTL = set.TTL }) => TTL !== set.TTL))
    return [`${subject} as weighted sets must contain the same TTL.`]
  if (others.length >= mostAlternatives)
    return [`${subject} as there are ${mostAlternatives} sets with the same name and type.`]
  return []
}

/** Record sets by name, updated during a batch. */
export interface Siblings {
  named(name: string): readonly RecordSet[]
}

/** Refusals for the records that a zone must have and lacks. */
export const missingAtApex = ({ text }: DomainName, records: RecordSets): readonly string[] => [
  ...(records.has(`${text} NS`)
    ? []
    : ['A HostedZone must contain at least one NS record for the zone itself.']),
  ...(records.has(`${text} SOA`) ? [] : ['A HostedZone must contain exactly one SOA record.']),
]
