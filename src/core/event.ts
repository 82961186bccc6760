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
  /**
   * A whole snapshot of a cluster's tasks that should run; never sent if one page or call of it failed.
   * `at`: when it was *begun*, so that a task that started meanwhile is newer than it.
   */
  | {
      readonly _tag: 'TasksListed'
      readonly cluster: ClusterArn
      readonly at: Millis
      readonly tasks: readonly Task[]
    }
  | {
      readonly _tag: 'InstanceDescribed'
      readonly instance: InstanceArn
      readonly addresses: Addresses
      /** Where the answer told it. */
      readonly machine?: Machine
      readonly at: Millis
    }
  | { readonly _tag: 'DefinitionDescribed'; readonly definition: TaskDefinition }
  | {
      readonly _tag: 'HealthObserved'
      readonly endpoint: EndpointId
      readonly healthy: boolean
      readonly at: Millis
    }
