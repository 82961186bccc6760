import type { Clock } from '../core/clock.js'
import { mapSink } from '../core/map-sink.js'
import type { AnySink } from '../core/sink.js'

/**
 * Lets calls to sinks through while it is open. Closing it aborts the calls in progress. While it is closed, new calls
 * wait, and guarded sleeps do not end.
 */
export class Gate {
  /** Aborted when the gate closes; `undefined` while it is closed. */
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

  /** Closes it permanently: waiting calls are released, and no call is let through any more. */
  end(): void {
    this.close()
    this.#ended = true
    this.#release()
  }

  /** The same clock, but its sleeps do not end while the gate is closed. */
  guardClock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal)
        await this.#opening(signal)
      },
    }
  }

  /** The same sink, but its calls to the target pass through the gate. */
  guardSink(sink: AnySink): AnySink {
    return mapSink(sink, {
      read: (signal) => this.#pass(signal, (either) => sink.read(either)),
      apply: (changes, owner, signal) => this.#pass(signal, (either) => sink.apply(changes, owner, either)),
    })
  }

  async #pass<A>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<A>): Promise<A> {
    let opened = await this.#opening(signal)
    // The gate may have closed again before this continuation ran.
    while (opened?.aborted === true) opened = await this.#opening(signal)
    signal.throwIfAborted()
    if (opened === undefined) throw new Error('the function starts a new session')
    return untilAborted([signal, opened], call)
  }

  /** Resolves, when the gate opens, to the signal of its closing; to `undefined` if it has ended or `signal` aborts. */
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

/** Makes a call that is rejected when any of the signals aborts, even if the call ignores its own signal. */
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
