import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import {
  type ClusterEvent,
  defaultSkewAllowanceMs,
  emptyState,
  type Endpoint,
  type Policy,
  formatAddress,
  project,
  reduce,
  run,
  servicePorts,
  sweep,
  type Task,
} from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Dial } from '../../src/sources/health-probe/dial.js'
import { type HealthProbeOptions } from '../../src/sources/health-probe/settings.js'
import { healthProbe } from '../../src/sources/health-probe/health-probe.js'
import { shuffled } from '../../src/testing/distortions.js'
import { histories } from '../../src/testing/histories.js'
import { runsOfStories } from '../laws/runs.js'
import { acceleratedClock } from '../support/accelerated-clock.js'
import { cluster, observed } from '../support/observed-task.js'
import { probedWorld, type ProbedWorld } from '../support/probed-world.js'
import { type VirtualClock, virtualClock } from '../support/virtual-clock.js'

/** Time moves event by event in these laws: they cost more than those of core. */
const holds = <A extends [unknown, ...unknown[]]>(law: fc.IAsyncProperty<A>): Promise<void> =>
  fc.assert(law, { numRuns: runsOfStories })

const start = Date.UTC(2026, 0, 1)
const interval = 10_000

const running = (id: string, host: string, port = 80): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({ id, host, port, at: start }),
})
const idOf = (id: string): string => `${cluster.replace(':cluster/', ':task/')}/${id}#web:80/tcp`

/** Task `1`, `2`… at 10.0.0.1, 10.0.0.2… */
const tasks = (count: number): readonly ClusterEvent[] =>
  Array.from({ length: count }, (_, i) => running(`${i + 1}`, `10.0.0.${i + 1}`))

const down = (): Promise<void> => Promise.reject(new Error('down'))
const up = (): Promise<void> => Promise.resolve()

interface Probed {
  readonly world: ProbedWorld
  readonly clock: VirtualClock
}

const probing = (
  dial: Dial,
  { expose, ...options }: Partial<HealthProbeOptions> & { readonly expose?: Policy } = {},
  loses?: Parameters<typeof probedWorld>[1],
): Probed => {
  const clock = virtualClock(start)
  const source = healthProbe({
    probe: { kind: 'tcp' },
    intervalMs: interval,
    timeoutMs: 1_000,
    jitter: 0,
    random: () => 0.5,
    clock,
    dial,
    ...options,
  })
  return { world: probedWorld(source, loses, expose), clock }
}

const verdicts = ({ told }: ProbedWorld): readonly boolean[] => told.map(({ healthy }) => healthy)

