import type { Millis } from '../../core/clock.js'
import type { ClusterState } from '../../core/cluster-state.js'

/**
 * The time by ECS's clock: the time of the newest snapshot, plus the time slept since. It does not use the machine's
 * clock, so a clock that is days ahead does not make tasks expire days early.
 */
export class EcsTime {
  /** Before the first snapshot, the time is unknown and nothing expires. */
  #now: Millis = -Infinity

  get now(): Millis {
    return this.#now
  }

  follow({ marks }: ClusterState): void {
    for (const [, { at }] of marks) this.#now = Math.max(this.#now, at)
  }

  slept(ms: Millis): void {
    this.#now += ms
  }
}
