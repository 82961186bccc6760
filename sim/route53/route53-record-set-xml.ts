import { ApiFailure } from '../aws-api/api-failure.js'
import type { RecordSet, RecordSetChange } from '../dns/route53-record-set.js'
import { childOf, childrenOf, textOf, type XmlContent, type XmlElement } from './route53-xml.js'

/** The changes of a `ChangeResourceRecordSetsRequest`. */
export const changesIn = (request: XmlElement): readonly RecordSetChange[] => {
  const changes = childrenOf(childOf(childOf(request, 'ChangeBatch'), 'Changes'), 'Change')
  if (changes.length === 0)
    throw new ApiFailure('InvalidInput', 'Invalid XML ; the list of changes must not be empty.')
  return changes.map((change) => ({
    Action: actionOf(textOf(change, 'Action')),
    ResourceRecordSet: recordSetOf(childOf(change, 'ResourceRecordSet')),
  }))
}

const actionOf = (text: string | undefined): RecordSetChange['Action'] => {
  if (text === 'CREATE' || text === 'DELETE' || text === 'UPSERT') return text
  throw new ApiFailure(
    'InvalidInput',
    `Invalid XML ; '${text ?? ''}' is not one of [CREATE, DELETE, UPSERT].`,
  )
}

const recordSetOf = (element: XmlElement | undefined): RecordSet => {
  const alias = childOf(element, 'AliasTarget')
  const geography = childOf(element, 'GeoLocation')
  const records = childOf(element, 'ResourceRecords')
  return present<RecordSet>({
    Name: needed(element, 'Name'),
    Type: needed(element, 'Type'),
    SetIdentifier: textOf(element, 'SetIdentifier'),
    Weight: numberOf(element, 'Weight', 255),
    Region: textOf(element, 'Region'),
    Failover: textOf(element, 'Failover'),
    MultiValueAnswer: flagOf(element, 'MultiValueAnswer'),
    GeoLocation: typeof geography === 'object' ? (geography as Record<string, string>) : undefined,
    HealthCheckId: textOf(element, 'HealthCheckId'),
    TTL: numberOf(element, 'TTL', 2_147_483_647),
    ResourceRecords:
      records === undefined
        ? undefined
        : childrenOf(records, 'ResourceRecord').map((record) => ({ Value: textOf(record, 'Value') ?? '' })),
    AliasTarget:
      alias === undefined
        ? undefined
        : {
            HostedZoneId: needed(alias, 'HostedZoneId'),
            DNSName: needed(alias, 'DNSName'),
            EvaluateTargetHealth: flagOf(alias, 'EvaluateTargetHealth') ?? false,
          },
  })
}

const needed = (element: XmlElement | undefined, name: string): string => {
  const text = textOf(element, name)
  if (text === undefined || text === '')
    throw new ApiFailure('InvalidInput', `Invalid XML ; ${name} is missing.`)
  return text
}

const numberOf = (element: XmlElement | undefined, name: string, most: number): number | undefined => {
  const text = textOf(element, name)
  if (text === undefined) return undefined
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text)
  throw new ApiFailure('InvalidInput', `Invalid XML ; ${name} must be between 0 and ${most}, not '${text}'.`)
}

const flagOf = (element: XmlElement | undefined, name: string): boolean | undefined => {
  const text = textOf(element, name)
  return text === undefined ? undefined : text === 'true'
}

type Undefinable<A> = { readonly [K in keyof A]: A[K] | undefined }

/** Without the members that are undefined. */
const present = <A extends object>(members: Undefinable<A>): A =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as A

/** A record set as the content of an element. */
export const recordSetXml = ({ ResourceRecords, ...rest }: RecordSet): XmlContent => ({
  ...rest,
  ResourceRecords: ResourceRecords === undefined ? undefined : { ResourceRecord: ResourceRecords },
})
