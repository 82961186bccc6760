import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { firstValueFrom } from 'rxjs'
import { describe, it } from 'vitest'
import { type ClusterEvent, run, servicePorts } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { histories, type History, redelivered, shuffled } from 'ecs-task-stream/testing'
import { virtualClock } from '../support/virtual-clock.js'
import { desiredContents, fold, options, routesOf } from './observed.js'
import { project } from '../../src/core/project.js'
import { runsOfStories } from './runs.js'

interface Heard {
  readonly history: History
  /** By source, in the order of arrival. */
  readonly bySource: readonly (readonly ClusterEvent[])[]
  /** Whose turn it is, again and again. */
  readonly turns: readonly number[]
}

/**
 * Every event comes through at least one of two or three sources, perhaps through several, each of which shuffles and
 * repeats what it has.
 */
const heardTwice: fc.Arbitrary<Heard> = fc
  .tuple(histories(), fc.integer({ min: 2, max: 3 }), fc.array(fc.nat(2), { minLength: 1, maxLength: 30 }))
  .chain(([history, count, turns]) => {
    const told = [...history.events, ...history.lookups, ...history.closing]
    const ways = fc.subarray([...Array(count).keys()], { minLength: 1 })
    return fc
      .array(ways, { minLength: told.length, maxLength: told.length })
      .chain((through) =>
        fc.tuple(
          ...Array.from({ length: count }, (_, source) =>
            redelivered(told.filter((_event, i) => through[i]?.includes(source))),
          ),
        ),
      )
      .map((bySource) => ({ history, bySource, turns }))
  })

/** What a worker wants, and its target holds, after all of it came through its sources. */
const worked = async ({ bySource, turns, history }: Heard) => {
  const clock = virtualClock(Date.UTC(2026, 0, 2))
  const sources = bySource.map((_, i) => memorySource({ name: `source ${i}`, covers: options.covers }))
  const sink = memorySink()
  const worker = run({ sources, sinks: [sink], expose: servicePorts() }, { clock, random: () => 0.5 })
  await clock.advance(0)
  const waiting = bySource.map((events) => [...events])
  const settled: Promise<string>[] = []
  for (let turn = 0; waiting.some(({ length }) => length > 0); turn++) {
    const start = turns[turn % turns.length] ?? 0
    const source = waiting.findIndex((_, i) => (waiting[(start + i) % waiting.length]?.length ?? 0) > 0)
    const chosen = (start + source) % waiting.length
    const event = waiting[chosen]?.shift()
    if (event !== undefined) settled.push(sources[chosen]?.push(event) ?? Promise.resolve('lost'))
  }
  // A worker forgets what nothing refers to, and lookups, which watch its state, answer again when something does.
  await clock.advance(1000)
  settled.push(sources[0]?.push(...history.lookups) ?? Promise.resolve('lost'))
  await clock.advance(60_000)
  deepStrictEqual(new Set(await Promise.all(settled)), new Set(['acked']))
  const desired = await firstValueFrom(worker.desired$)
  const stopping = worker.stop()
  await clock.advance(60_000)
  await stopping
  return { desired, rows: new Map([...sink.target.rows].map(([key, { value }]) => [key, value])) }
}

describe('several sources at once', () => {
  it('that each deliver a part of it, or all of it again, in any order, leave exactly what is live', async () => {
    await fc.assert(
      fc.asyncProperty(heardTwice, async (heard) => {
        const { history } = heard
        const { desired, rows } = await worked(heard)
        strictEqual(desired.complete, true)
        deepStrictEqual(routesOf(desired), history.truth)
        for (const [service, addresses] of history.truth)
          deepStrictEqual([...new Set(rows.get(service))], addresses)
        for (const [service, addresses] of rows)
          if (!history.truth.has(service)) deepStrictEqual([service, addresses], [service, []])
      }),
      { numRuns: runsOfStories },
    )
  })

  it('end in the state and want the same as one source that delivers it all in order', () => {
    fc.assert(
      fc.property(
        heardTwice.chain((heard) => shuffled(heard.bySource.flat()).map((arrived) => ({ heard, arrived }))),
        ({ heard: { history, bySource }, arrived }) => {
          const inOrder = fold([...history.events, ...history.lookups, ...history.closing])
          const want = desiredContents(project(inOrder, options))
          deepStrictEqual(desiredContents(project(fold(bySource.flat()), options)), want)
          deepStrictEqual(desiredContents(project(fold(arrived), options)), want)
        },
      ),
      { numRuns: runsOfStories },
    )
  })
})
