import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { run, servicePorts } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { filter, firstValueFrom } from 'rxjs'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type Address, formatAddress } from '../../src/core/desired.js'
import { plan } from '../../src/core/plan.js'
import type { Outcome } from '../../src/core/sink.js'
import { prng } from '../../sim/prng.js'
import {
  type ProxyIncident,
  type TcpProxy,
  tcpProxy,
  type TcpProxyOptions,
} from '../../src/sinks/tcp-proxy/index.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { freePort } from '../support/free-port.js'
import { observed } from '../support/observed-task.js'
import { blueGreen, sharedBackend } from '../support/shared-backend.js'
import { virtualClock } from '../support/virtual-clock.js'
import {
  ask,
  codeOf,
  dialled,
  ending,
  greeter,
  nobody,
  silence,
  type TaskServer,
  taskServer,
} from './tcp-proxy-task.js'
import { countedWrites } from '../support/counted-writes.js'
import { contractRuns } from '../laws/runs.js'

const { signal } = new AbortController()
const soon = { timeout: 60_000, interval: 5 }

const harness = (): SinkHarness<readonly Address[]> => {
  // Every backend gets a free port of the loopback interface.
  const sink = tcpProxy({ listen: () => ({ host: '127.0.0.1', port: 0 }) })
  return {
    ...countedWrites(sink),
    snapshot: async () => {
      const ports = sink.ports()
      return new Map(
        (await sink.read(signal)).map((row) => [
          row.key,
          {
            ...row,
            pool: ports.get(row.key)?.addresses,
            listens: ports.get(row.key)?.listening !== undefined,
          },
        ]),
      )
    },
    addresses: (value) => value.map(formatAddress),
    dispose: () => sink.close(0),
  }
}

// The ports are open in this process alone.
sinkContract('tcp-proxy', () => Promise.resolve(harness()), {
  lacks: ['tampering', 'foreign-rows', 'adoption', 'extras', 'partial-failure', 'restart', 'races'],
  runs: contractRuns(50),
})

