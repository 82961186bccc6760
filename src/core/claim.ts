/** The contribution of one task to backends. The projection is incremental by claims. */
import type { Addresses } from './addresses.js'
import type { ClusterArn, EndpointId, TaskArn } from './arn.js'
import type { Millis } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import { daemonDefinition, isDaemon } from './daemon-task.js'
import { type Address, compareAddresses, type Endpoint, type Share, type Unresolved } from './desired.js'
import { extended } from './extended.js'
import type { BackendName, Policy, ExposedPort, Exposure } from './policy.js'
import { defaultHealthChecks, firstHealthOf, hasHealthCheck, type HealthChecks } from './health-checks.js'
import { defaultHealthPolicy, type HealthPolicy } from './health-policy.js'
import { withoutInjected } from './injected-container.js'
import { interned } from './interned.js'
import { believed, containerLiveness, livenessOf } from './liveness.js'
import { portFault } from './port-fault.js'
import type { TaskDefinition } from './task-definition.js'
import type { Task } from './task.js'
import { atOnce, type Traffic, trafficOf } from './traffic.js'

export type Claim =
  | { readonly _tag: 'Live'; readonly backend: BackendName; readonly endpoint: Endpoint }
  /** The task runs, but is exposed only if its backend has no other endpoint: see `HealthPolicy`. */
  | { readonly _tag: 'Unhealthy'; readonly backend: BackendName; readonly endpoint: Endpoint }
  | { readonly _tag: 'Gone'; readonly backend: BackendName; readonly address: Address }
  /** A live task that will claim the backend once a lookup has answered; on `host`, if that is already known. */
  | { readonly _tag: 'Waiting'; readonly backend: BackendName; readonly host: string | undefined }

export interface TaskClaims {
  readonly task: TaskArn
  readonly cluster: ClusterArn
  /** The task's group. One cluster and group holds a name, unless the policy pools: see `originOf`. */
  readonly group: string | undefined
  readonly claims: readonly Claim[]
  readonly unresolved: Unresolved | undefined
  /** Set for a live task whose backend names are unknown. */
  readonly nameless: Nameless | undefined
}

/** The cluster and group that claim, as one text. */
export const originOf = ({ cluster, group = '' }: Pick<TaskClaims, 'cluster' | 'group'>): string =>
  `${cluster} ${group}`

/**
 * Why a live task's backend names are unknown: its definition is pending or finally refused. `host`: its host, if
 * known.
 */
export interface Nameless {
  readonly why: 'waiting' | 'refused'
  readonly host: string | undefined
}

/**
 * In awsvpc mode, the task has its own network interface, even on an instance, so the instance's address would be wrong
 * until the interface is known.
 */
export const hostOf = (
  task: Task,
  definition: TaskDefinition | undefined,
  state: ClusterState,
): Addresses | undefined => {
  if (task.interface !== undefined) return task.interface
  if (task.instance === undefined || definition?.networkMode === 'awsvpc') return undefined
  return state.instances.get(task.instance)?.addresses
}

const unresolved = (task: Task, why: Unresolved['why'], detail: string): Unresolved => ({
  task: task.arn,
  cluster: task.cluster,
  why,
  detail,
})

/** Moves ports with faults to `refused`. */
const withoutFaults = (exposure: Exposure): Exposure => {
  if (exposure._tag !== 'Ports') return exposure
  const faults = exposure.ports.flatMap((port) => portFault(port) ?? [])
  if (faults.length === 0) return exposure
  return {
    _tag: 'Ports',
    ports: exposure.ports.filter((port) => portFault(port) === undefined),
    refused: [...(exposure.refused ?? []), ...faults.slice(0, 3)],
  }
}

