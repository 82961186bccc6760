import { type Desired, run, servicePorts, type Sink } from 'ecs-task-stream'
import { dryRun } from 'ecs-task-stream/sinks/dry-run'
import { type Addresses, memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cluster, observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

const listed = (...ports: readonly number[]) =>
  ({
    _tag: 'TasksListed',
    cluster,
    at: 1_000_000,
    tasks: ports.map((port) => observed({ id: `t${port}`, port, at: 1_000_000 })),
  }) as const

/** A worker with one sink that remembers what it was told, and what its target held then. */
const told = (make: (sink: Sink<Addresses>) => Sink<Addresses> = (sink) => sink) => {
  const clock = virtualClock(1_000_000)
  const source = memorySource({ covers: [cluster] })
  const sink = memorySink()
  const heard: { readonly desired: Desired; readonly held: readonly string[] }[] = []
  const listening: Sink<Addresses> = {
    ...sink,
    synced: (desired) =>
      void heard.push({ desired, held: [...sink.target.rows.values()].flatMap(({ value }) => value) }),
  }
  const worker = run(
    { sources: [source], sinks: [make(listening)], expose: servicePorts(), minWriteIntervalMs: 0 },
    { clock, random: () => 0.5 },
  )
  onTestFinished(async () => {
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  })
  return { clock, source, heard }
}

describe('a sink hears what it has synced', () => {
  it('once its target holds it, also when nothing had to be written, and with whether it is complete', async () => {
    const { clock, source, heard } = told()
    await clock.advance(0)
    expect(heard.map(({ desired, held }) => [desired.complete, held])).toEqual([[false, []]])
    void source.push(listed())
    await clock.advance(0)
    expect(heard.at(-1)).toMatchObject({ desired: { complete: true }, held: [] })
    void source.push(listed(1, 2))
    await clock.advance(0)
    const { desired, held } = heard.at(-1)!
    expect(desired.backends.get('web')?.endpoints).toHaveLength(2)
    expect(held).toEqual(['10.0.0.1:1', '10.0.0.1:2'])
  })

  it('not before a write that fails has gone through', async () => {
    let failing = true
    const { clock, source, heard } = told((sink) => ({
      ...sink,
      apply: (...args) => (failing ? Promise.reject(new Error('injected')) : sink.apply(...args)),
    }))
    await clock.advance(0)
    const before = heard.length
    void source.push(listed(1))
    await clock.advance(20_000)
    expect(heard).toHaveLength(before)
    failing = false
    await clock.advance(20_000)
    expect(heard.at(-1)).toMatchObject({ desired: { complete: true }, held: ['10.0.0.1:1'] })
  })

  it.each(['one', 'all'])(
    'not while its target holds what a write that failed for %s has written, and nothing wants any more',
    async (which) => {
      let failing = true
      const { clock, source, heard } = told((sink) => ({
        ...sink,
        // The write is made, and its answer is lost.
        apply: async (changes, ...rest) => {
          const outcomes = await sink.apply(changes, ...rest)
          if (!failing) return outcomes
          if (which === 'all') throw new Error('injected')
          return changes.map(({ key }) => ({ _tag: 'Failed', key, error: new Error('injected') }) as const)
        },
      }))
      await clock.advance(0)
      void source.push(listed(1))
      await clock.advance(0)
      failing = false
      void source.push({ ...listed(), at: 1_100_000 })
      await clock.advance(20_000)
      expect(heard.at(-1)).toMatchObject({ desired: { complete: true }, held: [] })
    },
  )

  it('never in a dry run, whose target holds nothing of it', async () => {
    const { clock, source, heard } = told((sink) => ({
      ...dryRun(sink),
      synced: (desired) => sink.synced?.(desired),
    }))
    void source.push(listed(1))
    await clock.advance(20_000)
    expect(heard).toEqual([])
  })
})
