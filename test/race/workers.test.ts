import { run, servicePorts } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { memory as memorySink, memoryTarget } from 'ecs-task-stream/sinks/memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runsOfStories } from '../laws/runs.js'
import { cluster } from '../support/observed-task.js'
import {
  deliverAll,
  environment,
  happenings,
  held,
  type Life,
  play,
  scheduled,
  snapshotOf,
  truth,
} from './stage.js'
import { refutation } from '../laws/holds.js'

const roll = (dice: fc.Stream<number>): number => (dice.next() as IteratorYieldResult<number>).value

describe('racing workers', () => {
  it('that each hear everything, in any order and interleaving, leave exactly what is live', async () => {
    await fc.assert(
      fc.asyncProperty(
        happenings,
        fc.integer({ min: 2, max: 3 }),
        fc.infiniteStream(fc.nat()),
        fc.scheduler(),
        async (events, workers, dice, scheduler) => {
          const target = memoryTarget()
          const running = Array.from({ length: workers }, () => {
            const source = memorySource()
            const sink = scheduled(memorySink({ target }), scheduler)
            const worker = run(
              { sources: [source], sinks: [sink], expose: servicePorts() },
              environment(scheduler),
            )
            const order = events.map((event) => ({ event, at: roll(dice) }))
            return { source, worker, order: order.sort((a, b) => a.at - b.at) }
          })
          await play(scheduler, 0)
          // Deliveries come one by one, between turns of the targets.
          for (let i = 0; i < events.length; i++) {
            for (const { source, order } of running)
              deliverAll(source, [{ event: order[i]!.event, acked: false }])
            await play(scheduler, roll(dice) % 4)
          }
          await play(scheduler)
          expect(held(target)).toEqual(truth(events))
        },
      ),
      { numRuns: runsOfStories },
    )
  })
})

/**
 * The law of the crash: a worker dies at some turn, with what it did to the target done and what it acknowledged
 * forgotten; a second one gets the rest.
 */
const crashAndRestart = async (
  { events, turns, dice, scheduler }: Crash,
  setup: { readonly snapshots: boolean; readonly ack: 'applied' | 'folded' },
): Promise<ReturnType<typeof held>> => {
  const target = memoryTarget()
  const messages = events.map((event) => ({ event, acked: false }))
  const shuffled = (): typeof messages =>
    messages
      .filter(({ acked }) => !acked)
      .map((message) => ({ message, at: roll(dice) }))
      .sort((a, b) => a.at - b.at)
      .map(({ message }) => message)
  const launch = (life: Life): ReturnType<typeof memorySource> => {
    const queue = memorySource()
    // Covers the cluster by word; whether a snapshot ever comes is the law's choice.
    const listing = memorySource({ name: 'snapshots', covers: [cluster] })
    run(
      {
        sources: [queue, listing],
        sinks: [scheduled(memorySink({ target }), scheduler, life)],
        expose: servicePorts(),
        clusters: [cluster],
        ack: setup.ack,
      },
      environment(scheduler),
    )
    queueMicrotask(() => {
      deliverAll(queue, shuffled(), life)
      if (setup.snapshots) void listing.push(snapshotOf(events))
    })
    return queue
  }
  const first = { alive: true }
  launch(first)
  await play(scheduler, turns)
  first.alive = false
  launch({ alive: true })
  await play(scheduler)
  return held(target)
}

interface Crash {
  readonly events: Parameters<typeof truth>[0]
  readonly turns: number
  readonly dice: fc.Stream<number>
  readonly scheduler: fc.Scheduler
}

const crashes: fc.Arbitrary<Crash> = fc.record({
  events: happenings,
  turns: fc.nat(20),
  dice: fc.infiniteStream(fc.nat()),
  scheduler: fc.scheduler(),
})

const exactAfterCrash = (snapshots: boolean, ack: 'applied' | 'folded'): fc.IAsyncProperty<[Crash]> =>
  fc.asyncProperty(crashes, async (crash) => {
    expect(await crashAndRestart(crash, { snapshots, ack })).toEqual(truth(crash.events))
  })

const nothingLiveIsMissing = (ack: 'applied' | 'folded'): fc.IAsyncProperty<[Crash]> =>
  fc.asyncProperty(crashes, async (crash) => {
    const left = await crashAndRestart(crash, { snapshots: false, ack })
    for (const [service, addresses] of Object.entries(truth(crash.events)))
      expect(left[service] ?? []).toEqual(expect.arrayContaining([...addresses]))
  })

describe('a worker killed at any await and restarted', () => {
  it('leaves exactly what is live, with a queue and snapshots', async () => {
    await fc.assert(exactAfterCrash(true, 'applied'), { numRuns: runsOfStories })
  })

  it('leaves exactly what is live, with snapshots, also when it acknowledges what it only folded', async () => {
    await fc.assert(exactAfterCrash(true, 'folded'), { numRuns: runsOfStories })
  })

  it('removes nothing live, with a queue alone', async () => {
    await fc.assert(nothingLiveIsMissing('applied'), { numRuns: runsOfStories })
  })

  it('would lose a live task if it acknowledged what it only folded, without snapshots: the law sees it', async () => {
    const { failed } = await fc.check(nothingLiveIsMissing('folded'), refutation)
    expect(failed).toBe(true)
  })
})
