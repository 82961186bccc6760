import type { Clock } from '../core/clock.js'
import { mapSink } from '../core/map-sink.js'
import type { AnySink } from '../core/sink.js'

/**
 * Lets calls through while it is open. Closing it aborts those that are under way, so that none is alive while it is
 * closed; those that come meanwhile wait, and so does whoever waits for time to pass.
 */
export class Gate {
  /** Aborted by closing; none while it is closed. */
  #opened: AbortController | undefined
  #ended = false
  #waiting: (() => void)[] = []

  open(): void {
    this.#opened ??= new AbortController()
    this.#release()
  }

  close(): void {
    this.#opened?.abort()
    this.#opened = undefined
  }

  /** Closes it for good: nobody waits any more, and no call is let through. */
  end(): void {
    this.close()
    this.#ended = true
    this.#release()
  }

  /** The same clock, by which nobody wakes while the gate is closed. */
  guardClock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal)
        await this.#opening(signal)
      },
    }
  }

  /** The same sink, whose target is reached through the gate only. */
  guardSink(sink: AnySink): AnySink {
    return mapSink(sink, {
      read: (signal) => this.#pass(signal, (either) => sink.read(either)),
      apply: (changes, owner, signal) => this.#pass(signal, (either) => sink.apply(changes, owner, either)),
    })
  }

  async #pass<A>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<A>): Promise<A> {
    let opened = await this.#opening(signal)
    // It may have closed again before this could go on.
    while (opened?.aborted === true) opened = await this.#opening(signal)
    signal.throwIfAborted()
    if (opened === undefined) throw new Error('the function begins anew')
    return untilAborted([signal, opened], call)
  }

  /** Resolves when it is open, to what tells of its closing; also when it has ended or the signal aborts. */
  async #opening(signal: AbortSignal): Promise<AbortSignal | undefined> {
    while (this.#opened === undefined && !this.#ended && !signal.aborted)
      await new Promise<void>((resolve) => {
        const go = (): void => {
          signal.removeEventListener('abort', go)
          resolve()
        }
        this.#waiting.push(go)
        signal.addEventListener('abort', go)
      })
    return this.#opened?.signal
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }
}

/** Makes a call that ends with the first of the signals, even if it does not heed its own. */
const untilAborted = <A>(
  signals: readonly AbortSignal[],
  call: (signal: AbortSignal) => Promise<A>,
): Promise<A> =>
  new Promise((resolve, reject) => {
    const inner = new AbortController()
    const end = (): void => {
      for (const signal of signals) signal.removeEventListener('abort', giveUp)
    }
    const giveUp = (): void => {
      end()
      reject(new Error('the invocation ended'))
      inner.abort()
    }
    for (const signal of signals) signal.addEventListener('abort', giveUp)
    call(inner.signal).then(resolve, reject).finally(end)
  })
