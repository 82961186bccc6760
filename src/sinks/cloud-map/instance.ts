/** Instances of a Cloud Map service: what we register, and whose the others are. Pure. */
import { type Endpoint, formatAddress } from '../../core/desired.js'
import type { Owner } from '../../core/sink.js'

/** One of our instances. */
export type CloudMapInstance = {
  /** `10.0.0.1:80`, or `[fd00::1]:80`. */
  readonly address: string
  /** All attributes but the owner. */
  readonly attributes: Readonly<Record<string, string>>
}

/** What we keep in one service. */
export type CloudMapInstances = {
  /** Ordered by address; each address once. */
  readonly instances: readonly CloudMapInstance[]
}

/** An instance as Cloud Map lists it. */
export interface ListedInstance {
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
}

const idPrefix = 'ecs-task-stream:'
export const ownerAttribute = 'ECS_TASK_STREAM_OWNER'

/** Ids have no brackets. */
export const instanceId = (address: string): string => `${idPrefix}${address.replaceAll(/[[\]]/g, '')}`

export const isOurs = ({ id, attributes }: ListedInstance): boolean =>
  id.startsWith(idPrefix) && attributes[ownerAttribute] !== undefined

/** Whether ECS itself registered it, by its service discovery or Service Connect. */
export const isOfEcs = ({ id, attributes }: ListedInstance): boolean =>
  !id.startsWith(idPrefix) &&
  (attributes['ECS_SERVICE_NAME'] !== undefined || attributes['ECS_CLUSTER_NAME'] !== undefined)

/** The instance of an endpoint. */
export const instanceOf = (endpoint: Endpoint): CloudMapInstance => {
  const { host, ipv6, port, task, zone } = endpoint
  const isIpv6 = host.includes(':')
  return {
    address: formatAddress(endpoint),
    attributes: {
      ...(isIpv6 ? { AWS_INSTANCE_IPV6: host } : { AWS_INSTANCE_IPV4: host }),
      ...(isIpv6 || ipv6 === undefined ? {} : { AWS_INSTANCE_IPV6: ipv6 }),
      AWS_INSTANCE_PORT: String(port),
      ...(zone === undefined ? {} : { AVAILABILITY_ZONE: zone }),
      ECS_TASK_ARN: task,
    },
  }
}

export const attributesFor = (owner: Owner, { attributes }: CloudMapInstance): Record<string, string> => ({
  ...attributes,
  [ownerAttribute]: owner,
})

export const byAddress = (a: CloudMapInstance, b: CloudMapInstance): number =>
  a.address < b.address ? -1 : a.address > b.address ? 1 : 0

/** Our instances among those of a service. */
export const ownInstances = (listed: readonly ListedInstance[]): CloudMapInstances => {
  const found = new Map<string, CloudMapInstance>()
  for (const instance of listed.filter(isOurs)) {
    const { [ownerAttribute]: _, ...attributes } = instance.attributes
    const host = attributes['AWS_INSTANCE_IPV4'] ?? attributes['AWS_INSTANCE_IPV6'] ?? ''
    const address = formatAddress({ host, port: Number(attributes['AWS_INSTANCE_PORT'] ?? 0) })
    found.set(address, { address, attributes })
  }
  return { instances: [...found.values()].sort(byAddress) }
}
