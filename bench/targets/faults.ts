import type { Change, Outcome, Sink } from 'ecs-task-stream'
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

  /** The sink: half of its reads fail, and half of the writes of single records. */
  ofSink<V>(sink: Sink<V>): Sink<V> {
    const error = new Error('a call that fails')
    return mapSink(sink, {
      read: (signal) => (this.fails ? Promise.reject(error) : sink.read(signal)),
      apply: async (changes, owner, signal) => {
        const [failing, others]: [Change<V>[], Change<V>[]] = [[], []]
        for (const change of changes) (this.fails ? failing : others).push(change)
        const outcomes = others.length === 0 ? [] : await sink.apply(others, owner, signal)
        return [...outcomes, ...failing.map(({ key }): Outcome<V> => ({ _tag: 'Failed', key, error }))]
      },
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
