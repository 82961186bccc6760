import type { Millis } from '../../core/clock.js'
import { isOver } from '../../shared/async/wall-pause.js'

export interface RepeatGateOptions {
  /** How long repetitions are suppressed after the first message. Default: 10,000 ms. */
  readonly windowMs?: Millis
  /** The longest time for which they are. Default: 3,600,000 ms. */
  readonly longestMs?: Millis
  /** How many keys are remembered; beyond that, the key that passed longest ago is forgotten. Default: 500. */
  readonly remembers?: number
}

interface Seen {
  readonly at: Millis
  readonly windowMs: Millis
  heldBack: number
}

/**
 * Lets equal keys pass at growing intervals and counts those it suppresses, so that a long outage is a few log lines.
 * Each interval is twice as long as the one before. A key that was not seen for a whole interval begins anew. A clock
 * that is set back ends the interval, so that nothing is suppressed for days.
 */
export class RepeatGate {
  private readonly seen = new Map<string, Seen>()
  private readonly windowMs: Millis
  private readonly longestMs: Millis
  private readonly remembers: number

  constructor(
    private readonly now: () => Millis,
    { windowMs = 10_000, longestMs = 3_600_000, remembers = 500 }: RepeatGateOptions = {},
  ) {
    this.windowMs = windowMs
    this.longestMs = longestMs
    this.remembers = remembers
  }

  /** How many equal keys were suppressed since the last one passed; `undefined` if this one is suppressed, too. */
  pass(key: string): number | undefined {
    const at = this.now()
    const last = this.seen.get(key)
    if (last !== undefined && !isOver({ since: last.at, ms: last.windowMs }, at)) {
      last.heldBack++
      return undefined
    }
    const goesOn = last !== undefined && last.heldBack > 0
    const windowMs = goesOn ? Math.min(2 * last.windowMs, this.longestMs) : this.windowMs
    // Deleted first, so that the map keeps the order in which keys passed.
    this.seen.delete(key)
    this.seen.set(key, { at, windowMs, heldBack: 0 })
    const [oldest] = this.seen.keys()
    if (this.seen.size > this.remembers && oldest !== undefined) this.seen.delete(oldest)
    return last?.heldBack ?? 0
  }
}