describe('healthProbe: what it reports', () => {
  it('reports a flip after so many probes in a row said the opposite, and nothing else', async () => {
    await holds(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 40 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        async (answers, healthyAfter, unhealthyAfter) => {
          let asked = 0
          const { world, clock } = probing(() => (answers[asked++] === false ? down() : up()), {
            healthyAfter,
            unhealthyAfter,
          })
          world.fold(...tasks(1))
          await clock.advance(answers.length * interval)
          world.unsubscribe()
          expect(asked).toBe(answers.length)
          // Said otherwise: an endpoint is what the last run of equal answers says that is long enough.
          let healthy = true
          const expected: boolean[] = []
          answers.forEach((answer, i) => {
            const needed = answer ? healthyAfter : unhealthyAfter
            const run = answers.slice(Math.max(0, i + 1 - needed), i + 1)
            if (run.length < needed || run.some((one) => one !== answer) || answer === healthy) return
            healthy = answer
            expected.push(answer)
          })
          expect(verdicts(world)).toEqual(expected)
          expect(world.state.health.get(idOf('1'))?.healthy ?? true).toBe(healthy)
        },
      ),
    )
  })

  it('reports so that it folds to the same in any order', async () => {
    await holds(
      fc.asyncProperty(
        fc.array(fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), { minLength: 1, maxLength: 3 }),
        fc.infiniteStream(fc.nat()),
        async (answers, seeds) => {
          const asked = answers.map(() => 0)
          const { world, clock } = probing(
            (_, { host }) => {
              const task = Number(host.split('.')[3]) - 1
              return answers[task]?.[asked[task]!++] === false ? down() : up()
            },
            { healthyAfter: 1, unhealthyAfter: 1, guard: 'off' },
          )
          world.fold(...tasks(answers.length))
          await clock.advance(12 * interval)
          world.unsubscribe()
          const [arrived = []] = fc.sample(shuffled(world.told), {
            numRuns: 1,
            seed: Number(seeds.next().value),
          })
          const health = (events: readonly ClusterEvent[]): unknown =>
            new Map(events.reduce(reduce, emptyState).health)
          expect(health(arrived)).toEqual(health(world.told))
        },
      ),
    )
  })

  it('says once why an endpoint became unhealthy, and when it is probed next', async () => {
    const { world, clock } = probing(down)
    world.fold(...tasks(1))
    await clock.advance(10 * interval)
    world.unsubscribe()
    expect(world.notices).toEqual([
      {
        _tag: 'SourceFailed',
        operation: `probe of ${idOf('1')}`,
        error: new Error('down'),
        retryIn: interval,
      },
    ])
  })

  it('takes a probe without an answer in time for a failed one, and aborts it', async () => {
    const signals: AbortSignal[] = []
    const { world, clock } = probing(
      (_, __, signal) => {
        signals.push(signal)
        return new Promise(() => undefined)
      },
      { unhealthyAfter: 1 },
    )
    world.fold(...tasks(1))
    await clock.advance(interval)
    expect(verdicts(world)).toEqual([false])
    expect(world.notices).toMatchObject([{ error: new Error('no answer within 1000 ms') }])
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    world.unsubscribe()
  })

  it('reports again after the next probe what was lost, and then no more', async () => {
    let losing = true
    const { world, clock } = probing(down, { unhealthyAfter: 1 }, () => losing)
    world.fold(...tasks(1))
    await clock.advance(3 * interval)
    expect(verdicts(world)).toEqual([false, false, false])
    losing = false
    await clock.advance(10 * interval)
    expect(verdicts(world)).toEqual([false, false, false, false])
    world.unsubscribe()
  })

  it('is believed when the clock was set back', async () => {
    const { world, clock } = probing(up, { healthyAfter: 1 })
    world.fold(...tasks(1), {
      _tag: 'HealthObserved',
      endpoint: idOf('1'),
      healthy: false,
      at: start + 3_600_000,
    })
    await clock.advance(interval)
    expect(world.state.health.get(idOf('1'))).toEqual({ healthy: true, at: start + 3_600_001 })
    world.unsubscribe()
  })
})

