import type { Addresses } from './addresses.js'
import type { ClusterArn, EndpointId, InstanceArn } from './arn.js'
import type { Millis } from './clock.js'
import type { Rollout, ServiceArn } from './deployment.js'
import type { LogPosition } from './log-position.js'
import type { Machine } from './machine.js'
import type { TaskDefinition } from './task-definition.js'
import type { Task } from './task.js'

/**
 * An observation from a source. Events are created at the edge (see `decodeEvent` and the polling sources); core never
 * sees raw JSON. There is no field for a task's environment overrides: they contain secrets, and are dropped earlier.
 */
export type ClusterEvent =
  /** From an ECS event or from DescribeTasks. */
  | { readonly _tag: 'TaskChanged'; readonly task: Task }
  /** A complete snapshot of a cluster's tasks that should run. Never sent if any page or call of it failed. */
  | {
      readonly _tag: 'TasksListed'
      readonly cluster: ClusterArn
      /**
       * A time at or before the beginning of the snapshot, by ECS's clock. Tasks that changed later are newer than the
       * snapshot. 0 if no time can be trusted; the snapshot then rules out nothing.
       */
      readonly at: Millis
      /**
       * Orders the snapshots of a cluster: the greater is the newer one; see `Stamps`. It is not a time, so a clock
       * jump cannot make an old snapshot the newest. Default: `at`.
       */
      readonly order?: number
      readonly tasks: readonly Task[]
    }
  /**
   * The clusters that a name or a pattern such as `prod-*` stands for, in the account and region that were called. Sent
   * before their first snapshot, and again when the answer changes.
   */
  | {
      readonly _tag: 'ClusterIdentified'
      /** The name or pattern, as in `Source.covers`. */
      readonly named: string
      readonly clusters: readonly ClusterArn[]
      /** Orders answers: the greater is the newer one; see `Stamps`. */
      readonly order: number
    }
  | {
      readonly _tag: 'InstanceDescribed'
      readonly instance: InstanceArn
      readonly addresses: Addresses
      /** Set if the answer contained it. */
      readonly machine?: Machine
      /** The greater is the newer answer: see `Stamps`. */
      readonly at: number
    }
  | { readonly _tag: 'DefinitionDescribed'; readonly definition: TaskDefinition }
  /** ECS began, changed or ended a deployment of a service; how it is now must be asked. */
  | {
      readonly _tag: 'DeploymentAnnounced'
      readonly service: ServiceArn
      /** The time of the event, by ECS's clock. */
      readonly at: Millis
    }
  | {
      readonly _tag: 'DeploymentDescribed'
      readonly service: ServiceArn
      readonly rollout: Rollout
      /** The greater is the newer answer: see `Stamps`. */
      readonly at: number
    }
  /**
   * The refusal of a lookup is final. Tasks stop waiting for this one answer. If the answer arrives anyway, before or
   * after, it takes precedence.
   */
  | {
      readonly _tag: 'LookupRefused'
      /** What was looked up: the ARN of an instance or a task definition, or a cluster as in `Source.covers`. */
      readonly key: string
      /** The service's message and what to do, for people. */
      readonly reason: string
      /** The greater is the newer answer: see `Stamps`. */
      readonly at: number
    }
  | {
      readonly _tag: 'HealthObserved'
      readonly endpoint: EndpointId
      readonly healthy: boolean
      /** Orders observations: the greater is the newer one; see `Stamps`. */
      readonly at: number
    }
  /**
   * Everything in a log up to a position has been delivered. A source of a log sends it last in each delivery, so that
   * a journal holds the events and the position together, and the next process continues there.
   */
  | {
      readonly _tag: 'LogRead'
      /** Unique among all logs, such as a stream with one of its shards. */
      readonly log: string
      readonly position: LogPosition
    }
