import type { Addresses } from './addresses.js'
import type { ClusterArn, EndpointId, InstanceArn } from './arn.js'
import type { Millis } from './clock.js'
import type { Machine } from './machine.js'
import type { TaskDefinition } from './task-definition.js'
import type { Task } from './task.js'

/**
 * What a source may claim. Events are made at the edge (see `decodeEvent` and the polling sources), and core never
 * sees raw JSON. Nothing here has a place for a task's environment overrides: they carry secrets, so they are dropped
 * before this point.
 */
export type ClusterEvent =
  /** From an ECS event or from DescribeTasks. */
  | { readonly _tag: 'TaskChanged'; readonly task: Task }
  /** A whole snapshot of a cluster's tasks that should run; never sent if one page or call of it failed. */
  | {
      readonly _tag: 'TasksListed'
      readonly cluster: ClusterArn
      /**
       * A time that is not after its beginning, by the clock of ECS: a task that changed later is newer than it. 0 when
       * no time can be trusted; it then rules out nothing.
       */
      readonly at: Millis
      /**
       * Of two snapshots of a cluster, the one with the greater order is the newer: see `Stamps`. It is no time, so a
       * clock that jumps cannot make an old snapshot the newest. Default: `at`.
       */
      readonly order?: number
      readonly tasks: readonly Task[]
    }
  /**
   * Which clusters a name or a pattern such as `prod-*` stands for, in the account and region that were asked. Sent
   * before the first snapshot of them, and again when the answer changes.
   */
  | {
      readonly _tag: 'ClusterIdentified'
      /** As `Source.covers` has it. */
      readonly named: string
      readonly clusters: readonly ClusterArn[]
      /** The greater is the newer answer: see `Stamps`. */
      readonly order: number
    }
  | {
      readonly _tag: 'InstanceDescribed'
      readonly instance: InstanceArn
      readonly addresses: Addresses
      /** Where the answer told it. */
      readonly machine?: Machine
      /** The greater is the newer answer: see `Stamps`. */
      readonly at: number
    }
  | { readonly _tag: 'DefinitionDescribed'; readonly definition: TaskDefinition }
  /**
   * A lookup was refused for good: the service answered, and the answer is no. It ends the wait for this one thing
   * alone. An answer that comes all the same, sooner or later, beats it.
   */
  | {
      readonly _tag: 'LookupRefused'
      /** What was asked for: the ARN of an instance or a task definition, or a cluster as `Source.covers` has it. */
      readonly key: string
      /** For people: what the service said, and what to do. */
      readonly reason: string
      /** The greater is the newer answer: see `Stamps`. */
      readonly at: number
    }
  | {
      readonly _tag: 'HealthObserved'
      readonly endpoint: EndpointId
      readonly healthy: boolean
      /** The greater is the newer observation: see `Stamps`. */
      readonly at: number
    }
