import { Observable, type Subscriber } from 'rxjs'
import type { Delivery, Notice, Source } from '../core/source.js'

/** The source through which invocations deliver their events. Outputs are kept until the first subscription. */
export class Inbox implements Source {
  readonly name = 'lambda'
  readonly covers = []
  #early: (Delivery | Notice)[] = []
  #subscriber: Subscriber<Delivery | Notice> | undefined

  put(output: Delivery | Notice): void {
    if (this.#subscriber === undefined) this.#early.push(output)
    else this.#subscriber.next(output)
  }

  deliveries: Source['deliveries'] = ({ state$ }) =>
    new Observable((subscriber) => {
      this.#subscriber = subscriber
      const early = this.#early
      this.#early = []
      for (const output of early) subscriber.next(output)
      // Completes without waiting for acknowledgements: the session tracks its deliveries and reports them to Lambda.
      subscriber.add(state$.subscribe({ complete: () => subscriber.complete() }))
    })
}
