import type { Clock, Millis } from '../../core/clock.js'
import { errorOf } from '../../core/error-of.js'

export interface ReloadsOptions {
  readonly reload: () => Promise<void>
  readonly intervalMs: Millis
  readonly clock: Clock
}

/**
 * At most one reload in an interval: the first at once, and one at the end of the interval for all that were asked for
 * meanwhile. A reload that fails is tried again after each interval.
 */
export class Reloads {
  /** nginx may not have loaded the files. True at first: nobody knows what it has loaded. */
  private due = true
  private resting = false
  private failure: string | undefined
  private readonly stop = new AbortController()
  private ends: AbortSignal | undefined

  constructor(private readonly options: ReloadsOptions) {}

  /** Why nginx has not loaded the files; `undefined` if it has, or soon will. */
  get problem(): string | undefined {
    return this.failure
  }

  /** Resolves when nginx was told, or at once if it will be at the end of the interval. Rejects if telling it fails. */
  async request(): Promise<void> {
    this.due = true
    await this.settle()
    if (this.failure !== undefined) throw new Error(this.failure)
  }

  /** Reloads if that is due and the interval allows it. Never rejects. */
  async settle(): Promise<void> {
    if (!this.due || this.resting) return
    this.due = false
    this.resting = true
    const told = this.tell()
    void this.rest(told)
    await told
  }

  /** When the signal aborts, what is due is loaded at once, and what fails is not tried again. */
  endWith(stopping: AbortSignal): void {
    if (this.ends === stopping) return
    this.ends = stopping
    stopping.addEventListener('abort', () => this.stop.abort(), { once: true })
  }

  private async tell(): Promise<void> {
    try {
      await this.options.reload()
      this.failure = undefined
    } catch (thrown) {
      this.due = true
      this.failure = `nginx was not told to reload its configuration (${errorOf(thrown).message}). The files are in place and correct; this is tried again`
    }
  }

  private async rest(told: Promise<void>): Promise<void> {
    const { clock, intervalMs } = this.options
    const { signal } = this.stop
    await Promise.all([told, clock.sleep(intervalMs, signal)])
    const { due, failure } = this
    this.resting = false
    // Once it has ended, what failed would fail again and again.
    if (due && !(signal.aborted && failure !== undefined)) await this.settle()
  }
}
