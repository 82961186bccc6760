import type { Observable } from 'rxjs'
import type { DeploymentStage } from '../../src/testing/ecs-model/deployment-phases.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import type { Place } from '../../src/testing/ecs-model/place.js'
import type { HealthStatus } from '../../src/testing/ecs-model/task-facts.js'
import type { TaskStatus } from '../../src/testing/ecs-model/task-stages.js'
import type { DeploymentChange } from './service-spec.js'

/**
 * The status in DescribeClusters. A deleted cluster is INACTIVE for a while, and then MISSING. Source: Amazon ECS API
 * reference, DeleteCluster.
 */
export type ClusterStatus = 'ACTIVE' | 'INACTIVE' | 'MISSING'

/** A task of a simulated cluster, as it is now: read it again after each operation. */
export interface TaskOfCluster {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly arn: string
  /** Increases with each transition. */
  readonly version: number
  readonly lastStatus: TaskStatus
  readonly desiredStatus: 'RUNNING' | 'STOPPED'
  readonly health: HealthStatus
  /** The `host:port` at which its essential container is reachable now, if it is. */
  readonly endpoint: string | undefined
}

/**
 * A simulated ECS cluster, as the tests of a program drive it. Operations (`deploy`, `scale`, …) start something; `step`,
 * `settle` and `advance` let it continue. All of them are synchronous, and throw on an unknown service.
 */
export interface ClusterSimulation {
  readonly place: Place
  /** The short name. */
  readonly name: string
  readonly arn: string
  readonly status: ClusterStatus
  /** Raw events, hot: each once, as it happens. `deliver` and `FaultyDelivery` make them late, lost and repeated. */
  readonly events$: Observable<EventBridgeEvent>
  /** Now, in epoch milliseconds, by the cluster's clock. */
  now(): number

  /** Launches the tasks of the services. Subscribers before this call receive every task event. */
  start(): void
  /** Rolls out a new revision. */
  deploy(service: string, change?: DeploymentChange): void
  /** Rolls out the task definition that the service has already, as with `forceNewDeployment`. */
  redeploy(service: string): void
  /** Asks a deployment in stages to go back. False if none is in progress, or it already goes back or stops. */
  rollBack(service: string, reason?: string): boolean
  /** Asks a deployment in stages to stop as it is. False as in `rollBack`. */
  stopDeployment(service: string, reason?: string): boolean
  /** Launches or stops tasks to reach `desiredCount`, which may be zero. */
  scale(service: string, desiredCount: number): void
  /** The essential container of a routable task exits (default: a random one). Returns false if there is none. */
  crash(taskId?: string): boolean
  /** The health check of a task finds this. ECS sends no event of it. Returns false if the cluster has no such task. */
  checkHealth(taskId: string, health: HealthStatus): boolean
  /** The sidecar of a random routable task exits; the task continues. Returns false if it has no running sidecar. */
  exitSidecar(): boolean
  /** Registers a new machine and drains an old one (default: a random one). Returns false if there was none. */
  replaceInstance(instanceArn?: string): boolean
  /** The agent of a random machine loses or regains its connection. Its tasks are unaffected. */
  toggleAgent(): boolean
  /** The service reports a steady state, as ECS does every six hours if nothing happens. */
  declareSteady(service: string): void
  /** Deletes the cluster. Throws while it has running tasks. */
  delete(): void
  /** ECS forgets the deleted cluster: it is MISSING from now on. */
  forget(): void

  /** Causes a random incident, or continues the transition of a random task or deployment. */
  step(): void
  /** Continues the transition of a random task, if one is in transition. */
  advanceOne(): void
  /** How many tasks are in transition. */
  readonly moving: number
  /** Completes all transitions, without new incidents. Deployments continue as far as they need not wait. */
  settle(): void
  /** Lets all transitions of tasks end, and deployments stay in their stages. */
  settleTasks(): void
  /** Lets the service's deployment do the next thing. False if it has ended, or waits: for tasks, time or a pause. */
  advance(service: string): boolean
  /**
   * Lets the service's deployment go on to the next time that it is in the stage. Throws if it ends before, or if it
   * waits for somebody else.
   */
  reach(service: string, stage: DeploymentStage): void
  /** Moves the simulated clock on. Throws if the cluster has another clock. */
  elapse(ms: number): void

  /** By service, every `host:port` that is routable now, sorted. A service without any has an empty list. */
  truth(): ReadonlyMap<string, readonly string[]>
  /** The tasks that DescribeTasks returns now, in order of launch. */
  tasks(): readonly TaskOfCluster[]
  /** The task with this id, if it can still be described. */
  task(id: string): TaskOfCluster | undefined
}
