import type { Millis } from '../../core/clock.js'
import { isOver } from '../../shared/async/wall-pause.js'

export interface RepeatGateOptions {
  /** How long repetitions are suppressed. Default: 60,000 ms. */
  readonly windowMs?: Millis
  /** How many keys are remembered; beyond that, the key that passed longest ago is forgotten. Default: 500. */
  readonly remembers?: number
}

/**
 * Lets equal keys pass once per window and counts those it suppresses, so that a long outage is a few log lines. A
 * clock that is set back ends the window, so that nothing is suppressed for days.
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

  /** How many equal keys were suppressed since the last one passed; `undefined` if this one is suppressed, too. */
  pass(key: string): number | undefined {
    const at = this.now()
    const last = this.seen.get(key)
    if (last !== undefined && !isOver({ since: last.at, ms: this.windowMs }, at)) {
      last.heldBack++
      return undefined
    }
    // Deleted first, so that the map keeps the order in which keys passed.
    this.seen.delete(key)
    this.seen.set(key, { at, heldBack: 0 })
    const [oldest] = this.seen.keys()
    if (this.seen.size > this.remembers && oldest !== undefined) this.seen.delete(oldest)
    return last?.heldBack ?? 0
  }
}
