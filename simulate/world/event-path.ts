import type { Millis } from '../../src/core/clock.js'
import type { Faults } from '../engine/faults.js'
import type { Timeline } from '../engine/timeline.js'
import type { SimulatedSqs } from '../servers/sqs.js'
import type { Happening } from './ecs-world.js'

export interface EventPathOptions {
  readonly timeline: Timeline
  readonly faults: Faults
  readonly sqs: SimulatedSqs<Happening>
  readonly queues: readonly string[]
}

/** EventBridge: brings each event to every queue, mostly within a second, sometimes minutes later, twice, or never. */
export class EventPath {
  constructor(private readonly options: EventPathOptions) {}

  /** Until when everything for a queue is lost, as while somebody corrects its policy. */
  readonly #deafUntil = new Map<string, Millis>()

  send(happening: Happening): void {
    const { faults, queues, timeline } = this.options
    for (const queue of queues) {
      if (faults.happens('deaf-queue', 0.02, queue))
        this.#deafUntil.set(queue, timeline.now + 900_000 * faults.dice('deaf-queue').next())
      const isDeaf = faults.roughness > 0 && (this.#deafUntil.get(queue) ?? 0) > timeline.now
      if (isDeaf || faults.happens('lost-event', 0.02, queue)) continue
      this.#bring(queue, happening)
      if (faults.happens('doubled-event', 0.02, queue)) this.#bring(queue, happening)
    }
  }

  #bring(queue: string, happening: Happening): void {
    const { timeline, faults, sqs } = this.options
    const usual = 100 + 900 * faults.dice('late-event').next() ** 3
    const late = faults.happens('late-event', 0.03, queue)
      ? 600_000 * faults.dice('late-event').next() ** 2
      : 0
    timeline.after(usual + late, () => sqs.send(queue, happening, happening.body))
  }
}
