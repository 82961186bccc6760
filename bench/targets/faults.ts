import type { Sink } from 'ecs-task-stream'
import { type DocumentListener, mapSink } from 'ecs-task-stream/sinks/kit'

/** Calls that fail, half of them, while they are on: before they reach the target. */
export class Faults {
  areOn = false
  private last = 1

  /** A fixed sequence, so that each run has the same. */
  private get fails(): boolean {
    this.last = (this.last * 48_271) % 2_147_483_647
    return this.areOn && this.last % 2 === 0
  }

  private readonly call = <A>(make: () => Promise<A>): Promise<A> =>
    this.fails ? Promise.reject(new Error('a call that fails')) : make()

  /** The sink, whose calls of the target may fail. */
  ofSink<V>(sink: Sink<V>): Sink<V> {
    return mapSink(sink, {
      read: (signal) => this.call(() => sink.read(signal)),
      apply: (changes, owner, signal) => this.call(() => sink.apply(changes, owner, signal)),
    })
  }

  /** The listener, whose answers may be 500. */
  ofListener(listener: DocumentListener): DocumentListener {
    return (request, response) => {
      if (this.fails) response.writeHead(500).end()
      else listener(request, response)
    }
  }
}
