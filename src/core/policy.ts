import type { Protocol } from './binding.js'
import type { TaskDefinition } from './task-definition.js'
import type { Container, Task } from './task.js'

/** The name under which endpoints are pooled: a Traefik backend, an SRV record, a scrape job. */
export type BackendName = string

/**
 * What a policy may look at: all that lasts while a task lives. Not its status, since a task offers the same from its
 * start to its end; so a change of status alone asks no policy.
 */
export type Exposable = Pick<
  Task,
  'arn' | 'cluster' | 'group' | 'definition' | 'instance' | 'launchType' | 'interface'
> & {
  readonly containers: readonly Pick<Container, 'name' | 'arn' | 'bindings'>[]
}

/**
 * One port of a task, offered under a backend's name. The host is not the policy's business: the projection adds it.
 */
export interface ExposedPort {
  readonly backend: BackendName
  readonly container: string
  readonly containerPort: number
  /** Where `containerPort` is reached on the task's host. */
  readonly port: number
  readonly protocol: Protocol
  readonly weight?: number
  readonly labels?: Readonly<Record<string, string>>
}

export type Exposure =
  /**
   * All that the task offers; may be nothing. `refused`: for each port that should be offered and cannot be, the
   * reason; reported, and holds back none of `ports`.
   */
  | { readonly _tag: 'Ports'; readonly ports: readonly ExposedPort[]; readonly refused?: readonly string[] }
  /**
   * It cannot be told before the task definition is known. `backends` may gain from it, so they are incomplete until
   * then; `'any'` when not even their names can be told.
   */
  | { readonly _tag: 'NeedsDefinition'; readonly backends: readonly BackendName[] | 'any' }
  /** It should be offered and cannot be, whatever else we learn. Reported with the reason; holds back nobody else. */
  | { readonly _tag: 'Refused'; readonly reason: string }

/** The answer for a task that does not concern the policy. */
export const exposesNothing: Exposure = { _tag: 'Ports', ports: [] }

/**
 * What a policy needs to know beside the task itself.
 * - `none`: nothing.
 * - `bindings`: where the ports are. Events tell them in bridge mode, so only tasks in awsvpc or host mode need their
 *   task definition.
 * - `definitions`: the task definition of every task, such as its labels.
 */
export type PolicyNeeds = 'none' | 'bindings' | 'definitions'

/**
 * Which ports of a task are offered, and under which names. Not its job: whether the task is live, the address of its
 * host, duplicates.
 */
export interface Policy {
  /**
   * The projection calls it for every live or gone task that changed, and again when its task definition becomes known.
   * So it must be pure, cheap and total. It is called for gone tasks too, because what they offered must be taken away.
   */
  expose(task: Exposable, definition: TaskDefinition | undefined): Exposure
  /**
   * Whether several services or clusters may offer the same backend name; their endpoints are then pooled. Unless it is
   * true, one of them gets the name and the others are reported as unresolved: never a silent merge.
   */
  readonly pooled?: boolean
  /**
   * Whether the policy sees containers that AWS adds to a task (the proxy of Service Connect, the agent of GuardDuty)
   * and others that are not in the task definition. Default: `hidden`.
   */
  readonly injected?: 'hidden' | 'shown'
  /**
   * What sources must provide. `run` refuses a setup in which no source provides it, and the sources look up as much.
   * Default: `bindings`.
   */
  readonly needs?: PolicyNeeds
}
