import { createHash } from 'node:crypto'
import type { Millis } from '../../src/core/clock.js'
import type { Random } from '../../sim/prng.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Timeline } from '../engine/timeline.js'
import type { SimulatedService, WireAnswer, WireRequest } from '../network/wire.js'
import { jsonAnswer, serviceRefusal } from './json-answers.js'
import { type Message, SqsQueue, type Waiting } from './sqs-queue.js'

export interface QueueObserver<E> {
  deleted(queue: string, content: E, by: SimulatedProcess): void
}

export interface SqsOptions {
  readonly timeline: Pick<Timeline, 'now' | 'after'>
  readonly faults: Faults
  readonly random: Random
  /** After so many receives a message goes to the dead letter queue. */
  readonly maxReceives: number
}

interface Entry {
  readonly Id: string
  readonly ReceiptHandle: string
  readonly VisibilityTimeout?: number
}

interface Input {
  readonly QueueUrl: string
  readonly MaxNumberOfMessages?: number
  readonly WaitTimeSeconds?: number
  readonly VisibilityTimeout?: number
  readonly Entries?: readonly Entry[]
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const retentionMs: Millis = 4 * 86_400_000

/** Standard queues of SQS in memory: at least once, in any order, with visibility timeouts and a dead letter queue. */
export class SimulatedSqs<E> implements SimulatedService {
  readonly refusal = serviceRefusal
  readonly #queues = new Map<string, SqsQueue<E>>()
  /** Of all messages that may still be under way. */
  readonly #contents = new Map<string, E>()
  #sent = 0

  constructor(
    private readonly options: SqsOptions,
    private readonly observer: QueueObserver<E>,
  ) {}

  createQueue(name: string): string {
    this.#queues.set(name, new SqsQueue())
    return `https://simulated.eu-west-1.amazonaws.com/123456789012/${name}`
  }

  /** Puts a message into a queue. */
  send(queueName: string, content: E, body: string): void {
    const { timeline } = this.options
    const queue = this.#queue(queueName)
    const id = `m-${++this.#sent}`
    this.#contents.set(id, content)
    if (this.#contents.size > 20_000) this.#contents.delete([...this.#contents.keys()][0] ?? '')
    queue.messages.set(id, {
      id,
      content,
      body,
      md5: createHash('md5').update(body).digest('hex'),
      sentAt: timeline.now,
      visibleAt: timeline.now,
      receives: 0,
    })
    this.#serve(queueName, queue)
  }

  /** What the messages of an answer are about. Half of an answer has none: its receiver cannot read it. */
  contents(answer: string): readonly E[] {
    if (!isJson(answer)) return []
    return [...answer.matchAll(/"MessageId":"(m-\d+)"/g)].flatMap(([, id = '']) => {
      const content = this.#contents.get(id)
      return content === undefined ? [] : [content]
    })
  }

  /** How many messages there are, hidden ones included. */
  depth(name: string): number {
    return this.#queue(name).messages.size
  }

  /** How many went to the dead letter queue. */
  dead(name: string): number {
    return this.#queue(name).dead
  }

  /**
   * A consumer has closed its connections: what it waits for goes to others. A consumer that is cut off does not: then
   * SQS gives it messages that it never gets.
   */
  hangUp(by: SimulatedProcess): void {
    for (const { waiting } of this.#queues.values())
      for (const one of waiting) if (one.by === by) waiting.delete(one)
  }

  answer({ operation, body }: WireRequest, by: SimulatedProcess): WireAnswer | Promise<WireAnswer> {
    const input = JSON.parse(body) as Input
    const name = input.QueueUrl.slice(input.QueueUrl.lastIndexOf('/') + 1)
    const queue = this.#queues.get(name)
    if (queue === undefined)
      return jsonAnswer({ __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'no such queue' }, 400)
    switch (operation) {
      case 'ReceiveMessage':
        return this.#receive(name, queue, input, by)
      case 'DeleteMessageBatch':
        return this.#each(input, operation, by, (handle) => this.#delete(name, queue, handle, by))
      case 'ChangeMessageVisibilityBatch':
        return this.#each(input, operation, by, (handle, { VisibilityTimeout: seconds = 0 }) =>
          this.#hide(name, queue, handle, seconds),
        )
      case 'GetQueueAttributes':
        return jsonAnswer({ Attributes: { RedrivePolicy: '{}' } })
      default:
        return jsonAnswer({ __type: 'InvalidAction', message: `not simulated: ${operation}` }, 400)
    }
  }

  #queue(name: string): SqsQueue<E> {
    const queue = this.#queues.get(name)
    if (queue === undefined) throw new Error(`no queue ${name}`)
    return queue
  }

