import type { Millis } from '../../src/core/clock.js'
import type { Random } from '../../sim/prng.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Timeline } from '../engine/timeline.js'
import { call, type CallAnswer } from '../network/http-call.js'
import type { Listener } from '../network/listener.js'

export const apiKey = 'simulated-api-key'

export interface ApiDestinationOptions<E> {
  readonly timeline: Timeline
  readonly faults: Faults
  readonly random: Random
  /** `undefined`: nobody answers at that address now. */
  readonly listening: () => Listener | undefined
  readonly isCut: (process: SimulatedProcess) => boolean
  /** A request has reached a worker. */
  readonly received: (content: E, by: SimulatedProcess) => void
  /** A worker has answered that it has what follows from it. */
  readonly accepted: (content: E, by: SimulatedProcess) => void
  /** A worker has answered that it will never take it. */
  readonly refused: (content: E, by: SimulatedProcess, status: number) => void
}

/** EventBridge waits so long for an answer. */
const patienceMs: Millis = 5_000

/** The longest pause before the next try. EventBridge goes on for 24 hours. */
const longestPauseMs: Millis = 300_000

/** An API destination of EventBridge: posts each event until it is taken. */
export class ApiDestination<E> {
  #depth = 0

  constructor(private readonly options: ApiDestinationOptions<E>) {}

  /** How many events are not taken yet. */
  get depth(): number {
    return this.#depth
  }

  send(content: E, body: string): void {
    this.#depth++
    this.#try(content, body, 0)
  }

  #try(content: E, body: string, tries: number): void {
    const { timeline, faults, listening, isCut, received, accepted, refused } = this.options
    const again = (afterMs: Millis = 0): void => {
      const pause = Math.max(afterMs, Math.min(longestPauseMs, 1_000 * 2 ** Math.min(tries, 9)))
      timeline.after(pause * (0.5 + this.options.random.next() / 2), () =>
        this.#try(content, body, tries + 1),
      )
    }
    timeline.after(this.#latency(), () => {
      const to = listening()
      if (to?.process.moment() !== true) {
        again()
        return
      }
      const { process, listener } = to
      const where = `EventBridge to ${process.name}`
      const isLost = (kind: 'lost-request' | 'lost-answer'): boolean =>
        isCut(process) || faults.happens(kind, 0.01, where)
      if (isLost('lost-request')) {
        again()
        return
      }
      received(content, process)
      const answered = ({ status, retryAfter }: CallAnswer): void => {
        timeline.cancel(timeout)
        if (!process.isAlive) {
          again()
          return
        }
        if (status < 300) accepted(content, process)
        timeline.after(this.#latency(), () => {
          if (isLost('lost-answer') || status === 401 || status === 429 || status >= 500)
            again(1_000 * retryAfter)
          else {
            this.#depth--
            if (status >= 300) refused(content, process, status)
          }
        })
      }
      const timeout = timeline.after(patienceMs, () => {
        hangUp()
        again()
      })
      const { hangUp } = call(
        listener,
        { method: 'POST', headers: { 'content-type': 'application/json', 'x-api-key': apiKey }, body },
        answered,
      )
    })
  }

  #latency(): Millis {
    const { random, faults } = this.options
    const usual = 1 + 30 * random.next() ** 2
    return faults.happens('slow', 0.01, 'EventBridge')
      ? usual + 8_000 * faults.dice('slow').next() ** 2
      : usual
  }
}