describe('healthProbe: what it probes', () => {
  it('is what the policy offers, healthy or not, whatever happens: at its address, and nothing after it left', async () => {
    await holds(
      fc.asyncProperty(
        histories({ maxLength: 25 }),
        fc.infiniteStream(fc.boolean()),
        fc.constantFrom<Policy>(servicePorts(), servicePorts({ ports: 'all' })),
        async ({ events }, answers, expose) => {
          const asked: string[] = []
          const { world, clock } = probing(
            (_, address) => {
              asked.push(formatAddress(address))
              return answers.next().value === true ? up() : down()
            },
            { expose, healthyAfter: 1, unhealthyAfter: 1, guard: 'off' },
          )
          const offered = (): readonly string[] => {
            const { backends } = project(
              { ...world.state, health: emptyState.health },
              { expose, covers: [] },
            )
            return Array.from(backends.values(), ({ endpoints }) => endpoints.map(formatAddress)).flat()
          }
          for (const event of events) {
            world.fold(event)
            asked.length = 0
            await clock.advance(interval)
            expect(asked.toSorted()).toEqual(offered().toSorted())
          }
          world.unsubscribe()
          expect(clock.sleeping).toBe(0)
        },
      ),
    )
  })

  it('is each port once, under however many names it is offered', async () => {
    const asked: string[] = []
    const twice: Policy = {
      expose: (task) => {
        const [container] = task.containers
        const [binding] = container?.bindings ?? []
        if (container === undefined || binding === undefined) return { _tag: 'Ports', ports: [] }
        const { containerPort, hostPort: port, protocol } = binding
        return {
          _tag: 'Ports',
          ports: ['a', 'b'].map((backend) => ({
            backend,
            container: container.name,
            containerPort,
            port,
            protocol,
          })),
        }
      },
    }
    const { world, clock } = probing(
      (_, address) => {
        asked.push(formatAddress(address))
        return up()
      },
      { expose: Object.assign(twice, { pooled: true }) },
    )
    world.fold(...tasks(2))
    await clock.advance(interval)
    expect(asked.toSorted()).toEqual(['10.0.0.1:80', '10.0.0.2:80'])
    world.fold({ _tag: 'TaskChanged', task: observed({ id: '1', version: 4, desired: 'STOPPED' }) })
    await clock.advance(interval)
    expect(asked.slice(2)).toEqual(['10.0.0.2:80'])
    world.unsubscribe()
  })

  it('stays probed while it is offered under any of its names', async () => {
    const asked: string[] = []
    const { world, clock } = probing(
      (_, address) => {
        asked.push(formatAddress(address))
        return up()
      },
      {
        expose: {
          expose: (_, definition) => ({
            _tag: 'Ports',
            ports: (definition === undefined ? ['a', 'b'] : ['b']).map((backend) => ({
              ...{ backend, container: 'web', containerPort: 80, port: 80, protocol: 'tcp' },
            })),
          }),
        },
      },
    )
    const task = { ...observed({ id: '1', at: start }), definition: 'web:1' }
    world.fold({ _tag: 'TaskChanged', task })
    await clock.advance(interval)
    world.fold({
      _tag: 'DefinitionDescribed',
      definition: { arn: 'web:1', networkMode: 'bridge', containers: [] },
    })
    await clock.advance(interval)
    expect(asked).toHaveLength(2)
    world.unsubscribe()
  })

  it('is never UDP, and what the function says of each endpoint', async () => {
    const asked: unknown[] = []
    const udp = observed({ id: 'udp' })
    const { world, clock } = probing(
      (probe, address) => {
        asked.push([probe, formatAddress(address)])
        return up()
      },
      {
        expose: {
          expose: (task) => ({
            _tag: 'Ports',
            ports: task.containers.flatMap(({ name: container, bindings }) =>
              bindings.map(({ containerPort, hostPort, protocol }) => ({
                ...{ backend: 'web', container, containerPort, port: hostPort, protocol },
                labels: { path: `/health/${lastOf(task.arn)}` },
              })),
            ),
          }),
        },
        probe: ({ task, labels }: Endpoint) =>
          lastOf(task) === '2' ? undefined : { kind: 'http', path: labels?.['path'] ?? '/' },
      },
    )
    world.fold(...tasks(3), {
      _tag: 'TaskChanged',
      task: {
        ...udp,
        containers: udp.containers.map((container) => ({
          ...container,
          bindings: container.bindings.map((binding) => ({ ...binding, protocol: 'udp' })),
        })),
      },
    })
    await clock.advance(interval)
    // In any order: they have no turn.
    expect(asked.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual([
      [{ kind: 'http', path: '/health/1' }, '10.0.0.1:80'],
      [{ kind: 'http', path: '/health/3' }, '10.0.0.3:80'],
    ])
    world.unsubscribe()
  })

  it('is not an endpoint whose probe cannot be made: it is reported, and blocks no other', async () => {
    let asked = 0
    const { world, clock } = probing(
      () => {
        asked++
        return up()
      },
      {
        probe: ({ task }: Endpoint) => {
          if (lastOf(task) === '1') throw new Error('no label says how')
          return { kind: 'http', path: lastOf(task) === '2' ? 'http://169.254.169.254/' : '/' }
        },
      },
    )
    world.fold(...tasks(3))
    await clock.advance(interval)
    expect(asked).toBe(1)
    expect(world.notices).toMatchObject([
      { _tag: 'SourceFailed', operation: `probe of ${idOf('1')}`, error: { message: 'no label says how' } },
      {
        _tag: 'SourceFailed',
        operation: `probe of ${idOf('2')}`,
        error: { message: expect.stringContaining('got "http://169.254.169.254/"') as string },
        retryIn: undefined,
      },
    ])
    world.unsubscribe()
  })

  it('drops the answer of an endpoint that moved meanwhile, and asks it where it is', async () => {
    const asked: string[] = []
    const late: ((answer: Promise<void>) => void)[] = []
    const { world, clock } = probing(
      (_, address) => {
        asked.push(formatAddress(address))
        return address.port === 80 ? new Promise((resolve) => late.push(resolve)) : up()
      },
      { unhealthyAfter: 1 },
    )
    world.fold(running('1', '10.0.0.1', 80))
    await clock.advance(interval / 2)
    const task = observed({ id: '1', host: '10.0.0.1', port: 81, version: 4, at: start + 1 })
    world.fold({ _tag: 'TaskChanged', task })
    late[0]?.(down())
    await clock.advance(interval)
    expect(asked).toEqual(['10.0.0.1:80', '10.0.0.1:81'])
    expect(world.told).toEqual([])
    world.unsubscribe()
  })

  it('is an endpoint that was forgotten and is seen again: it is unhealthy once more after as many probes', async () => {
    const { world, clock } = probing(down, { unhealthyAfter: 2 })
    const listed = (at: number, ...all: readonly Task[]): ClusterEvent => ({
      _tag: 'TasksListed',
      cluster,
      at,
      tasks: all,
    })
    const task = observed({ id: '1', at: start })
    world.fold(listed(start, task))
    await clock.advance(3 * interval)
    expect(verdicts(world)).toEqual([false])
    world.fold(listed(start + 3_600_000))
    await clock.advance(3 * interval)
    // As `run` would, where the source sees it.
    const swept = sweep(world.state, {
      skewAllowanceMs: defaultSkewAllowanceMs,
      now: start + 3_600_000,
      settled: true,
    })
    expect([swept.tasks.size, swept.health.size]).toEqual([0, 0])
    world.forget(swept)
    world.fold(listed(start + 7_200_000, task))
    await clock.advance(3 * interval)
    expect(verdicts(world)).toEqual([false, false])
    world.unsubscribe()
  })
})

describe('healthProbe: what it costs', () => {
  it('has no more probes under way than its bound, one an endpoint, and leaves none waiting for ever', async () => {
    await holds(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 1_500 })),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        async (endpoints, concurrency, durations, randoms) => {
          const underWay = new Set<string>()
          const rounds = new Map<string, number>()
          let most = 0
          const { world, clock } = probing(
            async (_, { host }, signal) => {
              expect(underWay.has(host)).toBe(false)
              underWay.add(host)
              most = Math.max(most, underWay.size)
              rounds.set(host, (rounds.get(host) ?? 0) + 1)
              await clock.sleep(Number(durations.next().value), signal)
              underWay.delete(host)
            },
            { concurrency, jitter: 0.2, random: () => Number(randoms.next().value) },
          )
          world.fold(...tasks(endpoints))
          // Each waits at most for all the others before it, each of which has a second.
          const round = 1.2 * interval + 1_000 * Math.ceil(endpoints / concurrency)
          await clock.advance(3 * round)
          world.unsubscribe()
          await clock.advance(0)
          expect(most).toBeLessThanOrEqual(concurrency)
          expect(rounds.size).toBe(endpoints)
          for (const count of rounds.values()) expect(count).toBeGreaterThanOrEqual(3)
        },
      ),
    )
  })

  it('gives the place of an endpoint that left while it waited to another', async () => {
    const ends: (() => void)[] = []
    const asked: string[] = []
    const { world, clock } = probing(
      (_, { host }) => {
        asked.push(host)
        return new Promise((resolve) => ends.push(resolve))
      },
      { concurrency: 1, timeoutMs: 10 * interval },
    )
    world.fold(...tasks(2))
    await clock.advance(interval / 2)
    world.fold({ _tag: 'TaskChanged', task: observed({ id: '2', version: 4, desired: 'STOPPED' }) })
    ends[0]?.()
    await clock.advance(interval)
    expect(asked).toEqual(['10.0.0.1', '10.0.0.1'])
    world.unsubscribe()
  })

  it('spreads the first probes of endpoints that came together over the interval', async () => {
    const at: number[] = []
    let i = 0
    const { world, clock } = probing(
      () => {
        at.push(clock.now() - start)
        return up()
      },
      { random: () => (i++ % 10) / 10 },
    )
    world.fold(...tasks(10))
    await clock.advance(interval - 1)
    expect(at).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((tenth) => (tenth * interval) / 10))
    world.unsubscribe()
  })
})

