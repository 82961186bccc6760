import type { ClusterArn, DefinitionArn, EndpointId, TaskArn } from './arn.js'
import type { Protocol } from './binding.js'
import type { BackendName } from './policy.js'
import type { PersistentMap } from './persistent-map.js'

/** Counts deliveries folded by this process. */
export type Revision = number

/** An IP address (version 6 without brackets) and a port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Where one port of one live task is reached. */
export interface Endpoint extends Address {
  readonly id: EndpointId
  readonly task: TaskArn
  readonly cluster: ClusterArn
  /** The task's group, such as `service:web`. */
  readonly group: string | undefined
  readonly definition: DefinitionArn | undefined
  readonly container: string
  readonly containerPort: number
  /** IPv4 where the host has one. */
  readonly host: string
  /** The host's IPv6 address, where it has one. */
  readonly ipv6: string | undefined
  readonly port: number
  readonly protocol: Protocol
  readonly weight: number | undefined
  readonly labels: Readonly<Record<string, string>> | undefined
}

export interface Backend {
  readonly name: BackendName
  /** Ordered by host, port and id; two live tasks may claim one address. */
  readonly endpoints: readonly Endpoint[]
  /**
   * Addresses that a gone task offered here and no live one does nor may; ordered, unique. Empty when `complete`,
   * and, where snapshots are promised, before the first.
   */
  readonly gone: readonly Address[]
  /**
   * True: `endpoints` is all there is, also when empty. False: there may be more, so what a target holds
   * beyond `endpoints` stays, unless it is `gone`.
   */
  readonly complete: boolean
}

/** A live task that is not offered as it should be. */
export interface Unresolved {
  readonly task: TaskArn
  readonly cluster: ClusterArn
  readonly why:
    /** Waits for the address of its container instance. */
    | 'instance-address'
    /** Waits for its task definition. */
    | 'task-definition'
    /** ECS has not told the address of its network interface. */
    | 'interface-address'
    /** A lookup that it needs was refused for good. Holds up its own service's backends alone. */
    | 'lookup-refused'
    /** Another service or cluster has the backend's name. */
    | 'name-taken'
    /** The policy refused it. */
    | 'refused'
  /** For people: what is missing, and what to do if it stays so. */
  readonly detail: string
}

/** What every target should hold. */
export interface Desired {
  readonly revision: Revision
  /** By name; backends that did not change since the last revision are the same object. */
  readonly backends: PersistentMap<Backend>
  /**
   * Every covered cluster has a whole snapshot, and no task's backend names are still unknown: what is not in
   * `backends` is not wanted, but for records that lead to `unjudged` hosts.
   */
  readonly complete: boolean
  /**
   * Covered clusters, by name or ARN, that have no whole snapshot yet and may still get one. Ordered. A cluster that
   * cannot be read for good is not among them.
   */
  readonly awaited: readonly string[]
  /**
   * Hosts of live tasks whose backends can never be named, because a lookup was refused for good. A record that leads
   * there may be theirs: it must not be taken away.
   */
  readonly unjudged: ReadonlySet<string>
  /**
   * By covered cluster that can be read: the order of its newest whole snapshot. What snapshots should say twice, they
   * have said when each of these is newer than it was.
   */
  readonly readings: ReadonlyMap<ClusterArn, number>
  /** By task. */
  readonly unresolved: PersistentMap<Unresolved>
}

/** As in a URL or a target list: version 6 addresses get brackets. */
export const formatAddress = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** The canonical order of addresses. */
export const compareAddresses = (a: Address, b: Address): number =>
  a.host === b.host ? a.port - b.port : a.host < b.host ? -1 : 1
