import { type RecordSetChange, valuesOf } from '../dns/route53-record-set.js'

/** The maximums of one request, from the page "Quotas" of the developer guide. */
const mostRecords = 1000
const mostCharacters = 32_000

/** Why the batch is too large, if it is. An UPSERT counts twice; an alias counts as one record. */
export const excess = (changes: readonly RecordSetChange[]): readonly string[] => {
  let records = 0
  let characters = 0
  for (const { Action, ResourceRecordSet } of changes) {
    const times = Action === 'UPSERT' ? 2 : 1
    const values = valuesOf(ResourceRecordSet)
    records += times * (ResourceRecordSet.AliasTarget === undefined ? values.length : 1)
    characters += times * values.reduce((sum, { length }) => sum + length, 0)
  }
  return [
    ...(records > mostRecords ? [`Number of records limit of ${mostRecords} exceeded.`] : []),
    ...(characters > mostCharacters ? [`RDATA character limit of ${mostCharacters} exceeded.`] : []),
  ]
}
