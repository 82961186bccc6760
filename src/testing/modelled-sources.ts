import type { Millis } from '../core/clock.js'
import { clusterArn, type Place, serviceArn } from './ecs-model/place.js'
import type { Gap } from './modelled-deployment.js'
import type { ModelledEvents } from './modelled-events.js'
import type { ModelledScheduler } from './modelled-scheduler.js'
import { modelledPlaces, type ModelledService, modelledServices } from './modelled-service.js'
import type { ModelledTask } from './modelled-task.js'
import type { ModelledTasks } from './modelled-tasks.js'
import { type SnapshotClock, type SnapshotDate, SnapshotDates } from './snapshot-dates.js'

export interface ModelledSourcesOptions {
  readonly events: ModelledEvents
  readonly tasks: ModelledTasks
  readonly scheduler: ModelledScheduler
  readonly clock: SnapshotClock
  readonly skewAllowanceMs: Millis
}

interface Listing extends SnapshotDate {
  readonly tasks: readonly ModelledTask[]
}

/** What a worker asks ECS: snapshots of clusters, and how services deploy. */
export class ModelledSources {
  readonly #events: ModelledEvents
  readonly #tasks: ModelledTasks
  readonly #scheduler: ModelledScheduler
  readonly #dates: SnapshotDates
  readonly #skewAllowanceMs: Millis
  /** Snapshots that have started. */
  readonly #listings = new Map<Place, Listing>()
  /** When each service was last described. */
  readonly #asked: Map<ModelledService, Millis>

  constructor({ events, tasks, scheduler, clock, skewAllowanceMs }: ModelledSourcesOptions) {
    this.#events = events
    this.#tasks = tasks
    this.#scheduler = scheduler
    this.#dates = new SnapshotDates(clock)
    this.#skewAllowanceMs = skewAllowanceMs
    this.#asked = new Map(modelledServices.map((service) => [service, events.now()]))
  }

  /** The worker's clock jumps. */
  jump(pick: number): void {
    this.#dates.jump(pick)
  }

  /** Finishes the started snapshot, or takes one. `slow`: it only starts, and new tasks are not listed yet. */
  snapshot(place: Place, slow: boolean): void {
    const begun = this.#listings.get(place)
    if (begun === undefined && slow) {
      this.#listings.set(place, this.#listing(place, this.#skewAllowanceMs / 2))
      return
    }
    this.#listings.delete(place)
    const { at, order, tasks } = begun ?? this.#listing(place, 0)
    // Described later than listed: a task that has stopped meanwhile is still included, as stopped.
    const described = tasks.map((task) => this.#events.described(task.facts(), order))
    this.#events.emit({ _tag: 'TasksListed', cluster: clusterArn(place), at, order, tasks: described })
  }

  /** Takes a snapshot of every cluster. */
  snapshots(): void {
    for (const place of modelledPlaces) this.snapshot(place, false)
  }

  /** Finishes started snapshots, and corrects the worker's clock. */
  finish(): void {
    for (const place of this.#listings.keys()) this.snapshot(place, false)
    this.#dates.correct()
  }

  describe(service: ModelledService, gap?: Gap): void {
    this.#asked.set(service, this.#events.now())
    this.#events.emit({
      _tag: 'DeploymentDescribed',
      service: serviceArn(service.place, service.name),
      rollout: this.#scheduler.rollout(service, gap),
      at: this.#dates.next(this.#events.now()).order,
    })
  }

  /** Describes every service. */
  describeAll(): void {
    for (const service of modelledServices) this.describe(service)
  }

  /** Describes again those that may deploy in stages. */
  poll(): void {
    const before = this.#events.now() - this.#skewAllowanceMs
    for (const service of modelledServices)
      if (service.stages && (this.#asked.get(service) ?? 0) <= before) this.describe(service)
  }

  /** `late`: how long it takes until a new task is listed. */
  #listing(place: Place, late: Millis): Listing {
    const now = this.#events.now()
    return {
      ...this.#dates.next(now),
      tasks: this.#tasks.wanted.filter((task) => task.service.place === place && task.created + late <= now),
    }
  }
}
