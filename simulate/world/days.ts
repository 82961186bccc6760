import type { Millis } from '../../src/core/clock.js'
import type { Random } from '../../sim/prng.js'
import type { Faults } from '../engine/faults.js'
import type { Timeline } from '../engine/timeline.js'
import type { EcsWorld } from './ecs-world.js'
import type { Scenario } from './scenario.js'

export const start: Millis = Date.UTC(2026, 0, 1)

const hour: Millis = 3_600_000
const day: Millis = 24 * hour

export interface DaysOptions {
  readonly timeline: Timeline
  readonly scenario: Scenario
  readonly faults: Faults
  readonly random: Random
  readonly ecs: EcsWorld
  readonly note: (text: string) => void
  readonly isOver: () => boolean
  /** Nothing goes wrong from now on. */
  readonly calmed: () => void
  /** It has been calm for long enough. */
  readonly checkExact: () => void
  /** A day has ended. */
  readonly ended: () => void
}

/** The weather of the days: storms, and the last hours of each without faults. */
export class Days {
  constructor(private readonly options: DaysOptions) {}

  async pass(days: number): Promise<void> {
    for (let n = 0; n < days && !this.options.isOver(); n++) await this.#passDay(start + n * day)
  }

  async #passDay(begin: Millis): Promise<void> {
    const { scenario, ecs, random, timeline, ended } = this.options
    const { usualRoughness } = scenario
    ecs.resume()
    this.#roughen(usualRoughness)
    const storms = 2 + random.int(3)
    for (let i = 0; i < storms; i++) {
      const roughness = 1 + 4 * random.next() ** 2
      const from = begin + random.next() * 16 * hour
      const length = (10 + 80 * random.next()) * 60_000
      timeline.after(from - timeline.now, () => this.#roughen(roughness))
      timeline.after(from + length - timeline.now, () => this.#roughen(usualRoughness))
    }
    await this.#pass(begin + 20 * hour)
    await this.#calm(begin + day)
    ended()
  }

  /** Nothing goes wrong for a while, and the clusters come to rest: then everything must be exact. */
  async #calm(end: Millis): Promise<void> {
    const { ecs, timeline, scenario, calmed, isOver, checkExact } = this.options
    this.#roughen(0)
    ecs.quiet()
    calmed()
    while (!ecs.isStill && !isOver()) await this.#pass(timeline.now + 60_000)
    const promised = 1.1 * scenario.longestSnapshotMs + 20 * 60_000
    await this.#pass(timeline.now + promised)
    if (!isOver()) checkExact()
    await this.#pass(Math.max(end, timeline.now))
  }

  #pass(until: Millis): Promise<void> {
    const { timeline, isOver } = this.options
    return timeline.runUntil(until, isOver)
  }

  #roughen(roughness: number): void {
    const { faults, note } = this.options
    faults.roughness = roughness
    note(`roughness ${roughness.toFixed(2)}`)
  }
}
