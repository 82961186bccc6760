import fc from 'fast-check'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it } from 'vitest'
import { type Backend, trafficWeight } from '../../src/core/desired.js'
import { run } from '../../src/core/run.js'
import { warmedUp } from '../../src/core/slow-start.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { cluster, observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

const task = (n: number, last = 'RUNNING', version = 3) =>
  observed({ id: `t${n}`, host: `10.0.0.${n}`, last, desired: last, version })

/** A worker whose cluster has been read with one task, and whose new endpoints warm up in ten seconds. */
const worker = async (slowStartMs = 10_000) => {
  const clock = virtualClock(1_800_000_000_000)
  const source = memorySource({ covers: [cluster] })
  const running = run(
    { sources: [source], sinks: [], expose: servicePorts(), clusters: [cluster], slowStartMs },
    { clock, random: () => 0.5 },
  )
  let backend: Backend | undefined
  let emissions = 0
  running.desired$.subscribe(({ backends }) => {
    backend = backends.get('web')
    emissions++
  })
  await clock.advance(0)
  void source.push({ _tag: 'TasksListed', cluster, at: 3_000, tasks: [task(1)] })
  const weights = (): Readonly<Record<string, number | undefined>> =>
    Object.fromEntries((backend?.endpoints ?? []).map((endpoint) => [endpoint.host, trafficWeight(endpoint)]))
  return { clock, source, running, weights, emissions: () => emissions }
}

describe('a slow start', () => {
  it('lets the weight of a new endpoint grow in ten steps beside a warm one', async () => {
    const { clock, source, weights, running } = await worker()
    void source.push({ _tag: 'TaskChanged', task: task(2) })
    expect(weights()).toEqual({ '10.0.0.1': 10, '10.0.0.2': 1 })
    await clock.advance(5_000)
    expect(weights()).toEqual({ '10.0.0.1': 2, '10.0.0.2': 1 })
    await clock.advance(4_000)
    expect(weights()).toEqual({ '10.0.0.1': 10, '10.0.0.2': 9 })
    await clock.advance(1_000)
    expect(weights()).toEqual({ '10.0.0.1': 1, '10.0.0.2': 1 })
    expect(clock.sleeping).toBe(0)
    await running.stop()
  })

  it('holds nothing back that was there when the worker began', async () => {
    const { weights, running } = await worker()
    expect(weights()).toEqual({ '10.0.0.1': 1 })
    await running.stop()
  })

  it('gives an endpoint all at once where no warm one could take the requests, and keeps it so', async () => {
    const { clock, source, weights, running } = await worker()
    void source.push({ _tag: 'TaskChanged', task: task(1, 'STOPPED', 4) })
    void source.push({ _tag: 'TaskChanged', task: task(2) })
    expect(weights()).toEqual({ '10.0.0.2': 1 })
    void source.push({ _tag: 'TaskChanged', task: task(3) })
    expect(weights()).toEqual({ '10.0.0.2': 10, '10.0.0.3': 1 })
    // The last warm one goes: the rest is warm from now on.
    void source.push({ _tag: 'TaskChanged', task: task(2, 'STOPPED', 4) })
    expect(weights()).toEqual({ '10.0.0.3': 1 })
    void source.push({ _tag: 'TaskChanged', task: task(4) })
    expect(weights()).toEqual({ '10.0.0.3': 10, '10.0.0.4': 1 })
    await clock.advance(10_000)
    expect(weights()).toEqual({ '10.0.0.3': 1, '10.0.0.4': 1 })
    await running.stop()
  })

  it('makes no difference, and no endpoint has a share, without the option', async () => {
    const { clock, source, weights, running, emissions } = await worker(0)
    void source.push({ _tag: 'TaskChanged', task: task(2) })
    expect(weights()).toEqual({ '10.0.0.1': undefined, '10.0.0.2': undefined })
    const before = emissions()
    await clock.advance(60_000)
    expect(emissions()).toBe(before)
    await running.stop()
  })

  it('ends with the worker in the middle of it', async () => {
    const { clock, source, running } = await worker()
    void source.push({ _tag: 'TaskChanged', task: task(2) })
    await running.stop()
    await clock.advance(0)
    expect(clock.sleeping).toBe(0)
  })
})

describe('law: a backend that warms up', () => {
  const [endpoint] = (() => {
    const found: Backend['endpoints'][number][] = [
      {
        id: 'a',
        task: 'a',
        cluster,
        group: 'service:web',
        definition: undefined,
        container: 'web',
        containerPort: 80,
        host: '10.0.0.1',
        ipv6: undefined,
        port: 80,
        protocol: 'tcp',
        weight: undefined,
        labels: undefined,
      },
    ]
    return found
  })()

  const backends = fc
    .array(
      fc.record({
        revision: fc.constantFrom('old', 'new'),
        weight: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
        step: fc.integer({ min: 1, max: 10 }),
      }),
      { minLength: 1, maxLength: 12 },
    )
    .chain((parts) => fc.integer({ min: 1, max: 99 }).map((percent) => ({ parts, percent })))

  it('keeps the percentage of each revision, and leaves no endpoint without requests', () => {
    fc.assert(
      fc.property(backends, ({ parts, percent }) => {
        const percentOf = (revision: string): number => (revision === 'new' ? percent : 100 - percent)
        const backend: Backend = {
          name: 'web',
          gone: [],
          complete: true,
          endpoints: parts.map(({ revision, weight }, i) => ({
            ...endpoint!,
            id: `${i}`,
            weight,
            share: { revision, role: 'source', percent: percentOf(revision), weight: 0 },
          })),
        }
        const { endpoints } = warmedUp(backend, (id) => parts[Number(id)]?.step ?? 10)
        const total = endpoints.reduce((sum, { share }) => sum + (share?.weight ?? 0), 0)
        const present = [...new Set(parts.map(({ revision }) => revision))]
        const whole = present.reduce((sum, revision) => sum + percentOf(revision), 0)
        for (const revision of present) {
          const own = endpoints
            .filter(({ share }) => share?.revision === revision)
            .reduce((sum, { share }) => sum + (share?.weight ?? 0), 0)
          const tolerance = (2 * parts.length) / 655
          expect(Math.abs((own / total) * 100 - (percentOf(revision) / whole) * 100)).toBeLessThan(tolerance)
        }
        expect(endpoints.every(({ share }) => (share?.weight ?? 0) > 0)).toBe(true)
        // The policy's weights stay what they are.
        expect(endpoints.map(({ weight }) => weight)).toEqual(parts.map(({ weight }) => weight))
      }),
    )
  })
})