describe('tcpProxy', () => {
  const tasks: TaskServer[] = []
  const task = async (...args: Parameters<typeof taskServer>): Promise<TaskServer> => {
    const server = await taskServer(...args)
    tasks.push(server)
    return server
  }
  afterEach(() => Promise.all(tasks.splice(0).map((server) => server.kill())))

  const silentAddresses = async (count: number): Promise<readonly Address[]> => {
    const silent = await silence()
    onTestFinished(() => silent.close())
    return silent.addresses(count)
  }

  /** A proxy of one backend, `web`, on a free port. */
  const proxied = (options: TcpProxyOptions = {}) => {
    const proxy = tcpProxy({ listen: () => ({ host: '127.0.0.1', port: 0 }), ...options })
    onTestFinished(() => proxy.close(0))
    const incidents: ProxyIncident[] = []
    proxy.incidents$.subscribe((incident) => incidents.push(incident))
    const route = (addresses: readonly Address[], more = {}) =>
      routed(proxy, backendOf('web', addresses, more))
    const port = () => proxy.ports().get('web')!
    const at = (): Address => port().listening!
    return { proxy, route, port, at, incidents }
  }

  const routed = async (
    proxy: TcpProxy,
    backend: ReturnType<typeof backendOf>,
  ): Promise<readonly Outcome<readonly Address[]>[]> => {
    const rows = await proxy.read(signal)
    const wanted = proxy.render(backendsOf([backend]), new Map(rows.map(({ key, value }) => [key, value])))
    const { changes } = plan(proxy, wanted, rows, { owner: 'test', complete: true, pruneGuard: 'off' })
    return proxy.apply(changes, 'test', signal)
  }

  it('keeps both ways to themselves: bytes arrive exactly, and each side may end before the other', async () => {
    const bytes = (seed: number) => {
      const random = prng(seed)
      return Buffer.from(Array.from({ length: 300_000 }, () => random.int(256)))
    }
    const got: Buffer[] = []
    const server = await task((socket) => {
      socket.on('data', (chunk) => got.push(chunk))
      // Only when the client has said all, the answer begins: the way back must still be open.
      socket.on('end', () => socket.end(bytes(2)))
    })
    const { route, at, port } = proxied()
    await route([server.address])
    const socket = await dialled(at())
    socket.end(bytes(1))
    const answer: Buffer[] = []
    for await (const chunk of socket) answer.push(chunk as Buffer)
    expect(Buffer.concat(got).equals(bytes(1))).toBe(true)
    expect(Buffer.concat(answer).equals(bytes(2))).toBe(true)
    await expect.poll(() => port().open, soon).toBe(0)
    expect(port()).toMatchObject({ accepted: 1, failedDials: 0, up: 300_000, down: 300_000 })
  })

  it('shares connections as a deployment says, from the first one after each step', async () => {
    const [blue, other, green] = [
      await task(greeter('blue')),
      await task(greeter('blue')),
      await task(greeter('green')),
    ]
    const { proxy, at } = proxied()
    const greens = async (count: number): Promise<number> => {
      let found = 0
      for (let i = 0; i < count; i++) if ((await ask(at())) === 'green') found++
      return found
    }
    const shift = (percent: number) =>
      routed(
        proxy,
        blueGreen('web', { blue: [blue.address, other.address], green: [green.address], percent }),
      )
    await shift(0)
    expect(await greens(20)).toBe(0)
    await shift(5)
    expect(await greens(40)).toBe(2)
    await shift(25)
    expect(Math.abs((await greens(40)) - 10)).toBeLessThanOrEqual(1)
    await shift(100)
    expect(await greens(20)).toBe(20)
  })

  it('rejects no backend of test requests that has no port, and listens for one that has', async () => {
    const server = await task(greeter('green'))
    const test = sharedBackend('80-test', [{ role: 'target', percent: 100, at: [server.address] }])
    const proxy = tcpProxy({ host: '127.0.0.1' })
    onTestFinished(() => proxy.close(0))
    expect(await routed(proxy, test)).toEqual([])
    const { proxy: other } = proxied()
    await routed(other, test)
    expect(await ask(other.ports().get('80-test')!.listening!)).toBe('green')
  })

  it('passes on the end of a task whose client goes on', async () => {
    const rest: string[] = []
    const server = await task((socket) => {
      socket.end('hello')
      socket.setEncoding('utf8').on('data', (chunk: string) => rest.push(chunk))
    })
    const { route, at } = proxied()
    await route([server.address])
    const socket = await dialled(at())
    expect(await ending(socket)).toBe('ended')
    socket.end('still here')
    await expect.poll(() => rest.join(''), soon).toBe('still here')
  })

  it('passes on a reset as a reset: half an answer never looks like a whole one', async () => {
    const server = await task((socket) => void socket.write('half'))
    const { route, at } = proxied()
    await route([server.address])
    const socket = await dialled(at())
    await once(socket, 'data')
    server.accepted[0]!.resetAndDestroy()
    expect(await ending(socket)).toBe('reset')
  })

  it('passes on the reset of a client', async () => {
    const server = await task()
    const { route, at, port } = proxied()
    await route([server.address])
    const socket = await dialled(at())
    socket.write('x')
    await once(socket, 'data')
    const [inTask] = server.accepted
    const ended = ending(inTask!)
    socket.resetAndDestroy()
    expect(await ended).toBe('reset')
    await expect.poll(() => port().open, soon).toBe(0)
  })

  it('reads no faster than the other side takes: a reader that stops stops the writer', async () => {
    let written = 0
    const server = await task((socket) => {
      const chunk = Buffer.alloc(65_536)
      const more = (): void => {
        while (socket.writable && socket.write(chunk)) written += chunk.length
      }
      socket.on('drain', more)
      more()
    })
    const { route, at, port } = proxied()
    await route([server.address])
    const socket = await dialled(at())
    socket.pause()
    // Until nothing moves any more; what the kernel's buffers hold is not ours.
    let before = -1
    await vi.waitFor(
      () => {
        const now = port().down
        const still = now === before && now > 0
        before = now
        expect(still).toBe(true)
      },
      { timeout: 60_000, interval: 200 },
    )
    expect(written - port().down).toBeLessThan(64 * 2 ** 20)
    socket.resume()
    await expect.poll(() => port().down, soon).toBeGreaterThan(before + 16 * 2 ** 20)
    socket.destroy()
  })

  it('spreads connections over all addresses at random', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map((name) => task(greeter(name))))
    const random = prng(3)
    const { route, at } = proxied({ random: () => random.next() })
    await route(servers.map(({ address }) => address))
    const counts = new Map<string, number>()
    for (let i = 0; i < 300; i++) {
      const name = await ask(at())
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    for (const name of ['a', 'b', 'c']) expect(counts.get(name)).toBeGreaterThan(70)
  })

  it('sends a connection where the fewest are, if it is configured so', async () => {
    const servers = [await task(), await task()]
    const { route, at, port } = proxied({ balance: 'least-connections' })
    await route([servers[0]!.address])
    const held = await Promise.all([dialled(at()), dialled(at()), dialled(at())])
    await expect.poll(() => servers[0]!.accepted.length, soon).toBe(3)
    await route(servers.map(({ address }) => address))
    for (let i = 1; i <= 3; i++) {
      held.push(await dialled(at()))
      await expect.poll(() => servers[1]!.accepted.length, soon).toBe(i)
    }
    expect(servers[0]!.accepted).toHaveLength(3)
    // What has ended counts no more.
    for (const socket of held.splice(0, 3)) socket.end()
    await expect.poll(() => port().open, soon).toBe(3)
    held.push(await dialled(at()))
    await expect.poll(() => servers[0]!.accepted.length, soon).toBe(4)
    for (const socket of held) socket.destroy()
  })

  it('tries a dead address once and goes to another one, and then leaves the dead one last for a while', async () => {
    const clock = virtualClock()
    const [dead, server] = [await nobody(), await task(greeter('alive'))]
    // Always the first of equals.
    const { route, at, port, incidents } = proxied({ clock, random: () => 0.99, avoidMs: 5_000 })
    const first = [dead, server.address]
    await route(first)
    for (let i = 0; i < 20; i++) expect(await ask(at())).toBe('alive')
    expect(port().failedDials).toBeLessThanOrEqual(1)
    await clock.advance(5_000)
    for (let i = 0; i < 20; i++) expect(await ask(at())).toBe('alive')
    expect(port().failedDials).toBeLessThanOrEqual(2)
    expect(incidents.filter(({ _tag }) => _tag === 'Refused')).toEqual([])
  })

  it('resets a client when no address answers, having tried each once', async () => {
    const dead = await Promise.all([nobody(), nobody(), nobody()])
    const { route, at, port, incidents } = proxied()
    await route(dead)
    await expect(ask(at())).rejects.toThrow('ECONNRESET')
    expect(port()).toMatchObject({ failedDials: 3, refused: { unreachable: 1 }, open: 0 })
    expect(incidents.map(({ _tag }) => _tag)).toEqual(['DialFailed', 'DialFailed', 'DialFailed', 'Refused'])
    expect(
      new Set(incidents.flatMap((one) => (one._tag === 'DialFailed' ? [formatAddress(one.address)] : []))),
    ).toEqual(new Set(dead.map(formatAddress)))
  })

  it('lets no dial wait for another one', async () => {
    const clock = virtualClock()
    const [silent] = await silentAddresses(1)
    const server = await task(greeter('alive'))
    const { route, at, port } = proxied({ clock, dialMs: 3_000 })
    await route([silent!])
    const stuck = Array.from({ length: 50 }, () => ask(at()))
    await expect.poll(() => port().open, soon).toBe(50)
    await route([silent!, server.address])
    // The silent one is under suspicion only when its first dial has failed; a few more may go there.
    const quick = Array.from({ length: 50 }, () => ask(at()))
    await expect.poll(() => port().accepted, soon).toBe(100)
    await expect.poll(() => server.accepted.length, soon).toBeGreaterThan(10)
    await clock.advance(3_000)
    expect(await Promise.all([...stuck, ...quick])).toEqual(Array(100).fill('alive'))
    expect(clock.now()).toBe(3_000)
  })

  it('holds to its times whatever the clock of the machine is set to', async () => {
    const time = virtualClock()
    const advance = (ms: number): Promise<void> => time.advance(ms)
    let offset = 0
    const clock = { ...time, now: () => time.now() + offset }
    const [silent, lost] = await silentAddresses(2)
    const server = await task()
    const { route, at, port } = proxied({ clock, dialMs: 3_000, avoidMs: 5_000, idleMs: 3_600_000 })
    await route([silent!])
    const held = ask(at()).catch(codeOf)
    await expect.poll(() => port().open, soon).toBe(1)
    // Days back: the dial is given up after 3 s all the same, and the address is avoided for 5 s.
    offset -= 5 * 86_400_000
    await advance(3_000)
    expect(await held).toBe('ECONNRESET')
    expect(port()).toMatchObject({ failedDials: 1, suspects: 1 })
    offset += 86_400_000
    await advance(4_999)
    expect(port().suspects).toBe(1)
    await advance(1)
    expect(port().suspects).toBe(0)
    // Days ahead: neither a connection nor a dial ends before its time.
    await route([server.address, lost!])
    const open = await Promise.all(Array.from({ length: 8 }, () => dialled(at())))
    await expect.poll(() => port().open, soon).toBe(8)
    await expect.poll(() => server.accepted.length, soon).toBeGreaterThan(0)
    offset += 30 * 86_400_000
    await advance(2_999)
    expect(port()).toMatchObject({ open: 8, failedDials: 1, cut: { idle: 0, drain: 0 } })
    for (const socket of open) socket.resetAndDestroy()
    await expect.poll(() => port().open, soon).toBe(0)
  })

  it('gives up on a connection whose addresses do not answer in time, however many there are', async () => {
    const clock = virtualClock()
    const silent = await silentAddresses(5)
    const { route, at, port } = proxied({ clock, dialMs: 3_000, connectMs: 7_000 })
    await route(silent)
    const asked = ask(at()).catch(codeOf)
    await expect.poll(() => clock.sleeping, soon).toBeGreaterThanOrEqual(2)
    await clock.advance(3_000)
    await clock.advance(3_000)
    await clock.advance(999)
    expect(port()).toMatchObject({ failedDials: 2, open: 1 })
    await clock.advance(1)
    expect(await asked).toBe('ECONNRESET')
    expect(port()).toMatchObject({ failedDials: 3, refused: { unreachable: 1 }, open: 0 })
  })

  it('gives up a dial whose client has hung up', async () => {
    const [silent] = await silentAddresses(1)
    const { route, at, port, incidents } = proxied({ clock: virtualClock() })
    await route([silent!])
    const socket = await dialled(at())
    await expect.poll(() => port().open, soon).toBe(1)
    socket.resetAndDestroy()
    await expect.poll(() => port().open, soon).toBe(0)
    expect(incidents).toEqual([])
    expect(port()).toMatchObject({ failedDials: 0, suspects: 0 })
  })

  it('counts a dial that was given up no longer', async () => {
    const [silent] = await silentAddresses(1)
    // Of equal ones the first: 127.0.0.1 before 127.0.0.2.
    const other = await task(undefined, { host: '127.0.0.2' })
    const { route, at, port } = proxied({
      clock: virtualClock(),
      balance: 'least-connections',
      random: () => 0.99,
    })
    await route([silent!, other.address])
    for (let i = 0; i < 3; i++) {
      const socket = await dialled(at())
      await expect.poll(() => port().open, soon).toBe(1)
      socket.resetAndDestroy()
      await expect.poll(() => port().open, soon).toBe(0)
    }
    expect(other.accepted).toHaveLength(0)
  })

  it('goes to another address at once when the one that it dials is taken away', async () => {
    const [silent] = await silentAddresses(1)
    const server = await task(greeter('alive'))
    const { route, at, port } = proxied({ clock: virtualClock() })
    await route([silent!])
    const asked = ask(at())
    await expect.poll(() => port().open, soon).toBe(1)
    await route([server.address])
    expect(await asked).toBe('alive')
    expect(port().failedDials).toBe(0)
  })

  it('cuts a connection on which nothing moves, and none on which a little does', async () => {
    const clock = virtualClock()
    const server = await task()
    const { route, at, port } = proxied({ clock, idleMs: 60_000 })
    await route([server.address])
    const [idle, busy] = [await dialled(at()), await dialled(at())]
    await expect.poll(() => server.accepted.length, soon).toBe(2)
    const cut = ending(idle)
    for (let i = 0; i < 10; i++) {
      busy.write('.')
      await once(busy, 'data')
      await clock.advance(10_000)
    }
    expect(await cut).toBe('reset')
    expect(port()).toMatchObject({ cut: { idle: 1, drain: 0 }, open: 1 })
    busy.write('!')
    expect(String((await once(busy, 'data'))[0])).toBe('!')
    await clock.advance(75_000)
    await expect.poll(() => port().open, soon).toBe(0)
  })

  it('lets connections to a task that is gone go on until the deadline, and takes no new ones to it', async () => {
    const clock = virtualClock()
    const [old, young] = [await task(), await task(greeter('young'))]
    const { route, at, port } = proxied({ clock, drainMs: 30_000 })
    await route([old.address])
    const [short, long] = [await dialled(at()), await dialled(at())]
    await expect.poll(() => old.accepted.length, soon).toBe(2)
    await route([young.address])
    for (let i = 0; i < 10; i++) expect(await ask(at())).toBe('young')
    short.end('last words')
    expect(await ending(short)).toBe('ended')
    await clock.advance(29_999)
    long.write('?')
    expect(String((await once(long, 'data'))[0])).toBe('?')
    const cut = ending(long)
    await clock.advance(1)
    expect(await cut).toBe('reset')
    await expect.poll(() => port().open, soon).toBe(0)
    expect(port()).toMatchObject({ cut: { drain: 1, idle: 0 } })
    expect(old.accepted).toHaveLength(2)
  })

  it('holds a connection to its deadline even if its address comes back: it is another task by then', async () => {
    const clock = virtualClock()
    const server = await task()
    const { route, at } = proxied({ clock, drainMs: 30_000 })
    await route([server.address])
    const before = await dialled(at())
    await expect.poll(() => server.accepted.length, soon).toBe(1)
    await route([])
    await route([server.address])
    const after = await dialled(at())
    await expect.poll(() => server.accepted.length, soon).toBe(2)
    const cut = ending(before)
    await clock.advance(30_000)
    expect(await cut).toBe('reset')
    after.write('?')
    expect(String((await once(after, 'data'))[0])).toBe('?')
  })

  it('does not listen without a live task, and listens again when there is one', async () => {
    const port = await freePort()
    const server = await task(greeter('alive'))
    const { proxy, route } = proxied({ listen: () => ({ host: '127.0.0.1', port }) })
    const at = { host: '127.0.0.1', port }
    await route([])
    await expect(ask(at)).rejects.toThrow('ECONNREFUSED')
    await route([server.address])
    expect(await ask(at)).toBe('alive')
    await route([])
    await expect(ask(at)).rejects.toThrow('ECONNREFUSED')
    await route([server.address])
    expect(await ask(at)).toBe('alive')
    // Not known to be gone: it stays.
    await route([], { complete: false })
    expect(await ask(at)).toBe('alive')
    await route([], { complete: false, gone: [server.address] })
    await expect(ask(at)).rejects.toThrow('ECONNREFUSED')
    expect(proxy.ports().get('web')).toMatchObject({ addresses: 0, listening: undefined })
  })

  it('rejects a port that another program has, says so, serves the others, and takes it when it is free', async () => {
    const taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const server = await task(greeter('alive'))
    const proxy = tcpProxy({ host: '127.0.0.1' })
    onTestFinished(() => proxy.close(0))
    const free = await freePort()
    const value = [server.address]
    const outcomes = await proxy.apply(
      [
        { _tag: 'Create', key: String(port), after: value },
        { _tag: 'Create', key: String(free), after: value },
        { _tag: 'Create', key: '53/udp', after: [] },
        { _tag: 'Create', key: '70000', after: value },
      ],
      'test',
      signal,
    )
    expect(outcomes).toMatchObject([
      {
        _tag: 'Rejected',
        reason: expect.stringMatching(
          /^cannot listen on 127.0.0.1:\d+: .*EADDRINUSE.*another process/,
        ) as string,
      },
      { _tag: 'Done' },
      { _tag: 'Rejected', reason: expect.stringMatching(/^UDP is not proxied, only TCP/) as string },
      { _tag: 'Rejected', reason: '"70000" is not a TCP port to listen on' },
    ])
    expect(await ask({ host: '127.0.0.1', port: free })).toBe('alive')
    expect((await proxy.read(signal)).map(({ key }) => key)).toEqual([String(free)])
    taken.close()
    await once(taken, 'close')
    expect(
      await proxy.apply([{ _tag: 'Create', key: String(port), after: value }], 'test', signal),
    ).toMatchObject([{ _tag: 'Done' }])
    expect(await ask({ host: '127.0.0.1', port })).toBe('alive')
  })

  it('tries a port that it could not listen on again whenever the worker looks at its targets', async () => {
    const taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const server = await task(greeter('alive'))
    const proxy = tcpProxy({ host: '127.0.0.1' })
    onTestFinished(() => proxy.close(0))
    const source = memorySource()
    const { host, port: hostPort } = server.address
    const worker = run({
      sources: [source],
      sinks: [proxy],
      expose: servicePorts({ name: () => String(port) }),
      resyncMs: 1_000,
    })
    onTestFinished(() => worker.stop())
    const rejected = firstValueFrom(
      worker.reports$.pipe(filter((report) => report._tag === 'Rejected' && report.givenUp)),
    )
    await worker.ready
    void source.push({ _tag: 'TaskChanged', task: observed({ id: '1', host, port: hostPort }) })
    await rejected
    taken.close()
    await expect.poll(() => ask({ host: '127.0.0.1', port }).catch(codeOf), soon).toBe('alive')
  })

  it('resets who comes when there are too many, and serves again when some have gone', async () => {
    const server = await task()
    const { route, at, port, incidents } = proxied({ maxConnections: 2 })
    await route([server.address])
    const held = [await dialled(at()), await dialled(at())]
    await expect.poll(() => server.accepted.length, soon).toBe(2)
    await expect(ask(at(), 'x')).rejects.toThrow('ECONNRESET')
    expect(port().refused.limit).toBe(1)
    expect(incidents).toEqual([{ _tag: 'Refused', port: 'web', why: 'limit' }])
    held[0]!.destroy()
    await expect.poll(() => port().open, soon).toBe(1)
    expect(await ask(at(), 'x')).toBe('x')
    held[1]!.destroy()
  })

  it('drains when it is closed: refuses at once, waits for what is open, and cuts it at the deadline', async () => {
    const clock = virtualClock()
    const server = await task()
    const { proxy, route, at, port } = proxied({ clock })
    await route([server.address])
    const where = at()
    const [short, long] = [await dialled(where), await dialled(where)]
    await expect.poll(() => server.accepted.length, soon).toBe(2)
    let closed = false
    const closing = proxy.close().then(() => (closed = true))
    await expect(ask(where)).rejects.toThrow('ECONNREFUSED')
    short.end('bye')
    expect(await ending(short)).toBe('ended')
    await clock.advance(19_999)
    expect(closed).toBe(false)
    const cut = ending(long)
    await clock.advance(1)
    expect(await cut).toBe('reset')
    await closing
    expect(port().open).toBe(0)
    // What is still told it then is remembered, and opens nothing.
    expect(await route([server.address, await nobody()])).toMatchObject([{ _tag: 'Done' }])
    expect(port().listening).toBeUndefined()
  })
})