  /** Some entries may be refused: they have had no effect. */
  #each(
    { Entries: entries = [] }: Input,
    operation: string,
    by: SimulatedProcess,
    make: (handle: string, entry: Entry) => void,
  ): WireAnswer {
    const { faults } = this.options
    const isRefused = entries.map(() => faults.happens('refusal', 0.01, `${by.name} ${operation}`))
    entries.forEach((entry, i) => {
      if (isRefused[i] !== true) make(entry.ReceiptHandle, entry)
    })
    return jsonAnswer({
      Successful: entries.flatMap(({ Id }, i) => (isRefused[i] === true ? [] : [{ Id }])),
      Failed: entries.flatMap(({ Id }, i) =>
        isRefused[i] === true
          ? [{ Id, Code: 'InternalError', SenderFault: false, Message: 'try again' }]
          : [],
      ),
    })
  }

  #receive(
    name: string,
    queue: SqsQueue<E>,
    { MaxNumberOfMessages: most = 1, WaitTimeSeconds: wait = 0, VisibilityTimeout: seconds = 30 }: Input,
    by: SimulatedProcess,
  ): Promise<WireAnswer> {
    return new Promise((resolve) => {
      const { timeline } = this.options
      const waiting: Waiting = { most, visibilityMs: seconds * 1_000, by, answer: resolve }
      queue.waiting.add(waiting)
      this.#serve(name, queue)
      if (queue.waiting.has(waiting))
        timeline.after(wait * 1_000, () => {
          if (queue.waiting.delete(waiting)) resolve(jsonAnswer({}))
        })
    })
  }

  /** Gives what is visible to those who wait. */
  #serve(name: string, queue: SqsQueue<E>): void {
    const { timeline, random, faults, maxReceives } = this.options
    for (const waiting of queue.waiting) {
      const { most, visibilityMs, by, answer } = waiting
      // Nobody knows that a consumer has died: what it is given is hidden until its timeout.
      const visible = [...queue.messages.values()].filter(({ visibleAt }) => visibleAt <= timeline.now)
      if (visible.length === 0) return
      queue.waiting.delete(waiting)
      const taken = random.shuffled(visible).slice(0, 1 + random.int(most))
      const given: Message<E>[] = []
      for (const message of taken) {
        if (message.receives >= maxReceives || timeline.now - message.sentAt > retentionMs) {
          queue.messages.delete(message.id)
          queue.dead++
          continue
        }
        message.receives++
        const isDoubled = faults.happens('doubled-message', 0.01, `${by.name} ReceiveMessage`)
        message.visibleAt = timeline.now + (isDoubled ? 0 : visibilityMs)
        this.#wakeAt(name, queue, message.visibleAt)
        given.push(message)
      }
      answer(
        jsonAnswer({
          Messages: given.map(({ id, body, md5, receives }) => ({
            MessageId: id,
            ReceiptHandle: `${id}/${receives}`,
            Body: body,
            MD5OfBody: md5,
            Attributes: { ApproximateReceiveCount: String(receives) },
          })),
        }),
      )
    }
  }

  #wakeAt(name: string, queue: SqsQueue<E>, at: Millis): void {
    const { timeline } = this.options
    timeline.after(at - timeline.now, () => this.#serve(name, queue))
  }

  #delete(name: string, queue: SqsQueue<E>, handle: string, by: SimulatedProcess): void {
    const message = queue.held(handle)
    if (message === undefined) return
    this.observer.deleted(name, message.content, by)
    if (this.options.faults.happens('doubled-message', 0.01, `${by.name} DeleteMessageBatch`)) {
      // The copy on another server of SQS.
      message.visibleAt = this.options.timeline.now + 60_000
      this.#wakeAt(name, queue, message.visibleAt)
    } else queue.messages.delete(message.id)
  }

  #hide(name: string, queue: SqsQueue<E>, handle: string, seconds: number): void {
    const message = queue.held(handle)
    if (message === undefined || message.visibleAt <= this.options.timeline.now) return
    message.visibleAt = this.options.timeline.now + seconds * 1_000
    this.#wakeAt(name, queue, message.visibleAt)
  }
}
