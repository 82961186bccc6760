import type { Millis } from '../../src/core/clock.js'
import type { Random } from '../../sim/prng.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Timeline } from '../engine/timeline.js'
import { call, type CallAnswer } from '../network/http-call.js'
import type { Listener } from '../network/listener.js'

/** An answer that has reached the reader. */
export interface ReadDocument {
  readonly by: SimulatedProcess
  readonly text: string
  readonly answeredAt: Millis
  /** When the worker had last planned a change by then. */
  readonly plannedAt: Millis
}

export interface DocumentReaderOptions {
  readonly timeline: Timeline
  readonly faults: Faults
  readonly random: Random
  /** How many addresses of workers there are. */
  readonly workers: number
  /** Who answers at the address of the n-th worker now. */
  readonly listening: (worker: number) => Listener | undefined
  readonly read: (document: ReadDocument) => void
}

/** The defaults of Traefik's HTTP provider: `pollInterval`, `pollTimeout`. */
const intervalMs: Millis = 5_000
const patienceMs: Millis = 5_000

/** After so long without a document, somebody changes the address to that of another worker. */
const moveMs: Millis = 300_000

/**
 * A program that asks one worker for its document, again and again, as Traefik's HTTP provider does. It keeps what it has
 * while there is no answer, or one that is not 200.
 */
export class DocumentReader {
  #asked = 0
  #lastRead: Millis
  #cutUntil: Millis = 0

  constructor(private readonly options: DocumentReaderOptions) {
    this.#lastRead = options.timeline.now
  }

  start(): void {
    const { timeline } = this.options
    const poll = (): void => {
      timeline.after(intervalMs, poll)
      this.#poll()
    }
    poll()
  }

  #poll(): void {
    const { timeline, faults, workers, listening } = this.options
    const { now } = timeline
    if (now - this.#lastRead > moveMs) {
      this.#asked = (this.#asked + 1) % workers
      this.#lastRead = now
    }
    if (faults.happens('partition', 0.0005, 'reader'))
      this.#cutUntil = now + 600_000 * faults.dice('partition').next() ** 2
    const isCut = faults.roughness > 0 && this.#cutUntil > now
    const to = isCut ? undefined : listening(this.#asked)
    if (to === undefined) return
    const where = `reader to ${to.process.name}`
    if (faults.happens('hang', 0.0005, where) || faults.happens('lost-request', 0.002, where)) return
    this.#ask(to, where, timeline.now + patienceMs)
  }

  /** Nobody waits for an answer after `deadline`. */
  #ask({ process, listener }: Listener, where: string, deadline: Millis): void {
    const { timeline, faults } = this.options
    this.#after(this.#latency(where), deadline, () => {
      if (!process.moment()) return
      call(listener, { method: 'GET', headers: {}, body: '' }, (answer) => {
        const [answeredAt, { plannedAt }] = [timeline.now, process]
        if (faults.happens('lost-answer', 0.002, where) || faults.happens('half-answer', 0.001, where)) return
        this.#after(this.#latency(where), deadline, () => {
          // The connection of a process that has ended is cut.
          if (process.moment()) this.#answered(process, answer, answeredAt, plannedAt)
        })
      })
    })
  }

  #answered(by: SimulatedProcess, { status, body }: CallAnswer, answeredAt: Millis, plannedAt: Millis): void {
    if (status !== 200) return
    this.#lastRead = this.options.timeline.now
    this.options.read({ by, text: body, answeredAt, plannedAt })
  }

  #after(ms: Millis, deadline: Millis, run: () => void): void {
    const { timeline } = this.options
    if (timeline.now + ms <= deadline) timeline.after(ms, run)
  }

  /** Milliseconds, and seconds for a few. */
  #latency(where: string): Millis {
    const { random, faults } = this.options
    const usual = 1 + 15 * random.next() ** 2
    return faults.happens('slow', 0.005, where) ? usual + 8_000 * faults.dice('slow').next() ** 2 : usual
  }
}
