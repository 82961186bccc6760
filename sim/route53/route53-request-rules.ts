import { ApiFailure } from '../aws-api/api-failure.js'
import { recordTypes } from '../dns/dns-record-data.js'
import { type RecordSetChange, routingPolicies, valuesOf } from '../dns/route53-record-set.js'

/**
 * Checks the form of changes, regardless of the zone's contents.
 *
 * @throws {ApiFailure} `InvalidInput` for the first invalid one.
 */
export const checkRequest = (changes: readonly RecordSetChange[]): void => {
  for (const change of changes) checkChange(change)
}

const checkChange = (change: RecordSetChange): void => {
  const { ResourceRecordSet: set } = change
  if (!recordTypes.includes(set.Type))
    throw invalid(`Type must be one of [${recordTypes.join(', ')}] in Change with ${described(change)}`)
  const targets = [
    set.AliasTarget !== undefined,
    set.TTL !== undefined && set.ResourceRecords !== undefined && set.ResourceRecords.length > 0,
  ].filter(Boolean).length
  const halves = set.AliasTarget !== undefined && (set.TTL !== undefined || set.ResourceRecords !== undefined)
  if (targets !== 1 || halves)
    throw exactlyOne(
      'AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId',
      targets === 0,
      change,
    )
  const policies = routingPolicies(set)
  if (policies.length > 0 && set.SetIdentifier === undefined)
    throw invalid(`Missing field 'SetIdentifier' in Change with ${described(change)}`)
  if (set.SetIdentifier !== undefined && policies.length !== 1)
    throw exactlyOne(
      'Weight, Region, Failover, GeoLocation, or MultiValueAnswer',
      policies.length === 0,
      change,
    )
  if (set.SetIdentifier !== undefined && (set.SetIdentifier === '' || set.SetIdentifier.length > 128))
    throw invalid(`SetIdentifier must have 1 to 128 characters in Change with ${described(change)}`)
  if (valuesOf(set).some(({ length }) => length > 4000))
    throw invalid(`a Value must not have more than 4000 characters in Change with ${described(change)}`)
}

const exactlyOne = (choices: string, none: boolean, change: RecordSetChange): ApiFailure =>
  invalid(
    `Expected exactly one of [${choices}], but found ${none ? 'none' : 'more than one'} in Change with ${described(change)}`,
  )

const described = ({ Action, ResourceRecordSet: { Name, Type, SetIdentifier } }: RecordSetChange): string =>
  `[Action=${Action}, Name=${Name}, Type=${Type}, SetIdentifier=${SetIdentifier ?? 'null'}]`

const invalid = (why: string): ApiFailure => new ApiFailure('InvalidInput', `Invalid request: ${why}`)