describe('healthProbe: when too many fail at once', () => {
  const guard = { share: 0.5, atLeast: 3 }

  it('calls none unhealthy, says so once, and holds nothing against them afterwards', async () => {
    let isCut = true
    const { world, clock } = probing(() => (isCut ? down() : up()), { guard, random: counted() })
    world.fold(...tasks(4))
    await clock.advance(10 * interval)
    expect(world.told).toEqual([])
    expect(world.notices).toMatchObject([
      { _tag: 'Warning', message: expect.stringContaining('4 of 4 probed endpoints fail at once') as string },
    ])
    isCut = false
    await clock.advance(10 * interval)
    expect(world.told).toEqual([])
    isCut = true
    await clock.advance(10 * interval)
    expect(world.notices).toHaveLength(2)
    world.unsubscribe()
  })

  it('calls one unhealthy that goes on failing afterwards, after as many probes as any', async () => {
    let isCut = true
    const { world, clock } = probing((_, { host }) => (isCut || host === '10.0.0.1' ? down() : up()), {
      guard,
      unhealthyAfter: 3,
    })
    world.fold(...tasks(4))
    await clock.advance(9 * interval)
    isCut = false
    await clock.advance(2 * interval)
    expect(world.told).toEqual([])
    await clock.advance(interval)
    expect(world.told.map(({ endpoint }) => endpoint)).toEqual([idOf('1')])
    world.unsubscribe()
  })

  it('says nothing of some failures beside many others that pass, or of few', async () => {
    const { world, clock } = probing((_, { host }) => (host < '10.0.0.3' ? down() : up()), { guard })
    world.fold(...tasks(5))
    await clock.advance(5 * interval)
    expect(world.told.map(({ endpoint }) => endpoint)).toEqual([idOf('1'), idOf('2')])
    world.unsubscribe()
    const few = probing(down, { guard })
    few.world.fold(...tasks(2))
    await few.clock.advance(5 * interval)
    expect(verdicts(few.world)).toEqual([false, false])
    few.world.unsubscribe()
  })

  it('believes all of them when it is off', async () => {
    const { world, clock } = probing(down, { guard: 'off' })
    world.fold(...tasks(4))
    await clock.advance(10 * interval)
    expect(verdicts(world)).toEqual([false, false, false, false])
    world.unsubscribe()
  })
})