/** Calls the policy with the user's own containers only. A policy that throws affects only this task. */
export const exposureOf = (policy: Policy, task: Task, described: TaskDefinition | undefined): Exposure => {
  const definition = described ?? (isDaemon(task) ? daemonDefinition(task.definition ?? '') : undefined)
  try {
    return withoutFaults(
      policy.injected === 'shown'
        ? policy.expose(task, definition)
        : policy.expose(...withoutInjected(task, definition)),
    )
  } catch (thrown) {
    return { _tag: 'Refused', reason: `the policy threw: ${String(thrown)}` }
  }
}

const waiting = (backends: readonly BackendName[], host: string | undefined): readonly Claim[] =>
  backends.map((backend) => ({ _tag: 'Waiting', backend, host }))

const sameShare = (a: Share | undefined, b: Share | undefined): boolean =>
  a === b ||
  (a?.revision === b?.revision && a?.role === b?.role && a?.percent === b?.percent && a?.weight === b?.weight)

/** Whether two endpoints are equal in everything that a target can show. */
export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.id === b.id &&
  a.host === b.host &&
  a.port === b.port &&
  a.ipv6 === b.ipv6 &&
  a.weight === b.weight &&
  a.zone === b.zone &&
  sameShare(a.share, b.share) &&
  a.group === b.group &&
  a.definition === b.definition &&
  (a.labels === b.labels || JSON.stringify(a.labels) === JSON.stringify(b.labels))

const sameClaim = (a: Claim, b: Claim): boolean => {
  if (a.backend !== b.backend) return false
  switch (a._tag) {
    case 'Live':
    case 'Unhealthy':
      return b._tag === a._tag && sameEndpoint(a.endpoint, b.endpoint)
    case 'Gone':
      return b._tag === 'Gone' && compareAddresses(a.address, b.address) === 0
    case 'Waiting':
      return b._tag === 'Waiting' && a.host === b.host
  }
}

/** What a task without a known host waits for. */
export const noHost = (
  task: Task,
  definition: TaskDefinition | undefined,
  state: ClusterState,
): Unresolved => {
  if (task.instance === undefined || definition?.networkMode === 'awsvpc')
    return unresolved(
      task,
      'interface-address',
      'ECS has not reported the address of its network interface yet',
    )
  const refusal = state.refusals.get(task.instance)
  return refusal === undefined
    ? unresolved(task, 'instance-address', `the address of ${task.instance} is not known yet`)
    : unresolved(task, 'lookup-refused', `the address of ${task.instance}: ${refusal.reason}`)
}

/** What a task without a known definition waits for. */
export const noDefinition = (task: Task, state: ClusterState): Unresolved => {
  const { definition = 'its task definition' } = task
  const refusal = state.refusals.get(definition)
  return refusal === undefined
    ? unresolved(task, 'task-definition', `${definition} is not known yet`)
    : unresolved(task, 'lookup-refused', `${definition}: ${refusal.reason}`)
}

/** The second part is in memory once for all tasks, and the whole refers to both. */
export const endpointIdOf = (
  { arn }: Pick<Task, 'arn'>,
  { container, containerPort, protocol }: Pick<ExposedPort, 'container' | 'containerPort' | 'protocol'>,
): EndpointId => arn + interned(`#${container}:${containerPort}/${protocol}`)

const claimOf = (
  task: Task,
  { ipv4, ipv6 }: Addresses,
  port: ExposedPort,
  share: Share | undefined,
  isHealthy: (id: EndpointId) => boolean,
  unhealthy: HealthPolicy,
): readonly Claim[] => {
  const host = ipv4 ?? ipv6
  if (host === undefined) return []
  const { backend } = port
  const id = endpointIdOf(task, port)
  const status = task.containers.find(({ name }) => name === port.container)?.lastStatus
  const liveness = status === undefined ? 'pending' : containerLiveness(status)
  if (liveness === 'pending') return []
  const healthy = isHealthy(id)
  if (liveness === 'gone' || (!healthy && unhealthy === 'leave-out'))
    return [{ _tag: 'Gone', backend, address: { host, port: port.port } }]
  const endpoint: Endpoint = {
    id,
    task: task.arn,
    cluster: task.cluster,
    group: task.group,
    definition: task.definition,
    container: port.container,
    containerPort: port.containerPort,
    host,
    ipv6,
    port: port.port,
    protocol: port.protocol,
    weight: port.weight,
    zone: task.zone,
    labels: port.labels,
  }
  return [
    {
      _tag: healthy ? 'Live' : 'Unhealthy',
      // Policies make this text anew for each task.
      backend: interned(backend),
      endpoint: share === undefined ? endpoint : extended(endpoint, { share }),
    },
  ]
}

