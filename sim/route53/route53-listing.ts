import { ApiFailure } from '../aws-api/api-failure.js'
import { DnsFault, domainName } from '../dns/dns-domain-name.js'
import type { RecordSet, RecordSets } from '../dns/route53-record-set.js'

/** A page of a zone. `next` is the first record set of the following one. */
export interface Listed {
  readonly sets: readonly RecordSet[]
  readonly size: number
  readonly next: RecordSet | undefined
}

/** The largest and the default page size. */
export const largestPage = 300

/** The page of the zone that `name`, `type`, `identifier` and `maxitems` select. */
export const listed = (records: RecordSets, query: URLSearchParams): Listed => {
  const places = sorted(records)
  const size = pageSize(query.get('maxitems'))
  const start = startOf(query)
  const found = start === undefined ? 0 : places.findIndex((place) => comparePlaces(place, start) >= 0)
  const first = found < 0 ? places.length : found
  return {
    sets: places.slice(first, first + size).map(({ set }) => set),
    size,
    next: places[first + size]?.set,
  }
}

/** The sort key of a record set: its name from the root down, then its type, then its identifier. */
type Place = readonly [order: string, type: string, identifier: string]

const comparePlaces = ({ place: left }: { place: Place }, { place: right }: { place: Place }): number =>
  compare(left[0], right[0]) || compare(left[1], right[1]) || compare(left[2], right[2])

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

interface Placed {
  readonly place: Place
  readonly set: RecordSet
}

/** In order. A zone is sorted once after each change. */
const sorted = (records: RecordSets): readonly Placed[] => {
  const known = sortedBefore.get(records)
  if (known !== undefined) return known
  const places = [...records.values()].map((set): Placed => ({
    place: [domainName(set.Name).order, set.Type, set.SetIdentifier ?? ''],
    set,
  }))
  places.sort(comparePlaces)
  sortedBefore.set(records, places)
  return places
}

const sortedBefore = new WeakMap<RecordSets, readonly Placed[]>()

const startOf = (query: URLSearchParams): { readonly place: Place } | undefined => {
  const name = query.get('name')
  const type = query.get('type')
  const identifier = query.get('identifier')
  if (name === null && type !== null) throw invalid('StartRecordType needs a StartRecordName')
  if (type === null && identifier !== null) throw invalid('StartRecordIdentifier needs a StartRecordType')
  if (name === null) return undefined
  try {
    return { place: [domainName(name).order, type ?? '', identifier ?? ''] }
  } catch (error) {
    if (error instanceof DnsFault) throw invalid(error.message)
    throw error
  }
}

const pageSize = (asked: string | null): number => {
  if (asked === null) return largestPage
  if (!/^\d{1,9}$/.test(asked) || Number(asked) < 1)
    throw invalid(`MaxItems must be a whole number from 1, not '${asked}'`)
  return Math.min(Number(asked), largestPage)
}

const invalid = (why: string): ApiFailure => new ApiFailure('InvalidInput', `Invalid request: ${why}`)
