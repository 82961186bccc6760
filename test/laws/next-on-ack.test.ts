/** A source that delivers the next event inside `ack`, as one that reads lines does, loses none of them. */
import { type ClusterEvent, type RunSetup, run, servicePorts, type Source } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { Observable } from 'rxjs'
import { expect, it } from 'vitest'
import { cluster, observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

/** More calls than the stack holds, if each delivery were taken within the one before. */
const count = 1_000
const events: readonly ClusterEvent[] = Array.from({ length: count }, (_, i) => ({
  _tag: 'TaskChanged',
  task: observed({ id: `task-${i}`, at: 1_000_000 }),
}))

const nextOnAck: Source = {
  name: 'lines',
  covers: [cluster],
  deliveries: ({ state$ }) =>
    new Observable((subscriber) => {
      const deliver = (index: number): void => {
        const event = events[index]
        if (event === undefined) return
        subscriber.next({
          _tag: 'Delivery',
          events: [event],
          ack: () => deliver(index + 1),
          nack: () => undefined,
        })
      }
      deliver(0)
      return state$.subscribe({ complete: () => subscriber.complete() })
    }),
}

const setups: Readonly<Record<string, Partial<RunSetup>>> = {
  'without sinks': { sinks: [] },
  'with optional sinks only': { sinks: [{ ...memorySink(), required: false }] },
  "with ack: 'folded'": { sinks: [memorySink()], ack: 'folded', clusters: [cluster] },
}

it.each(Object.entries(setups))('%s, every event is in the state', async (_, setup) => {
  const clock = virtualClock(1_000_000)
  const worker = run(
    { sources: [nextOnAck], sinks: [], expose: servicePorts(), ...setup },
    { clock, random: () => 0.5 },
  )
  let tasks = 0
  worker.state$.subscribe((state) => (tasks = state.tasks.size))
  await clock.advance(0)
  expect(tasks).toBe(count)
  const stopped = worker.stop()
  await clock.advance(60_000)
  await stopped
})