const claimants = (
  task: Task,
  claims: readonly Claim[],
  missing?: Unresolved,
  nameless?: Nameless,
): TaskClaims => ({
  task: task.arn,
  cluster: task.cluster,
  group: task.group,
  claims,
  unresolved: missing,
  nameless,
})

const shareOf = (traffic: Traffic, percent: 'production' | 'test'): Share | undefined =>
  traffic._tag === 'Share'
    ? { revision: traffic.revision, role: traffic.role, percent: traffic[percent], weight: 0 }
    : undefined

/** A port, and the share of its backend's requests. A task may have production and test traffic at the same time. */
export interface SharedPort {
  readonly port: ExposedPort
  readonly share: Share | undefined
}

/**
 * The ports under the names of their backends, and where the deployment has test traffic also under those for test
 * requests. A port whose share is 0 is among them: it may be the last one of its backend, and its address must be
 * removed where it was before.
 */
export const sharedPorts = (
  ports: readonly ExposedPort[],
  traffic: Traffic,
  { deployments }: Policy,
): readonly SharedPort[] => {
  const share = shareOf(traffic, 'production')
  const production = ports.map((port) => ({ port, share }))
  if (deployments === undefined || traffic._tag !== 'Share' || traffic.test === 0) return production
  const test = shareOf(traffic, 'test')
  return [
    ...production,
    ...ports.map((port) => ({
      port: { ...port, backend: deployments.testBackend(port.backend) },
      share: test,
    })),
  ]
}

/** A live task of which it is not known whether it may have traffic: whatever its backends hold stays. */
const undecided = (
  task: Task,
  ports: readonly ExposedPort[],
  host: string | undefined,
  detail: string,
  { deployments }: Policy,
): TaskClaims => {
  const names = ports.map(({ backend }) => backend)
  const all = [...names, ...names.map((name) => deployments?.testBackend(name) ?? name)]
  return claimants(task, waiting(all, host), unresolved(task, 'deployment', detail))
}

/** Claims that remove the addresses of the ports, and hold no name. */
const goneFrom = (
  ports: readonly ExposedPort[],
  host: string,
  traffic: Traffic,
  policy: Policy,
): readonly Claim[] =>
  sharedPorts(ports, traffic, policy).map(({ port: { backend, port } }) => ({
    _tag: 'Gone',
    backend,
    address: { host, port },
  }))

/** What a task waits for that must be HEALTHY before it is offered. */
export interface AwaitedHealth {
  readonly missing: Unresolved
  /** Whether what its backends hold stays, because it may have been HEALTHY for long. Otherwise, it leaves. */
  readonly keeps: boolean
}

/** `undefined` for a task that has been HEALTHY, or has no health check. */
export const awaitedHealth = (
  task: Task,
  definition: TaskDefinition | undefined,
  state: ClusterState,
): AwaitedHealth | undefined => {
  const first = firstHealthOf(task, state.marks.get(task.cluster))
  if (first === 'reported' || isDaemon(task)) return undefined
  if (definition === undefined) return { missing: noDefinition(task, state), keeps: true }
  if (!hasHealthCheck(definition)) return undefined
  const detail = 'ECS has not reported it HEALTHY yet: it has not passed the health check of its definition'
  return { missing: unresolved(task, 'health-check', detail), keeps: first === 'unasked' }
}

