/** A resource record set, spelled as in the API and the SDK. */
export interface RecordSet {
  /** Inside a zone: escaped, in lower case, with the trailing dot. */
  readonly Name: string
  readonly Type: string
  /** Set for every routing policy except the simple one. */
  readonly SetIdentifier?: string
  readonly Weight?: number
  readonly Region?: string
  readonly Failover?: string
  readonly MultiValueAnswer?: boolean
  readonly GeoLocation?: Readonly<Record<string, string>>
  readonly HealthCheckId?: string
  /** Seconds. */
  readonly TTL?: number
  readonly ResourceRecords?: readonly { readonly Value: string }[]
  readonly AliasTarget?: {
    readonly HostedZoneId: string
    readonly DNSName: string
    readonly EvaluateTargetHealth: boolean
  }
}

export interface RecordSetChange {
  readonly Action: 'CREATE' | 'DELETE' | 'UPSERT'
  readonly ResourceRecordSet: RecordSet
}

/** The record sets of a zone, by `recordSetKey`. */
export type RecordSets = ReadonlyMap<string, RecordSet>

/** The key that is unique among a zone's record sets. */
export const recordSetKey = ({ Name, Type, SetIdentifier }: RecordSet): string =>
  SetIdentifier === undefined ? `${Name} ${Type}` : `${Name} ${Type} ${SetIdentifier}`

export const valuesOf = ({ ResourceRecords = [] }: RecordSet): readonly string[] =>
  ResourceRecords.map(({ Value }) => Value)

/** The policies that need a `SetIdentifier`, as they are called in messages. */
export type RoutingPolicy = 'weighted' | 'latency' | 'failover' | 'geolocation' | 'multivalue'

/** The policies that the record set claims: one, or none if it is simple. */
export const routingPolicies = (set: RecordSet): readonly RoutingPolicy[] => {
  const claims: Readonly<Record<RoutingPolicy, unknown>> = {
    weighted: set.Weight,
    latency: set.Region,
    failover: set.Failover,
    geolocation: set.GeoLocation,
    multivalue: set.MultiValueAnswer,
  }
  return (Object.keys(claims) as RoutingPolicy[]).filter((policy) => claims[policy] !== undefined)
}
