import type { Millis } from '../core/clock.js'
import type { Address } from '../core/desired.js'

/** Doublings of the time for which an address is avoided: one that answers again is not left aside for minutes. */
const mostDoublings = 3

/** An address for as long as it is in a pool: one that leaves and comes back is another member. */
export class PoolMember {
  /** Dials under way. */
  dialling = 0
  /** Connections that are open. */
  open = 0
  /** Whether it is in the pool no more. */
  left = false
  /** Dials that failed since one that did not. */
  private failures = 0
  private avoidedUntil: Millis = 0

  constructor(readonly address: Address) {}

  /** A dial that was counted has connected. */
  connected(): void {
    this.dialling--
    this.open++
    this.failures = 0
  }

  /** A dial that was counted has not: others come first for `avoidMs`, and twice as long each time that follows. */
  failed(now: Millis, avoidMs: Millis): void {
    this.dialling--
    this.avoidedUntil = now + avoidMs * 2 ** Math.min(this.failures, mostDoublings)
    this.failures++
  }

  /** A dial that was counted has ended, and says nothing of the address. */
  abandoned(): void {
    this.dialling--
  }

  /** An open connection has ended. */
  closed(): void {
    this.open--
  }

  /** Whether others come first. When its time is over, one connection finds out whether it answers again. */
  isSuspect(now: Millis): boolean {
    return this.failures > 0 && (now < this.avoidedUntil || this.dialling > 0)
  }
}
