import { Observable } from 'rxjs'
import type { ClusterEvent, Source } from 'ecs-task-stream'
import { memory } from 'ecs-task-stream/sources/memory'
import { sourceContract } from '../../src/testing/source-contract.js'
import { contractRuns } from '../laws/runs.js'

/** A sender that keeps what was not acknowledged, and offers it to whoever subscribes. */
const sender = () => {
  const source = memory()
  const pending = new Set<ClusterEvent>()
  const waiting = new Set<ClusterEvent>()
  let listening = false

  const offer = () => {
    if (!listening) return
    for (const event of waiting) {
      waiting.delete(event)
      void source.push(event).then((how) => {
        if (how === 'acked') pending.delete(event)
      })
    }
  }
  const publish = (events: Iterable<ClusterEvent>) => {
    for (const event of events) {
      pending.add(event)
      waiting.add(event)
    }
    offer()
    return Promise.resolve()
  }
  const heard: Source = {
    ...source,
    deliveries: (context) =>
      new Observable((subscriber) => {
        subscriber.add(source.deliveries(context).subscribe(subscriber))
        subscriber.add(() => (listening = false))
        listening = true
        offer()
      }),
  }
  return {
    source: heard,
    publish,
    redeliver: () => publish(pending),
    unacknowledged: () => Promise.resolve(pending.size),
    dispose: () => Promise.resolve(),
  }
}

sourceContract('memory', {
  // Who pushes without waiting sets his own bound, and cannot push what is no event.
  lacks: ['maxInFlight', 'publishGarbage'],
  runs: contractRuns(100),
  patienceMs: 2_000,
  make: () => Promise.resolve(sender()),
})
