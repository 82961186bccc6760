import type { ServerResponse } from 'node:http'
import type { Observable, Subscription } from 'rxjs'
import type { Clock, Millis } from '../../core/clock.js'
import type { Overview } from '../../inspector/overview.js'
import { OverviewStream } from './overview-stream.js'

/** More than the people who look at one worker at a time. */
export const mostListeners = 32

/** Load balancers and browsers close what is silent for longer, usually after a minute. */
const heartbeatMs: Millis = 15_000

/** The clients that listen. One overview is made for all of them, and none while there are none. */
export class OverviewStreams {
  readonly #streams = new Set<OverviewStream>()
  #newest: Overview | undefined
  #following: Subscription | undefined
  #beating = new AbortController()
  #isOver = false

  constructor(
    private readonly overview$: Observable<Overview>,
    private readonly clock: Pick<Clock, 'sleep'>,
  ) {}

  /** Whether there is room for another. */
  get hasRoom(): boolean {
    return !this.#isOver && this.#streams.size < mostListeners
  }

  /** Takes over a response, which ends with the client or with `end`. */
  add(response: ServerResponse): void {
    const stream = new OverviewStream(response)
    this.#streams.add(stream)
    response.once('close', () => this.#remove(stream))
    if (this.#streams.size === 1) this.#begin()
    else if (this.#newest !== undefined) stream.show(this.#newest)
  }

  /** Ends all of them. */
  end(): void {
    this.#isOver = true
    for (const stream of this.#streams) stream.end()
    this.#stop()
  }

  #remove(stream: OverviewStream): void {
    this.#streams.delete(stream)
    if (this.#streams.size === 0) this.#stop()
  }

  #begin(): void {
    this.#beating = new AbortController()
    void this.#beat(this.#beating.signal)
    this.#following = this.overview$.subscribe({
      next: (overview) => {
        this.#newest = overview
        for (const stream of this.#streams) stream.show(overview)
      },
      complete: () => this.end(),
      // The clients ask again.
      error: () => this.end(),
    })
  }

  #stop(): void {
    this.#beating.abort()
    this.#following?.unsubscribe()
    this.#following = undefined
    this.#newest = undefined
  }

  async #beat(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.clock.sleep(heartbeatMs, signal)
      if (signal.aborted) return
      for (const stream of this.#streams) stream.beat()
    }
  }
}