export interface ClaimOptions {
  /** How to treat unhealthy endpoints. Default: `leave-out`. */
  readonly unhealthy?: HealthPolicy | undefined
  /** Whether a task waits for its first HEALTHY. Default: `advisory`. */
  readonly healthChecks?: HealthChecks | undefined
}

/** The claims of a task, or `undefined` if it has none. */
export const claimsOf = (
  reported: Task,
  state: ClusterState,
  policy: Policy,
  skewAllowanceMs: Millis,
  { unhealthy = defaultHealthPolicy, healthChecks = defaultHealthChecks }: ClaimOptions = {},
): TaskClaims | undefined => {
  const mark = state.marks.get(reported.cluster)
  const task = believed(reported, mark, skewAllowanceMs)
  const liveness = livenessOf(task, mark, skewAllowanceMs)
  if (liveness === 'pending') return undefined
  const definition = task.definition === undefined ? undefined : state.definitions.get(task.definition)
  const exposure = exposureOf(policy, task, definition)
  const host = hostOf(task, definition, state)
  const address = host?.ipv4 ?? host?.ipv6
  const traffic = policy.deployments === undefined ? atOnce : trafficOf(task, state)

  if (liveness === 'gone' || (liveness === 'unhealthy' && unhealthy === 'leave-out')) {
    if (exposure._tag !== 'Ports' || exposure.ports.length === 0 || address === undefined) return undefined
    return claimants(task, goneFrom(exposure.ports, address, traffic, policy))
  }

  switch (exposure._tag) {
    case 'Refused':
      return claimants(task, [], unresolved(task, 'refused', exposure.reason))
    case 'NeedsDefinition': {
      const missing = noDefinition(task, state)
      const why = missing.why === 'lookup-refused' ? 'refused' : 'waiting'
      return exposure.backends === 'any'
        ? claimants(task, [], missing, { why, host: address })
        : claimants(task, waiting(exposure.backends, address), missing)
    }
    case 'Ports': {
      const { ports, refused = [] } = exposure
      const fault = refused.length === 0 ? undefined : unresolved(task, 'refused', refused.join('; '))
      if (ports.length === 0) return fault === undefined ? undefined : claimants(task, [], fault)
      if (traffic._tag === 'Unknown') return undecided(task, ports, address, traffic.detail, policy)
      const names = ports.map(({ backend }) => backend)
      if (host === undefined || address === undefined)
        return claimants(task, waiting(names, undefined), noHost(task, definition, state))
      const wait = healthChecks === 'required' ? awaitedHealth(task, definition, state) : undefined
      if (wait !== undefined)
        return claimants(
          task,
          wait.keeps ? waiting(names, address) : goneFrom(ports, address, traffic, policy),
          wait.missing,
        )
      const held =
        traffic._tag === 'Share' && traffic.held !== undefined
          ? unresolved(task, 'held', traffic.held)
          : undefined
      const isHealthy = (id: EndpointId): boolean =>
        liveness === 'live' && state.health.get(id)?.healthy !== false
      return claimants(
        task,
        sharedPorts(ports, traffic, policy)
          .flatMap(({ port, share }) => claimOf(task, host, port, share, isHealthy, unhealthy))
          // A list that grew has room for more; a copy has none.
          .slice(),
        fault ?? held,
      )
    }
  }
}

/** Whether two sets of claims are equal for every backend. */
export const sameClaims = (a: TaskClaims | undefined, b: TaskClaims | undefined): boolean =>
  a === b ||
  (b !== undefined &&
    a?.cluster === b.cluster &&
    a.group === b.group &&
    a.nameless?.why === b.nameless?.why &&
    a.nameless?.host === b.nameless?.host &&
    a.unresolved?.why === b.unresolved?.why &&
    a.unresolved?.detail === b.unresolved?.detail &&
    a.claims.length === b.claims.length &&
    a.claims.every((claim, i) => {
      const other = b.claims[i]
      return other !== undefined && sameClaim(claim, other)
    }))
