import { Observable, Subject, Subscription } from 'rxjs'
import type { ClusterEvent } from '../core/event.js'
import type { Delivery, Notice, Source } from '../core/source.js'

export interface MemorySource extends Source {
  /** Delivers events to whoever is subscribed; resolves to how it was settled. */
  push(...events: readonly ClusterEvent[]): Promise<'acked' | 'nacked'>
  /** Deliveries neither acknowledged nor refused. */
  readonly unsettled: number
}

export interface MemorySourceOptions {
  readonly name?: string
  readonly covers?: readonly string[]
}

/**
 * A source for tests and for events that your own code already has. The one to copy: everything that `Source` asks
 * for is here. What is pushed while nobody listens, or after the stop, is refused.
 */
export const memory = ({ name = 'memory', covers = [] }: MemorySourceOptions = {}): MemorySource => {
  const incoming = new Subject<Delivery>()
  const settled = new Subject<void>()
  let unsettled = 0
  let stopped = false

  const push = (...events: readonly ClusterEvent[]): Promise<'acked' | 'nacked'> =>
    new Promise((resolve) => {
      if (stopped || !incoming.observed) {
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
      incoming.next({ _tag: 'Delivery', events, ack: settle('acked'), nack: settle('nacked') })
    })

  return {
    name,
    covers,
    push,
    get unsettled() {
      return unsettled
    },
    deliveries: (state$) =>
      new Observable<Delivery | Notice>((subscriber) => {
        const drained = (): void => {
          if (stopped && unsettled === 0) subscriber.complete()
        }
        stopped = false
        const all = new Subscription()
        all.add(incoming.subscribe((delivery) => subscriber.next(delivery)))
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
