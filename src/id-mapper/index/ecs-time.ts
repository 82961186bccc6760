import type { Millis } from '../../core/clock.js'
import type { ClusterState } from '../../core/cluster-state.js'

/**
 * What time it is by the clock of ECS: the newest that a snapshot tells, and what has been slept since. The clock of the
 * machine is not asked: if it is set ahead by days, nothing is forgotten days too early.
 */
export class EcsTime {
  /** Before the first snapshot nobody knows: nothing is over yet. */
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
