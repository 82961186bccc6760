import type { Millis } from '../../src/core/clock.js'
import type { Random } from '../../sim/prng.js'

/** Something that happens at a time, unless it is cancelled before. */
export interface Timer {
  readonly due: Millis
  /** Orders what is due at the same time: by chance, as a scheduler of an operating system would. */
  readonly luck: number
  readonly sequence: number
  /** `undefined` once it was cancelled. */
  run: (() => void) | undefined
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.due !== b.due ? a.due < b.due : a.luck !== b.luck ? a.luck < b.luck : a.sequence < b.sequence

/** The real one: a simulation replaces the global function while it runs. */
const { setImmediate: nextTurn } = globalThis

/** Lets all promises that are ready run, and what they cause, until only timers are left. */
const settled = (): Promise<void> => new Promise((resolve) => nextTurn(resolve))

/**
 * Virtual time, and all timers of the simulation: a heap. Nothing else makes anything happen, so the same seed makes the
 * same things happen in the same order.
 */
export class Timeline {
  #now: Millis
  #sequence = 0
  #cancelled = 0
  readonly #heap: Timer[] = []

  constructor(
    start: Millis,
    private readonly random: Random,
  ) {
    this.#now = start
  }

  get now(): Millis {
    return this.#now
  }

  /** How many timers wait. */
  get size(): number {
    return this.#heap.length - this.#cancelled
  }

  /** How many timers there have been. */
  get count(): number {
    return this.#sequence
  }

  /** Runs `run` in `ms`, or as soon as everything that is ready has run. */
  after(ms: Millis, run: () => void): Timer {
    const due = this.#now + Math.max(0, Number.isFinite(ms) ? ms : 0)
    const timer: Timer = { due, luck: this.random.next(), sequence: this.#sequence++, run }
    this.#heap.push(timer)
    this.#rise(this.#heap.length - 1)
    return timer
  }

  cancel(timer: Timer): void {
    if (timer.run === undefined) return
    timer.run = undefined
    this.#cancelled++
    if (this.#cancelled > 1_000 && this.#cancelled > this.#heap.length / 2) this.#compact()
  }

  /** Lets time pass up to `end`. After each timer, everything that is ready runs. Ends early when `isOver`. */
  async runUntil(end: Millis, isOver: () => boolean = () => false): Promise<void> {
    await settled()
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.due > end || isOver()) break
      this.#take()
      const { run } = next
      if (run === undefined) {
        this.#cancelled--
        continue
      }
      next.run = undefined
      this.#now = next.due
      run()
      await settled()
    }
    if (!isOver()) this.#now = end
  }

  #take(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    this.#sink(0)
  }

  #compact(): void {
    const kept = this.#heap.filter(({ run }) => run !== undefined)
    this.#heap.length = 0
    this.#cancelled = 0
    for (const timer of kept) {
      this.#heap.push(timer)
      this.#rise(this.#heap.length - 1)
    }
  }

  #rise(from: number): void {
    const heap = this.#heap
    for (let place = from; place > 0;) {
      const parent = (place - 1) >> 1
      if (!isBefore(heap[place]!, heap[parent]!)) return
      ;[heap[place], heap[parent]] = [heap[parent]!, heap[place]!]
      place = parent
    }
  }

  #sink(from: number): void {
    const heap = this.#heap
    for (let place = from; ;) {
      const left = 2 * place + 1
      if (left >= heap.length) return
      const right = left + 1
      const child = right < heap.length && isBefore(heap[right]!, heap[left]!) ? right : left
      if (!isBefore(heap[child]!, heap[place]!)) return
      ;[heap[place], heap[child]] = [heap[child]!, heap[place]!]
      place = child
    }
  }
}
