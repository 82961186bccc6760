import type { Clock, Millis } from './clock.js'
import type { Entry } from './ledger.js'

export interface LookupPatienceOptions {
  /** How long a delivery may wait. The wait may end up to a tenth earlier. */
  readonly ms: Millis
  readonly clock: Pick<Clock, 'sleep'>
  readonly signal: AbortSignal
  readonly isWaiting: (entry: Entry) => boolean
  /** Called when it has waited so long, or no longer waits. */
  readonly end: (entry: Entry) => void
}

const ticks = 10

/** Ends the wait of deliveries whose lookups do not answer. Uses one timer for all, and no clock that could jump. */
export class LookupPatience {
  /** The number of ticks that each delivery has waited. */
  private readonly ages = new Map<Entry, number>()
  private ticking = false

  constructor(private readonly options: LookupPatienceOptions) {}

  add(entry: Entry): void {
    this.ages.set(entry, 0)
    if (!this.ticking) void this.tick()
  }

  private async tick(): Promise<void> {
    const { ms, clock, signal, isWaiting, end } = this.options
    this.ticking = true
    while (this.ages.size > 0) {
      await clock.sleep(ms / ticks, signal)
      if (signal.aborted) return
      for (const [entry, age] of this.ages) {
        if (isWaiting(entry) && age + 1 < ticks) this.ages.set(entry, age + 1)
        else {
          this.ages.delete(entry)
          end(entry)
        }
      }
    }
    this.ticking = false
  }
}
