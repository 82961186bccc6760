import { Observable, Subject, Subscription } from 'rxjs'
import type { ClusterEvent } from '../core/event.js'
import type { Delivery, Notice, Source } from '../core/source.js'

export interface MemorySource extends Source {
  /**
   * Delivers events to the worker that follows this source, or to the first that will; resolves to how the worker
   * settled the delivery. After the stop, or once the worker no longer follows, it is `nacked` at once.
   */
  push(...events: readonly ClusterEvent[]): Promise<'acked' | 'nacked'>
  /** Deliveries neither acknowledged nor refused. */
  readonly unsettled: number
}

export interface MemorySourceOptions {
  readonly name?: string
  readonly covers?: readonly string[]
}

/**
 * A source for tests, and for events that your own code already has. Copy it to write your own: everything that `Source`
 * asks for is here. Events that are pushed before the first worker follows wait for it. Events that are pushed after the stop are nacked.
 */
export const memory = ({ name = 'memory', covers = [] }: MemorySourceOptions = {}): MemorySource => {
  const incoming = new Subject<Delivery>()
  const settled = new Subject<void>()
  let unsettled = 0
  /** Deliveries that came before anyone followed. */
  let early: Delivery[] = []
  let followed = false
  let stopped = false

  const push = (...events: readonly ClusterEvent[]): Promise<'acked' | 'nacked'> =>
    new Promise((resolve) => {
      if (stopped || (followed && !incoming.observed)) {
        resolve('nacked')
        return
      }
      let open = true
      unsettled++
      const settle = (how: 'acked' | 'nacked') => (): void => {
        if (!open) return
        open = false
        unsettled--
        resolve(how)
        settled.next()
      }
      const delivery: Delivery = { _tag: 'Delivery', events, ack: settle('acked'), nack: settle('nacked') }
      if (incoming.observed) incoming.next(delivery)
      else early.push(delivery)
    })

  return {
    name,
    covers,
    // Your code may push the answers of lookups, too.
    provides: ['definitions', 'addresses', 'deployments', 'health'],
    push,
    get unsettled() {
      return unsettled
    },
    deliveries: ({ state$ }) =>
      new Observable<Delivery | Notice>((subscriber) => {
        const drained = (): void => {
          if (stopped && unsettled === 0) subscriber.complete()
        }
        followed = true
        stopped = false
        const all = new Subscription()
        all.add(incoming.subscribe((delivery) => subscriber.next(delivery)))
        const waiting = early
        early = []
        for (const delivery of waiting) subscriber.next(delivery)
        all.add(settled.subscribe(drained))
        all.add(
          state$.subscribe({
            complete: () => {
              stopped = true
              drained()
            },
          }),
        )
        return all
      }),
  }
}
