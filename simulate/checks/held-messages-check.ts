import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WireAnswer, WireRequest } from '../network/wire.js'
import type { ConductCheck } from './conduct-check.js'
import { Violation } from './violation.js'

interface Received {
  readonly MessageId: string
  readonly ReceiptHandle: string
}

interface Body {
  readonly Messages?: readonly Received[]
  readonly Entries?: readonly { readonly Id: string; readonly ReceiptHandle: string }[]
  readonly Successful?: readonly { readonly Id: string }[]
}

const bodyOf = (text: string): Body => {
  try {
    return JSON.parse(text) as Body
  } catch {
    // Half of an answer tells nothing.
    return {}
  }
}

/** What a process has done with messages. */
interface Mailbox {
  /** By handle: the message, and when it was received, as a count of requests and answers. */
  readonly received: Map<string, { readonly message: string; readonly at: number }>
  /** By message: when the deletion was sent that SQS has confirmed. */
  readonly deleted: Map<string, number>
}

/**
 * A message that a worker holds may be given to it again, and then it is the same delivery: it is deleted once, by its
 * newest handle. A worker that takes it for another one folds and settles everything twice.
 */
export class HeldMessagesCheck implements ConductCheck {
  readonly #mailboxes = new Map<string, Mailbox>()
  readonly #sentAt = new WeakMap<WireRequest, number>()
  #count = 0

  sent(process: SimulatedProcess, request: WireRequest): void {
    if (request.operation !== 'DeleteMessageBatch') return
    this.#sentAt.set(request, ++this.#count)
    const { received, deleted } = this.#mailbox(process)
    const messages = new Set<string>()
    for (const { ReceiptHandle: handle } of bodyOf(request.body).Entries ?? []) {
      const one = received.get(handle)
      if (one === undefined) continue
      if (messages.has(one.message) || one.at < (deleted.get(one.message) ?? 0))
        throw new Violation(
          'a worker learns from answers',
          `${process.name} was given ${one.message} again while it held it, and deletes it twice`,
        )
      messages.add(one.message)
    }
  }

  answered(process: SimulatedProcess, request: WireRequest, answer: WireAnswer): void {
    const { operation, body } = request
    if (answer.status !== 200) return
    const { received, deleted } = this.#mailbox(process)
    const at = ++this.#count
    if (operation === 'ReceiveMessage')
      for (const { MessageId: message, ReceiptHandle: handle } of bodyOf(answer.body).Messages ?? [])
        received.set(handle, { message, at })
    if (operation !== 'DeleteMessageBatch') return
    const successful = new Set((bodyOf(answer.body).Successful ?? []).map(({ Id }) => Id))
    for (const { Id, ReceiptHandle: handle } of bodyOf(body).Entries ?? []) {
      const message = received.get(handle)?.message
      if (message !== undefined && successful.has(Id)) deleted.set(message, this.#sentAt.get(request) ?? 0)
    }
  }

  ended({ name }: SimulatedProcess): void {
    this.#mailboxes.delete(name)
  }

  #mailbox({ name }: SimulatedProcess): Mailbox {
    const mailbox = this.#mailboxes.get(name) ?? { received: new Map(), deleted: new Map() }
    this.#mailboxes.set(name, mailbox)
    return mailbox
  }
}
