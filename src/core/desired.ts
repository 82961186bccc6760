import type { ClusterArn, DefinitionArn, EndpointId, TaskArn } from './arn.js'
import type { Protocol } from './binding.js'
import type { BackendName } from './policy.js'
import type { PersistentMap } from './persistent-map.js'

/** The number of deliveries folded by this process. */
export type Revision = number

/** An IP address (IPv6 without brackets) and a port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * The part of its backend's requests that an endpoint gets, in a service that deploys in stages: see `deployments` in
 * policies.
 */
export interface Share {
  /** The ARN of the service revision; empty while no deployment is in progress. */
  readonly revision: string
  /** What the revision is in the deployment; a task of an unknown one gets nothing. */
  readonly role: 'source' | 'target' | 'unknown'
  /** Percent of the backend's requests for all endpoints of the revision together. */
  readonly percent: number
  /**
   * This endpoint's weight among all endpoints of the backend: an integer from 0 to 65,535. Balancing by it gives each
   * revision its percentage.
   */
  readonly weight: number
}

/** The address of one port of one live task. */
export interface Endpoint extends Address {
  readonly id: EndpointId
  readonly task: TaskArn
  readonly cluster: ClusterArn
  /** The task's group, such as `service:web`. */
  readonly group: string | undefined
  readonly definition: DefinitionArn | undefined
  readonly container: string
  readonly containerPort: number
  /** IPv4 if the host has it, otherwise IPv6. */
  readonly host: string
  /** The host's IPv6 address, if it has one. */
  readonly ipv6: string | undefined
  readonly port: number
  readonly protocol: Protocol
  /** The weight that the policy gave it. Targets balance by `trafficWeight`. */
  readonly weight: number | undefined
  /** `undefined` in services that deploy by rolling. */
  readonly share?: Share | undefined
  /** The availability zone of its task. */
  readonly zone?: string | undefined
  readonly labels: Readonly<Record<string, string>> | undefined
}

export interface Backend {
  readonly name: BackendName
  /** Ordered by host, port and id. Two live tasks may claim the same address. */
  readonly endpoints: readonly Endpoint[]
  /**
   * Addresses of gone tasks that no live task has or may have; sorted, without duplicates. Empty when `complete`, and
   * in covered clusters before the first snapshot.
   */
  readonly gone: readonly Address[]
  /**
   * True if `endpoints` is complete, even when empty. False if there may be more: everything else in a target stays,
   * unless it is `gone`.
   */
  readonly complete: boolean
}

/** A live task that is missing from its backends, or only partly in them. */
export interface Unresolved {
  readonly task: TaskArn
  readonly cluster: ClusterArn
  readonly why:
    /** The address of its container instance is pending. */
    | 'instance-address'
    /** Its task definition is pending. */
    | 'task-definition'
    /** ECS has not reported the address of its network interface. */
    | 'interface-address'
    /** The refusal of a lookup that it needs is final. Affects only the backends of its own service. */
    | 'lookup-refused'
    /** Another service or cluster holds the backend name. */
    | 'name-taken'
    /** The policy refused it. */
    | 'refused'
    /** ECS is being asked whether a deployment of its service holds back its traffic. */
    | 'deployment'
    /** The deployment of its service gives its revision no production traffic, for now. */
    | 'held'
    /** ECS has not reported it HEALTHY yet, which `healthChecks: 'required'` waits for. */
    | 'health-check'
  /** What is missing, and what to do if it stays missing; for people. */
  readonly detail: string
}

/** Whether an unresolved task waits for an answer that is being asked for, and will come or be refused. */
export const awaitsAnswer = (unresolved: Pick<Unresolved, 'why'> | undefined): boolean => {
  switch (unresolved?.why) {
    case 'instance-address':
    case 'task-definition':
    case 'deployment':
      return true
    // ECS was asked for the interface's address and has none yet, or for the health and the application is not ready,
    // for minutes or for ever. Deliveries that waited for that would fill what a source may have unsettled, and stop it.
    // A snapshot tells of the task again. Waiting would not change the others.
    case 'interface-address':
    case 'lookup-refused':
    case 'name-taken':
    case 'refused':
    case 'held':
    case 'health-check':
    case undefined:
      return false
  }
}

/** The desired content of all targets. */
export interface Desired {
  readonly revision: Revision
  /** By name. Backends that have not changed since the last revision are the same objects. */
  readonly backends: PersistentMap<Backend>
  /**
   * Whether every covered cluster has a complete snapshot, and the backend names of all tasks are known. Records that
   * are not in `backends` are then obsolete, except those that point to `unjudged` hosts.
   */
  readonly complete: boolean
  /**
   * Covered clusters, by name or ARN, that have no complete snapshot yet and may still get one. Sorted. Clusters whose
   * refusal is final are left out.
   */
  readonly awaited: readonly string[]
  /**
   * Hosts of live tasks whose backend names can never be known, because the refusal of a lookup is final. Records that
   * point to these hosts may be theirs, and must not be removed.
   */
  readonly unjudged: ReadonlySet<string>
  /**
   * The order of the newest complete snapshot of each readable covered cluster. Newer snapshots have confirmed
   * something when each of these values has increased.
   */
  readonly readings: ReadonlyMap<ClusterArn, number>
  /** By task. */
  readonly unresolved: PersistentMap<Unresolved>
}

/** The weight by which targets balance requests; `undefined` if neither a deployment nor the policy gives one. */
export const trafficWeight = ({ share, weight }: Pick<Endpoint, 'share' | 'weight'>): number | undefined =>
  share?.weight ?? weight

/** Formats an address as in a URL or a target list, with brackets for IPv6. */
export const formatAddress = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** The canonical order of addresses. */
export const compareAddresses = (a: Address, b: Address): number =>
  a.host === b.host ? a.port - b.port : a.host < b.host ? -1 : 1
