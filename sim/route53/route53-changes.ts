import { DnsFault, type DomainName, domainName, isWithin } from '../dns/dns-domain-name.js'
import { recordData } from '../dns/dns-record-data.js'
import { excess } from './route53-batch-limits.js'
import {
  type RecordSet,
  type RecordSetChange,
  recordSetKey,
  type RecordSets,
  valuesOf,
} from '../dns/route53-record-set.js'
import { conflicts, missingAtApex } from './route53-zone-rules.js'

/** A batch is applied as a whole, or refused with all reasons. */
export type Changed =
  | { readonly _tag: 'Changed'; readonly records: RecordSets }
  | { readonly _tag: 'Refused'; readonly messages: readonly string[] }

/** The maximum number of values of a record set. */
const mostValues = 400

/** Applies the changes one after another, each to the result of the previous one: DELETE comes before CREATE. */
export const changed = (
  zone: DomainName,
  records: RecordSets,
  changes: readonly RecordSetChange[],
): Changed => {
  const tooMuch = excess(changes)
  if (tooMuch.length > 0) return { _tag: 'Refused', messages: tooMuch }
  const { draft, apply } = drafted(zone, records)
  const messages = [...repeated(changes), ...changes.flatMap(apply)]
  const faults = messages.length > 0 ? messages : missingAtApex(zone, draft)
  return faults.length > 0 ? { _tag: 'Refused', messages: faults } : { _tag: 'Changed', records: draft }
}

/** A copy of the record sets, with a function that applies a change or reports why it cannot. */
const drafted = (zone: DomainName, records: RecordSets) => {
  const draft = new Map(records)
  const byName = new Map<string, Map<string, RecordSet>>()
  for (const [key, set] of records) siblings(byName, set.Name).set(key, set)
  const beside = { named: (name: string) => [...siblings(byName, name).values()] }

  const put = (key: string, set: RecordSet): readonly string[] => {
    const reasons = conflicts(zone, beside, set)
    if (reasons.length > 0) return reasons
    draft.set(key, set)
    siblings(byName, set.Name).set(key, set)
    return []
  }

  const apply = ({ Action, ResourceRecordSet }: RecordSetChange): readonly string[] => {
    const name = readName(ResourceRecordSet.Name)
    if (typeof name === 'string') return [name]
    const set: RecordSet = { ...ResourceRecordSet, Name: name.text }
    if (!isWithin(name, zone))
      return [`RRSet with DNS name ${set.Name} is not permitted in zone ${zone.text}`]
    const faults = valueFaults(set)
    if (faults.length > 0) return faults
    const key = recordSetKey(set)
    const held = draft.get(key)
    switch (Action) {
      case 'DELETE':
        if (held === undefined) return [`Tried to delete ${called(set)} but it was not found`]
        if (comparable(held) !== comparable(set))
          return [`Tried to delete ${called(set)} but the values provided do not match the current values`]
        draft.delete(key)
        siblings(byName, set.Name).delete(key)
        return []
      case 'CREATE':
        if (held !== undefined) return [`Tried to create ${called(set)} but it already exists`]
        return put(key, set)
      case 'UPSERT':
        return put(key, set)
    }
  }

  return { draft, apply }
}

const siblings = (byName: Map<string, Map<string, RecordSet>>, name: string): Map<string, RecordSet> => {
  const known = byName.get(name) ?? new Map<string, RecordSet>()
  byName.set(name, known)
  return known
}

/** The name, or the problem with it. */
const readName = (text: string): DomainName | string => {
  try {
    return domainName(text)
  } catch (error) {
    if (error instanceof DnsFault) return error.message
    throw error
  }
}

const valueFaults = (set: RecordSet): readonly string[] => {
  const values = valuesOf(set)
  const target = set.AliasTarget === undefined ? undefined : readName(set.AliasTarget.DNSName)
  if (typeof target === 'string') return [target]
  if (values.length > mostValues) return [`Cannot have more than ${mostValues} records in a RRSet`]
  if (values.length > 1 && (set.Type === 'CNAME' || set.Type === 'SOA'))
    return [`RRSet of type ${set.Type} with DNS name ${set.Name} must have exactly one value.`]
  return values.flatMap((value, at) => {
    try {
      recordData(set.Type, value)
      return values.indexOf(value) === at ? [] : [`Duplicate Resource Record: '${value}'`]
    } catch (error) {
      if (error instanceof DnsFault) return [`Invalid Resource Record: '${error.message}'`]
      throw error
    }
  })
}

/** A batch may change a record set once, or delete it and then create it again. */
const repeated = (changes: readonly RecordSetChange[]): readonly string[] => {
  const actions = new Map<string, { readonly title: string; readonly taken: string[] }>()
  for (const { Action, ResourceRecordSet: set } of changes) {
    const name = readName(set.Name)
    if (typeof name === 'string') continue
    const key = recordSetKey({ ...set, Name: name.text })
    const known = actions.get(key) ?? { title: `${set.Type} ${name.text}`, taken: [] }
    known.taken.push(Action)
    actions.set(key, known)
  }
  return [...actions.values()]
    .filter(({ taken }) => taken.length > 1 && !/^DELETE,(?:CREATE|UPSERT)$/.test(taken.join()))
    .map(({ title }) => `The request contains an invalid set of changes for a resource record set '${title}'`)
}

const called = ({ Name, Type, SetIdentifier }: RecordSet): string => {
  const identifier = SetIdentifier === undefined ? '' : `, set-identifier='${SetIdentifier}'`
  return `resource record set [name='${Name}', type='${Type}'${identifier}]`
}

/** Record sets that differ only in the order of their values have equal texts. */
const comparable = (set: RecordSet): string =>
  JSON.stringify([
    Object.entries({ ...set, ResourceRecords: undefined }).sort(([left], [right]) => (left < right ? -1 : 1)),
    [...valuesOf(set)].sort(),
  ])
