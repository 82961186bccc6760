/** The source contract can fail: each of these is a source that somebody might well write, and a law refutes it. */
import { Observable, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { ClusterEvent } from '../../src/core/event.js'
import type { Delivery, Source } from '../../src/core/source.js'
import type { SourceBackend } from '../../src/testing/source-harness.js'
import { sourceLaws } from '../../src/testing/source-laws.js'

/** A log, and how a source commits it once the message at an offset is acknowledged. */
interface Log {
  readonly events: ClusterEvent[]
  readonly appended$: Subject<void>
  committed: number
}

type Commit = (log: Log, acknowledged: ReadonlySet<number>, offset: number) => void

const logSource = (log: Log, commit: Commit): Source => ({
  name: 'log',
  covers: [],
  deliveries: ({ state$ }) =>
    new Observable((subscriber) => {
      const acknowledged = new Set<number>()
      let next = log.committed
      let open = 0
      let stopped = false
      const drained = (): void => {
        if (stopped && open === 0) subscriber.complete()
      }
      const deliver = (offset: number, event: ClusterEvent): void => {
        let settled = false
        open++
        const settle = (how: 'ack' | 'nack') => (): void => {
          if (settled || subscriber.closed) return
          settled = true
          open--
          if (how === 'ack') {
            acknowledged.add(offset)
            commit(log, acknowledged, offset)
          }
          drained()
        }
        const delivery: Delivery = {
          _tag: 'Delivery',
          events: [event],
          ack: settle('ack'),
          nack: settle('nack'),
        }
        subscriber.next(delivery)
      }
      const pump = (): void => {
        for (const event of stopped ? [] : log.events.slice(next)) deliver(next++, event)
      }
      subscriber.add(log.appended$.subscribe(pump))
      subscriber.add(
        state$.subscribe({
          complete: () => {
            stopped = true
            drained()
          },
        }),
      )
      pump()
    }),
})

const backendOf = (commit: Commit) => (): Promise<SourceBackend> => {
  const log: Log = { events: [], appended$: new Subject(), committed: 0 }
  return Promise.resolve({
    source: logSource(log, commit),
    publish: (events) => {
      log.events.push(...events)
      log.appended$.next()
      return Promise.resolve()
    },
    // What is not committed comes to the next subscriber.
    redeliver: () => Promise.resolve(),
    unacknowledged: () => Promise.resolve(log.events.length - log.committed),
    dispose: () => Promise.resolve(),
  })
}

/** What fast-check says of the law; `undefined` if it holds. */
const refutation = async (sentence: string, commit: Commit): Promise<string | undefined> => {
  const law = sourceLaws.find((each) => each.sentence.startsWith(sentence))
  if (law === undefined) throw new Error(`no law begins with "${sentence}"`)
  return law.check({ make: backendOf(commit), runs: 50, patienceMs: 100 }).then(
    () => undefined,
    (thrown: unknown) => String(thrown),
  )
}

const ofLogs = [
  'commits nothing beyond the first delivery that is not settled',
  'delivers again everything from the first delivery that was not acknowledged',
  'after a stop receives nothing more, completes once what it delivered is settled, and leaves all',
]

describe('a log that commits up to the first message that is not acknowledged', () => {
  const sound: Commit = (log, acknowledged) => {
    while (acknowledged.has(log.committed)) log.committed++
  }
  it.each(ofLogs)('is not refuted: %s', async (sentence) => {
    expect(await refutation(sentence, sound)).toBeUndefined()
  })

  it('is not a queue: it cannot acknowledge a message behind another one', async () => {
    expect(await refutation('delivers again what was not acknowledged, and never', sound)).toContain(
      'Counterexample',
    )
  })
})

describe('a log that commits the newest offset that is acknowledged', () => {
  const newest: Commit = (log, _, offset) => {
    log.committed = Math.max(log.committed, offset + 1)
  }
  it.each(ofLogs)('is refuted: %s', async (sentence) => {
    expect(await refutation(sentence, newest)).toContain('Counterexample')
  })
})

describe('a log that commits the offset of each acknowledgement, even an older one', () => {
  const latest: Commit = (log, _, offset) => {
    log.committed = offset + 1
  }
  it('is refuted: it goes back', async () => {
    expect(await refutation('commits nothing beyond', latest)).toContain('Counterexample')
  })
})

describe('a log that never commits', () => {
  it('is refuted: everything would come again for ever', async () => {
    expect(await refutation('delivers every event', () => undefined)).toContain('Counterexample')
  })
})
