import type { Clock, Millis } from '../../core/clock.js'
import type { Address } from '../../core/desired.js'
import { after } from './after.js'

/** Doublings of the time for which an address is avoided: one that answers again is not left aside for minutes. */
const mostDoublings = 3

/** An address for as long as it is in a pool: one that leaves and comes back is another member. */
export class PoolMember {
  /** Dials under way. */
  dialling = 0
  /** Connections that are open. */
  open = 0
  /** Dials that failed since one that did not. */
  private failures = 0
  private hasLeft = false
  /** Others come first; aborted when that is over before its time. */
  private avoidance: AbortController | undefined

  constructor(
    readonly address: Address,
    private readonly clock: Pick<Clock, 'sleep'>,
  ) {}

  /** Whether it is in the pool no more. */
  get left(): boolean {
    return this.hasLeft
  }

  /** Whether others come first. When its time is over, one connection finds out whether it answers again. */
  get isSuspect(): boolean {
    return this.failures > 0 && (this.avoidance !== undefined || this.dialling > 0)
  }

  /** It is in the pool no more, for good. */
  leave(): void {
    this.hasLeft = true
    this.avoid(0)
  }

  /** A dial that was counted has connected. */
  connected(): void {
    this.dialling--
    this.open++
    this.failures = 0
    this.avoid(0)
  }

  /** A dial that was counted has not: others come first for `avoidMs`, and twice as long each time that follows. */
  failed(avoidMs: Millis): void {
    this.dialling--
    if (!this.hasLeft) this.avoid(avoidMs * 2 ** Math.min(this.failures, mostDoublings))
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

  private avoid(ms: Millis): void {
    this.avoidance?.abort()
    this.avoidance = undefined
    if (ms <= 0) return
    const avoidance = new AbortController()
    this.avoidance = avoidance
    after(ms, { clock: this.clock, signal: avoidance.signal }, () => (this.avoidance = undefined))
  }
}