describe('healthProbe: how it ends', () => {
  const hanging = () => {
    const signals: AbortSignal[] = []
    const dial: Dial = (_, __, signal) => {
      signals.push(signal)
      return new Promise(() => undefined)
    }
    return { signals, dial }
  }

  it.each(['stop', 'unsubscribe'] as const)(
    'with %s, it aborts what is under way and asks no more',
    async (how) => {
      const { signals, dial } = hanging()
      const { world, clock } = probing(dial, { concurrency: 2, timeoutMs: 60_000 })
      world.fold(...tasks(5))
      await clock.advance(interval / 2)
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
      world[how]()
      await clock.advance(0)
      expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
      expect(clock.sleeping).toBe(0)
      await clock.advance(10 * interval)
      expect(signals).toHaveLength(2)
      expect(world.told).toEqual([])
      expect(world.completed).toBe(how === 'stop')
    },
  )

  it('completes at once when nothing is probed', async () => {
    const { world, clock } = probing(up)
    world.stop()
    await clock.advance(0)
    expect(world.completed).toBe(true)
  })
})

describe('healthProbe: its options', () => {
  it.each([
    [{ intervalMs: 0 }, 'healthProbe: intervalMs: expected more than 0 ms and at most 2147483647, got 0'],
    [
      { timeoutMs: Infinity },
      'healthProbe: timeoutMs: expected more than 0 ms and at most 2147483647, got Infinity',
    ],
    [{ jitter: 1 }, 'healthProbe: jitter: expected a number from 0 to less than 1, got 1'],
    [{ healthyAfter: 0 }, 'healthProbe: healthyAfter: expected a whole number from 1, got 0'],
    [{ unhealthyAfter: 1.5 }, 'healthProbe: unhealthyAfter: expected a whole number from 1, got 1.5'],
    [{ concurrency: NaN }, 'healthProbe: concurrency: expected a whole number from 1, got NaN'],
    [{ guard: { share: 2, atLeast: 1 } }, 'healthProbe: guard.share: expected a number from 0 to 1, got 2'],
    [{ probe: { kind: 'http', path: 'health' } }, 'healthProbe: path: expected a path that begins with "/"'],
  ] as const)('%j is refused at the start', (options, message) => {
    expect(() => healthProbe({ probe: { kind: 'tcp' }, ...options })).toThrow(message)
  })
})

