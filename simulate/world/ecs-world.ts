import type { Millis } from '../../src/core/clock.js'
import { lastSegment } from '../../src/testing/ecs-model/place.js'
import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import { incident } from '../../sim/ecs/incident.js'
import { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { SimulatedTask } from '../../sim/ecs/simulated-task.js'
import { prng, type Random } from '../../sim/prng.js'
import type { Timeline } from '../engine/timeline.js'
import type { Scenario } from './scenario.js'

/** What EventBridge makes of a change, and what it was about. */
export interface Happening {
  readonly event: EventBridgeEvent
  readonly body: string
  readonly cluster: SimulatedCluster
  /** The task, as it was at the event; `undefined` for events of other kinds. */
  readonly task: TaskHappening | undefined
}

export interface TaskHappening {
  readonly arn: string
  readonly service: string
  /** Tells its revision. */
  readonly startedBy: string
  readonly version: number
  readonly lastStatus: string
  readonly desiredStatus: string
  /** Where it is reachable, if it is. */
  readonly address: string | undefined
}

export interface EcsWorldOptions {
  readonly timeline: Timeline
  readonly scenario: Scenario
  readonly happened: (happening: Happening) => void
  /** A deployment may have changed, of which ECS sends no event. */
  readonly moved: (cluster: SimulatedCluster) => void
}

const exponential = (random: Random, mean: Millis): Millis => -Math.log(1 - random.next()) * mean

/**
 * The clusters, and what happens in them: deployments, scaling, crashes, replaced machines, at random times; and the
 * transitions of tasks, seconds apart.
 */
export class EcsWorld {
  readonly clusters: readonly SimulatedCluster[]
  readonly #random: Random
  readonly #moving = new Set<SimulatedCluster>()
  #isQuiet = false

  constructor(private readonly options: EcsWorldOptions) {
    const { scenario, timeline } = options
    this.#random = prng(scenario.seed ^ 0x0ec50ec5)
    this.clusters = scenario.clusters.map(({ name, services }, i) => {
      const cluster = new SimulatedCluster({
        seed: scenario.seed * 1_009 + i,
        name,
        services,
        instances: { ec2: 3, external: 2 },
        clock: () => timeline.now,
      })
      cluster.events$.subscribe((event) => options.happened(this.#happening(cluster, event)))
      return cluster
    })
  }

  start(): void {
    for (const cluster of this.clusters) {
      this.options.moved(cluster)
      cluster.start()
      this.#move(cluster)
      this.#expectIncident(cluster)
    }
  }

  /** No new incidents; what has begun goes on. */
  quiet(): void {
    this.#isQuiet = true
  }

  /** Incidents happen again. */
  resume(): void {
    this.#isQuiet = false
  }

  /** Whether no task and no deployment is under way. */
  get isStill(): boolean {
    return this.#moving.size === 0
  }

  #happening(cluster: SimulatedCluster, event: EventBridgeEvent): Happening {
    const arn = event.detail['taskArn']
    const task = typeof arn === 'string' ? cluster.task(lastSegment(arn)) : undefined
    return { event, cluster, body: JSON.stringify(event), task: task && happeningOf(task) }
  }

  #expectIncident(cluster: SimulatedCluster): void {
    const { timeline, scenario } = this.options
    timeline.after(exponential(this.#random, scenario.incidentMs), () => {
      if (!this.#isQuiet) {
        incident(cluster, this.#random)
        this.options.moved(cluster)
        this.#move(cluster)
      }
      this.#expectIncident(cluster)
    })
  }

  /** Lets the transitions in a cluster go on until nothing is under way. */
  #move(cluster: SimulatedCluster): void {
    if (this.#moving.has(cluster)) return
    this.#moving.add(cluster)
    this.#next(cluster)
  }

  #next(cluster: SimulatedCluster): void {
    const { timeline } = this.options
    const deploying = cluster.services().filter(({ current }) => current.isStaged && current.isInProgress)
    if (cluster.moving === 0 && deploying.length === 0) {
      this.#moving.delete(cluster)
      return
    }
    const mean: Millis = cluster.moving > 0 ? 3_000 : 30_000
    timeline.after(exponential(this.#random, mean), () => {
      if (cluster.moving > 0) cluster.advanceOne()
      this.options.moved(cluster)
      const [first] = deploying.length > 0 ? [this.#random.pick(deploying)] : []
      if (first !== undefined && this.#random.chance(cluster.moving > 0 ? 0.1 : 1))
        cluster.advance(first.name)
      if (first !== undefined) this.options.moved(cluster)
      this.#next(cluster)
    })
  }
}

export const happeningOf = (task: SimulatedTask): TaskHappening => ({
  arn: task.arn,
  service: task.service.name,
  startedBy: task.revision.startedBy,
  version: task.version,
  lastStatus: task.lastStatus,
  desiredStatus: task.desiredStatus,
  address: task.endpoint,
})
