/** What Envoy's endpoint discovery says about one cluster: a `ClusterLoadAssignment` of xDS v3, as JSON. Pure. */
import type { Address } from '../../core/desired.js'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../shared/codec/json.js'

/**
 * A `ClusterLoadAssignment` as Envoy reads it. What this package writes has `@type`, `cluster_name` and `endpoints`,
 * one item of `endpoints` per availability zone.
 */
export type EnvoyAssignment = JsonObject

/** One endpoint of an assignment. */
export interface EnvoyEndpoint extends Address {
  /** The availability zone; `undefined` if it is unknown. */
  readonly zone: string | undefined
  /** From 1, relative to the other endpoints of the cluster; `undefined`, as in Envoy, is 1. */
  readonly weight: number | undefined
}

export const assignmentType = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment'

const lbEndpoint = ({ host, port, weight }: EnvoyEndpoint): JsonObject => ({
  endpoint: { address: { socket_address: { address: host, port_value: port } } },
  ...(weight === undefined ? {} : { load_balancing_weight: weight }),
})

const locality = (zone: string, endpoints: readonly EnvoyEndpoint[]): JsonObject => ({
  ...(zone === '' ? {} : { locality: { zone } }),
  lb_endpoints: endpoints.map(lbEndpoint),
  // Only clusters with locality_weighted_lb_config read it, and give a zone without it no requests at all.
  load_balancing_weight: endpoints.reduce((sum, { weight = 1 }) => sum + weight, 0),
})

/** The assignment of a cluster. Endpoints keep their order within a zone. Envoy refuses a zone that is named twice. */
export const assignmentOf = (cluster: string, endpoints: readonly EnvoyEndpoint[]): EnvoyAssignment => {
  const zones = new Map<string, EnvoyEndpoint[]>()
  for (const endpoint of endpoints) {
    const zone = endpoint.zone ?? ''
    const its = zones.get(zone)
    if (its === undefined) zones.set(zone, [endpoint])
    else its.push(endpoint)
  }
  return {
    '@type': assignmentType,
    cluster_name: cluster,
    endpoints: [...zones.keys()].sort().map((zone) => locality(zone, zones.get(zone) ?? [])),
  }
}

const member = (json: Json | undefined, name: string): Json | undefined =>
  isJsonObject(json) ? json[name] : undefined

const items = (json: Json | undefined): readonly Json[] => (isJsonArray(json) ? json : [])

const textOf = (json: Json | undefined): string | undefined =>
  typeof json === 'string' && json !== '' ? json : undefined

const numberOf = (json: Json | undefined): number | undefined => (typeof json === 'number' ? json : undefined)

/** The endpoints in an assignment, whoever wrote it. What is no address with a port is left out. */
export const endpointsIn = (assignment: EnvoyAssignment): readonly EnvoyEndpoint[] =>
  items(assignment['endpoints']).flatMap((group) =>
    items(member(group, 'lb_endpoints')).flatMap((each) => {
      const socket = member(member(member(each, 'endpoint'), 'address'), 'socket_address')
      const host = textOf(member(socket, 'address'))
      const port = numberOf(member(socket, 'port_value'))
      return host === undefined || port === undefined
        ? []
        : [
            {
              host,
              port,
              zone: textOf(member(member(group, 'locality'), 'zone')),
              weight: numberOf(member(each, 'load_balancing_weight')),
            },
          ]
    }),
  )
