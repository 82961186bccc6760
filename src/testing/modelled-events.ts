import type { Millis } from '../core/clock.js'
import type { ClusterEvent } from '../core/event.js'
import type { Task } from '../core/task.js'
import { explain } from '../shared/codec/decode-error.js'
import type { EcsDecoder } from './ecs-decoder.js'
import { deploymentEvent, type DeploymentFacts } from './ecs-model/deployment-event.js'
import type { EventBridgeEvent } from './ecs-model/event-bridge-event.js'
import type { Json } from './ecs-model/json.js'
import type { TaskFacts } from './ecs-model/task-facts.js'
import { taskDescription } from './ecs-model/task-description.js'
import { taskEvent } from './ecs-model/task-event.js'
import { uuid } from './modelled-ids.js'

export interface ModelledEventsOptions {
  readonly decoder: EcsDecoder
  /** True time. */
  readonly now: () => Millis
  /** Receives every event as it happens, each once. */
  readonly emit: (event: ClusterEvent) => void
}

/** ECS promises no order of the items in a list; here it changes with every version. */
const orderOf =
  (version: number) =>
  (items: readonly Json[]): readonly Json[] =>
    version % 2 === 0 ? items.toReversed() : items

/** The events of a world. What ECS writes as JSON is decoded as sources decode it. */
export class ModelledEvents {
  readonly #decoder: EcsDecoder
  /** True time. */
  readonly now: () => Millis
  /** Emits an event that a source makes itself. */
  readonly emit: (event: ClusterEvent) => void
  #written = 0

  constructor({ decoder, now, emit }: ModelledEventsOptions) {
    this.#decoder = decoder
    this.now = now
    this.emit = emit
  }

  /** ECS reports the version of a task. */
  task(facts: TaskFacts): void {
    this.#decode(taskEvent(facts, { nextId: () => this.#nextId(), ordered: orderOf(facts.version) }))
  }

  /** ECS reports the progress of a deployment. */
  deployment(facts: DeploymentFacts): void {
    this.#decode(deploymentEvent(facts, this.#nextId()))
  }

  /** The task as a source reads it in a response of DescribeTasks. */
  described(facts: TaskFacts, order: number): Task {
    const description = taskDescription(facts, (at) => new Date(at))
    const { task, errors } = this.#decoder.description(description, order)
    if (task === undefined || errors.length > 0)
      throw new Error(`a description of ECS was not decoded: ${explain(errors)}`)
    return task
  }

  #nextId(): string {
    return uuid(++this.#written, 0)
  }

  #decode(event: EventBridgeEvent): void {
    const decoded = this.#decoder.event(event, this.now())
    if (decoded._tag === 'Event') this.emit(decoded.event)
    else
      throw new Error(
        `an event of ECS was not decoded: ${decoded._tag === 'Ignored' ? decoded.kind : explain(decoded.errors)}`,
      )
  }
}
