import { type BackendChange, formatAddress, onChange, run, servicePorts } from 'ecs-task-stream'
import { memory } from 'ecs-task-stream/sources/memory'
import type { Endpoint } from 'ecs-task-stream'
import { describe, expect, it } from 'vitest'
import { sinkContract } from '../../src/testing/sink-contract.js'
import { cluster, observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

const addressesOf = (endpoints: readonly Endpoint[] | undefined): readonly string[] | undefined =>
  endpoints?.map(formatAddress)

/** A program that keeps what it is told of, as people would write it. */
sinkContract<readonly Endpoint[]>(
  'onChange',
  () => {
    const told = new Map<string, readonly Endpoint[]>()
    let calls = 0
    let failing: string | undefined
    return Promise.resolve({
      sink: onChange('handler', async ({ backend, after }) => {
        await Promise.resolve()
        if (backend === failing) throw new Error('not now')
        calls++
        if (after === undefined) told.delete(backend)
        else told.set(backend, after)
      }),
      snapshot: () => Promise.resolve(new Map(told)),
      writes: () => calls,
      addresses: (endpoints) => [...new Set(endpoints.map(formatAddress))],
      failOn: (key) => {
        failing = key
        return Promise.resolve()
      },
      dispose: () => Promise.resolve(),
    })
  },
  // Nobody else knows what it has handled, and it is forgotten with the process.
  { lacks: ['tampering', 'foreign-rows', 'adoption', 'extras', 'restart', 'races'], runs: 100 },
)

const event = (id: string, host: string, version = 1, last = 'RUNNING') =>
  ({ _tag: 'TaskChanged', task: observed({ id, host, version, last, port: 80 }) }) as const

describe('onChange in a worker', () => {
  const following = (handle: (change: BackendChange, signal: AbortSignal) => Promise<void> | void) => {
    const clock = virtualClock()
    const source = memory({ covers: [cluster] })
    const worker = run(
      { sources: [source], sinks: [onChange('mine', handle)], expose: servicePorts(), minWriteIntervalMs: 0 },
      { clock, random: () => 0.5 },
    )
    return { clock, source, worker }
  }
  const listed = (at: number, ...events: ReturnType<typeof event>[]) =>
    ({ _tag: 'TasksListed', cluster, at, tasks: events.map(({ task }) => task) }) as const

  it('hears of each backend once, then of what changes, and acknowledges what it has handled', async () => {
    const told: unknown[] = []
    const { clock, source, worker } = following(({ backend, before, added, removed }) => {
      told.push([backend, addressesOf(before), addressesOf(added), addressesOf(removed)])
    })
    const settled = source.push(listed(0, event('1', '10.0.0.1')))
    await clock.advance(1_000)
    expect(await settled).toBe('acked')
    void source.push(event('2', '10.0.0.2'))
    await clock.advance(1_000)
    void source.push(event('1', '10.0.0.1', 2, 'STOPPED'))
    await clock.advance(1_000)
    expect(told).toEqual([
      ['web', undefined, ['10.0.0.1:80'], []],
      ['web', ['10.0.0.1:80'], ['10.0.0.2:80'], []],
      ['web', ['10.0.0.1:80', '10.0.0.2:80'], [], ['10.0.0.1:80']],
    ])
    await worker.stop()
  })

  it('makes a change again that was not handled, with the newest endpoints, and acknowledges nothing before', async () => {
    const told: unknown[] = []
    let fails = true
    const { clock, source, worker } = following(({ after }) => {
      if (fails) throw new Error('not now')
      told.push(addressesOf(after))
    })
    const settled: string[] = []
    void source.push(listed(0, event('1', '10.0.0.1'))).then((how) => settled.push(how))
    await clock.advance(100)
    void source.push(event('2', '10.0.0.2')).then((how) => settled.push(how))
    await clock.advance(100)
    expect(settled).toEqual([])
    fails = false
    await clock.advance(60_000)
    expect(told).toEqual([['10.0.0.1:80', '10.0.0.2:80']])
    expect(settled).toEqual(['acked', 'acked'])
    await worker.stop()
  })
})
