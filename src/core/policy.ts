import type { Protocol } from './binding.js'
import type { TaskDefinition } from './task-definition.js'
import type { Container, Task } from './task.js'

/** The name under which endpoints are pooled: a Traefik backend, an SRV record, a scrape job. */
export type BackendName = string

/**
 * The task fields that a policy may read: those that never change during the task's lifetime. The status is not among
 * them, because a task exposes the same from its start to its end; a change of status alone does not call the policy.
 */
export type Exposable = Pick<
  Task,
  | 'arn'
  | 'cluster'
  | 'group'
  | 'definition'
  | 'instance'
  | 'launchType'
  | 'capacityProvider'
  | 'zone'
  | 'startedBy'
  | 'interface'
> & {
  readonly containers: readonly Pick<Container, 'name' | 'arn' | 'bindings'>[]
}

/** One port of a task, exposed under a backend name. The projection adds the host. */
export interface ExposedPort {
  readonly backend: BackendName
  readonly container: string
  readonly containerPort: number
  /** The port on the task's host that leads to `containerPort`. */
  readonly port: number
  readonly protocol: Protocol
  readonly weight?: number
  readonly labels?: Readonly<Record<string, string>>
}

export type Exposure =
  /**
   * All ports that the task exposes, possibly none. `refused`: the reasons for ports that should be exposed and cannot
   * be; they are reported, and do not affect `ports`.
   */
  | { readonly _tag: 'Ports'; readonly ports: readonly ExposedPort[]; readonly refused?: readonly string[] }
  /**
   * The answer requires the task definition, which is not known yet. The task may join `backends`, so they are
   * incomplete until then; `'any'` if not even their names are known.
   */
  | { readonly _tag: 'NeedsDefinition'; readonly backends: readonly BackendName[] | 'any' }
  /** The task should be exposed and cannot be. Reported with the reason; does not affect other tasks. */
  | { readonly _tag: 'Refused'; readonly reason: string }

/** The answer for a task that does not concern the policy. */
export const exposesNothing: Exposure = { _tag: 'Ports', ports: [] }

/**
 * What a policy needs in addition to the task itself.
 * - `none`: nothing.
 * - `bindings`: the host ports. In bridge mode, events contain them, so only tasks in awsvpc or host mode need their
 *   task definition.
 * - `definitions`: the task definition of every task, such as its labels.
 */
export type PolicyNeeds = 'none' | 'bindings' | 'definitions'

/** How a policy follows the deployments of services. */
export interface DeploymentRouting {
  /** The name of the backend for test requests that belongs to a backend. */
  readonly testBackend: (backend: BackendName) => BackendName
}

/**
 * Decides which ports of a task are exposed, and under which names. Not its job: whether the task is live, the address
 * of its host, duplicates.
 */
export interface Policy {
  /**
   * The projection calls it for every live or gone task that changed, and again when its task definition becomes known.
   * It must be pure, cheap and total. It is also called for gone tasks, because their addresses must be removed.
   */
  readonly expose: (task: Exposable, definition: TaskDefinition | undefined) => Exposure
  /**
   * Whether several services or clusters may share a backend name, with their endpoints pooled. Otherwise one of them
   * gets the name, and the others are reported as unresolved instead of being merged silently. Default: false.
   */
  readonly pooled?: boolean
  /**
   * Whether the policy sees containers that AWS adds to a task (the Service Connect proxy, the GuardDuty agent) and
   * others that are not in the task definition. Default: `hidden`.
   */
  readonly injected?: 'hidden' | 'shown'
  /**
   * What sources must provide. `run` rejects a setup in which no source provides it; sources look up only what is
   * needed. Default: `bindings`.
   */
  readonly needs?: PolicyNeeds
  /**
   * Whether the deployments of services decide which tasks get traffic, and how much: see `deployments` in policies.
   * Default: every task gets it as soon as it runs.
   */
  readonly deployments?: DeploymentRouting
}
