import { type Clock, servicePorts } from 'ecs-task-stream'
import { setMaxListeners } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { lambda, type LambdaHandler } from '../../src/lambda/index.js'
import { account, live } from '../system/account.js'
import { drainQueue } from './event-source-mapping.js'

const concurrency = 20

/** A clock whose sleeps end no more once it is frozen. */
const freezable = (clock: Clock): { readonly clock: Clock; readonly freeze: () => void } => {
  const frozen = new AbortController()
  setMaxListeners(0, frozen.signal)
  return {
    clock: {
      now: () => clock.now(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, AbortSignal.any([signal, frozen.signal]))
        if (frozen.signal.aborted) await new Promise(() => undefined)
      },
    },
    freeze: () => frozen.abort(),
  }
}

it('twenty containers at once on one queue, cold and warm, without snapshots, leave exactly what is live', async () => {
  const here = await account({ seed: 31, pace: 1 })
  // A function never stops. When all is over, its container is frozen, and its timers are removed.
  const { clock: frozen, freeze } = freezable(here.clock)
  onTestFinished(async () => {
    freeze()
    await here.quiet()
  })
  /** A cold container: it knows nothing but the journal. */
  const container = (): LambdaHandler => {
    const { lookups, sink, journal } = here.parts(frozen)
    return lambda(
      { lookups, sinks: [sink], journal, expose: servicePorts(), clusters: [here.cluster.arn] },
      { clock: frozen },
    )
  }
  const [url] = here.queues
  const { queue } = here.parts()
  let sent = 0
  let handled = 0
  here.cluster.events$.subscribe(() => sent++)
  here.cluster.start()
  let containers = Array.from({ length: concurrency }, container)
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 50; i++) here.cluster.step()
    if (round === 2) here.cluster.settle()
    await here.publish()
    const answers = await Promise.all(
      containers.map((handler) =>
        drainQueue(queue, url!, async (event, context) => {
          handled += (event as { readonly Records: readonly unknown[] }).Records.length
          return handler(event, context)
        }),
      ),
    )
    expect(answers.flat().flatMap(({ batchItemFailures }) => batchItemFailures)).toEqual([])
    // Half of them stay warm.
    containers = containers.map((warm, i) => (i % 2 === 0 ? warm : container()))
  }
  expect(await here.servers()).toEqual(live(here.cluster))
  // The queue delivers a fifth of the messages twice; whatever is beyond that would be work in vain.
  expect(handled / sent).toBeLessThan(1.2 * 1.3)
})
