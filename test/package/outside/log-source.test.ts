import type { Clock, ClusterEvent } from 'ecs-task-stream'
import type { Decoded } from 'ecs-task-stream/sources/ecs-event'
import { type SourceBackend, sourceContract } from 'ecs-task-stream/testing'
import { Subject } from 'rxjs'
import { type Log, logSource } from './log-source.js'

const maxInFlight = 45

/** The contract compares events, so the messages are events rather than what AWS sends. */
const decode = (message: string): Decoded => {
  try {
    return { _tag: 'Event', event: JSON.parse(message) as ClusterEvent }
  } catch {
    return { _tag: 'Undecodable', errors: [{ path: '$', expected: 'JSON', received: 'another text' }] }
  }
}

const backend = (): Promise<SourceBackend> => {
  const messages: string[] = []
  const log: Log = { messages, appended$: new Subject(), committed: 0 }
  const sleepers = new Set<() => void>()
  const clock: Clock = {
    now: () => 0,
    sleep: (_, signal) =>
      new Promise((wake) => {
        sleepers.add(wake)
        signal.addEventListener('abort', () => wake())
      }),
  }
  const append = (...more: readonly string[]): Promise<void> => {
    messages.push(...more)
    log.appended$.next()
    return Promise.resolve()
  }
  return Promise.resolve({
    source: logSource({ log, decode, maxInFlight, clock }),
    publish: (events) => append(...events.map((event) => JSON.stringify(event))),
    publishGarbage: () => append('{'),
    redeliver: () => {
      for (const wake of sleepers) wake()
      sleepers.clear()
      return Promise.resolve()
    },
    unacknowledged: () => Promise.resolve(messages.length - log.committed),
    maxInFlight,
    dispose: () => Promise.resolve(),
  })
}

sourceContract('a log', { make: backend, lacks: ['singleAcks'], runs: 100, patienceMs: 2_000 })
