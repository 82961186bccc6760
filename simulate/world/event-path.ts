import type { Millis } from '../../src/core/clock.js'
import type { Faults } from '../engine/faults.js'
import type { Timeline } from '../engine/timeline.js'
import type { Happening } from './ecs-world.js'

export interface EventPathOptions {
  readonly timeline: Timeline
  readonly faults: Faults
  readonly targets: readonly { readonly name: string; readonly take: (happening: Happening) => void }[]
  /** Without snapshots, what is lost is lost. */
  readonly mayLose: boolean
}

/** EventBridge: brings each event to every target, mostly within a second, sometimes minutes later, twice, or never. */
export class EventPath {
  constructor(private readonly options: EventPathOptions) {}

  /** Until when everything for a target is lost, as while somebody corrects its policy. */
  readonly #deafUntil = new Map<string, Millis>()

  send(happening: Happening): void {
    const { faults, targets, mayLose, timeline } = this.options
    for (const target of targets) {
      const { name } = target
      if (mayLose && faults.happens('deaf-queue', 0.02, name))
        this.#deafUntil.set(name, timeline.now + 900_000 * faults.dice('deaf-queue').next())
      const isDeaf = faults.roughness > 0 && (this.#deafUntil.get(name) ?? 0) > timeline.now
      if (isDeaf || (mayLose && faults.happens('lost-event', 0.02, name))) continue
      this.#bring(target, happening)
      if (faults.happens('doubled-event', 0.02, name)) this.#bring(target, happening)
    }
  }

  #bring({ name, take }: EventPathOptions['targets'][number], happening: Happening): void {
    const { timeline, faults } = this.options
    const usual = 100 + 900 * faults.dice('late-event').next() ** 3
    const late = faults.happens('late-event', 0.03, name)
      ? 600_000 * faults.dice('late-event').next() ** 2
      : 0
    timeline.after(usual + late, () => take(happening))
  }
}
