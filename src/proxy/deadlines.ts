import type { Clock, Millis } from '../core/clock.js'

/** Something that has to be over by a time. */
export interface Deadline {
  readonly at: Millis
  expire(): void
}

/**
 * Many deadlines with one timer, for what is nearly always over long before: to set one and to take it back costs next
 * to nothing, and the timer wakes when the earliest was due, whether or not it is still there.
 */
export class Deadlines {
  private readonly pending = new Set<Deadline>()
  private wakesAt: Millis = Infinity

  constructor(
    private readonly clock: Clock,
    /** After that nothing expires. */
    private readonly signal: AbortSignal,
  ) {}

  add(deadline: Deadline): void {
    this.pending.add(deadline)
    if (deadline.at < this.wakesAt) void this.wakeAt(deadline.at)
  }

  delete(deadline: Deadline): void {
    this.pending.delete(deadline)
  }

  private async wakeAt(at: Millis): Promise<void> {
    const { clock, signal, pending } = this
    this.wakesAt = at
    await clock.sleep(at - clock.now(), signal)
    // A deadline that came later and was earlier has a timer of its own, which goes on from there.
    if (signal.aborted || this.wakesAt !== at) return
    const now = clock.now()
    let next = Infinity
    for (const deadline of pending)
      if (deadline.at <= now) {
        pending.delete(deadline)
        deadline.expire()
      } else next = Math.min(next, deadline.at)
    this.wakesAt = Infinity
    if (next < Infinity) void this.wakeAt(next)
  }
}