describe('healthProbe in a worker, over the wire', () => {
  it('takes an endpoint out that fails, never the last one, and puts it back when it answers again', async () => {
    const healthy = new Map<number, boolean>()
    const servers = await Promise.all(
      [1, 2].map(async () => {
        const server = createServer((request, response) => {
          const fine = request.url === '/health' && healthy.get(request.socket.localPort ?? 0) !== false
          response.writeHead(fine ? 200 : 503).end()
        })
        server.listen(0, '127.0.0.1')
        await once(server, 'listening')
        onTestFinished(() => void server.close())
        return (server.address() as AddressInfo).port
      }),
    )
    const [a = 0, b = 0] = servers.toSorted((x, y) => x - y)
    const clock = acceleratedClock(100)
    const expose = servicePorts()
    const tasksSource = memorySource({ covers: [cluster] })
    const sink = memorySink()
    const worker = run(
      {
        sources: [
          tasksSource,
          healthProbe({
            probe: { kind: 'http', path: '/health' },
            intervalMs: 1_000,
            timeoutMs: 60_000,
            clock,
          }),
        ],
        sinks: [sink],
        expose,
        unhealthy: 'keep-the-last',
        minWriteIntervalMs: 0,
      },
      { clock },
    )
    onTestFinished(() => worker.stop())
    const held = (): readonly string[] | undefined => sink.target.rows.get('web')?.value
    const becomes = (...ports: readonly number[]): Promise<void> =>
      vi.waitFor(() => expect(held()).toEqual(ports.map((port) => `127.0.0.1:${port}`)))
    await vi.waitFor(async () => {
      const listed = [a, b].map((port) =>
        observed({ id: `${port}`, host: '127.0.0.1', port, at: clock.now() }),
      )
      expect(await tasksSource.push({ _tag: 'TasksListed', cluster, at: clock.now(), tasks: listed })).toBe(
        'acked',
      )
    })
    await becomes(a, b)
    healthy.set(a, false)
    await becomes(b)
    healthy.set(b, false)
    // Both are unhealthy now: both are kept.
    await becomes(a, b)
    healthy.set(b, true)
    await becomes(b)
    healthy.set(a, true)
    await becomes(a, b)
  })
})

function lastOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1)
}

/** Evenly spread, always the same. */
function counted(): () => number {
  let i = 0
  return () => ((i++ * 7) % 10) / 10
}
