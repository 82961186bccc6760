/** A source of another project: a log that commits prefixes, as a partition of Kafka or a shard of Kinesis. */
import type { Clock, Delivery, Millis, Notice, Source } from 'ecs-task-stream'
import { type Decoded, decodeMessage, explain } from 'ecs-task-stream/sources/ecs-event'
import { setMaxListeners } from 'node:events'
import { Observable, type Subject, Subscription } from 'rxjs'

export interface Log {
  readonly messages: readonly string[]
  /** Emits when messages are there that were not before. */
  readonly appended$: Subject<void>
  /** All messages before this offset are done. A process that starts begins here. */
  committed: number
}

export interface LogSourceOptions {
  readonly log: Log
  readonly decode?: (message: string) => Decoded
  /** The most messages that are delivered and not acknowledged. Default: 100. */
  readonly maxInFlight?: number
  /** When a nacked message is delivered again. Default: 1,000 ms. */
  readonly retryMs?: Millis
  /** Default: the worker's. */
  readonly clock?: Clock
}

/**
 * Sinks settle deliveries in any order, and the log can only be committed up to a message. So the source remembers what
 * is done beyond the first message that is not, and commits when the gap closes. After a crash, all of that comes again,
 * which is harmless: the same events lead to the same state.
 */
export const logSource = ({
  log,
  decode = decodeMessage,
  maxInFlight = 100,
  retryMs = 1_000,
  ...options
}: LogSourceOptions): Source => ({
  name: 'log',
  covers: [],
  deliveries: ({ state$, ...context }) =>
    new Observable<Delivery | Notice>((subscriber) => {
      const { clock = context.clock } = options
      const closed = new AbortController()
      // Every message that rests adds a listener.
      setMaxListeners(0, closed.signal)
      const done = new Set<number>()
      let next = log.committed
      let held = 0
      let resting = 0
      let stopped = false
      let pumping = false

      const settle = (offset: number): void => {
        done.add(offset)
        while (done.delete(log.committed)) log.committed++
      }

      const deliver = (offset: number): void => {
        const decoded = decode(log.messages[offset] ?? '')
        if (decoded._tag !== 'Event') {
          const reason = decoded._tag === 'Undecodable' ? explain(decoded.errors) : ''
          subscriber.next(
            decoded._tag === 'Ignored'
              ? { ...decoded, count: 1 }
              : { _tag: 'Undecodable', id: String(offset), reason, receives: undefined },
          )
          // Left where it is, it would hold up every later commit.
          settle(offset)
          return
        }
        let open = true
        held++
        const once = (settling: () => void) => (): void => {
          if (!open || closed.signal.aborted) return
          open = false
          held--
          settling()
          pump()
        }
        const retry = async (): Promise<void> => {
          resting++
          await clock.sleep(retryMs, closed.signal)
          resting--
          if (!stopped && !closed.signal.aborted) deliver(offset)
        }
        subscriber.next({
          _tag: 'Delivery',
          events: [decoded.event],
          ack: once(() => settle(offset)),
          nack: once(() => void retry()),
        })
      }

      const pump = (): void => {
        // A delivery may be settled before `deliver` returns, which pumps again.
        if (pumping) return
        pumping = true
        while (!stopped && held + resting < maxInFlight && next < log.messages.length) deliver(next++)
        pumping = false
        if (stopped && held === 0) subscriber.complete()
      }

      const all = new Subscription(() => closed.abort())
      all.add(log.appended$.subscribe(pump))
      all.add(
        state$.subscribe({
          complete: () => {
            stopped = true
            pump()
          },
        }),
      )
      pump()
      return all
    }),
})
