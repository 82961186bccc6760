import type { Millis } from '../../src/core/clock.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WireAnswer } from '../network/wire.js'

/** A message that was not deleted. */
export interface Message<E> {
  readonly id: string
  readonly content: E
  readonly body: string
  readonly md5: string
  readonly sentAt: Millis
  visibleAt: Millis
  receives: number
}

/** A call of ReceiveMessage that waits. */
export interface Waiting {
  readonly most: number
  readonly visibilityMs: Millis
  readonly by: SimulatedProcess
  readonly answer: (answer: WireAnswer) => void
}

/** One queue: its messages, and who waits for some. */
export class SqsQueue<E> {
  readonly messages = new Map<string, Message<E>>()
  readonly waiting = new Set<Waiting>()
  /** How many went to the dead letter queue. */
  dead = 0

  /** The message of a receive. Only the handle of the newest one is good. */
  held(handle: string): Message<E> | undefined {
    const [id = '', receives] = handle.split('/')
    const message = this.messages.get(id)
    return message !== undefined && String(message.receives) === receives ? message : undefined
  }
}
