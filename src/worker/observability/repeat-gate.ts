import type { Millis } from '../../core/clock.js'
import { isOver } from '../../shared/async/wall-pause.js'

export interface RepeatGateOptions {
  /** How long repetitions are held back. Default: 60,000 ms. */
  readonly windowMs?: Millis
  /**
   * How many different things are told apart; beyond, the one that was let through longest ago is forgotten. Default:
   * 500.
   */
  readonly remembers?: number
}

/**
 * Lets equal things through once a window, with the count of those that it held back, so that a long outage is a few
 * lines. A clock that is set back ends a window: nothing is silenced for days.
 */
export class RepeatGate {
  private readonly seen = new Map<string, { readonly at: Millis; heldBack: number }>()
  private readonly windowMs: Millis
  private readonly remembers: number

  constructor(
    private readonly now: () => Millis,
    { windowMs = 60_000, remembers = 500 }: RepeatGateOptions = {},
  ) {
    this.windowMs = windowMs
    this.remembers = remembers
  }

  /** How many equal ones were held back since the last that passed; `undefined`: this one is to be held back too. */
  pass(key: string): number | undefined {
    const at = this.now()
    const last = this.seen.get(key)
    if (last !== undefined && !isOver({ since: last.at, ms: this.windowMs }, at)) {
      last.heldBack++
      return undefined
    }
    // Deleted first, so that the map's order is that of passing.
    this.seen.delete(key)
    this.seen.set(key, { at, heldBack: 0 })
    const [oldest] = this.seen.keys()
    if (this.seen.size > this.remembers && oldest !== undefined) this.seen.delete(oldest)
    return last?.heldBack ?? 0
  }
}
