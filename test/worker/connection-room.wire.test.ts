import { EventEmitter, once } from 'node:events'
import { createServer, Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import * as fc from 'fast-check'
import { Registry } from 'prom-client'
import { eventBridgeWebhook } from 'ecs-task-stream/sources/event-bridge-webhook'
import { statusRoutes, statusServer, webhookRoutes, webhookServer } from 'ecs-task-stream/worker'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { clientAddress } from '../../src/shared/http/client-address.js'
import { ConnectionRoom } from '../../src/worker/server/connection-room.js'
import { runs } from '../laws/runs.js'
import { ecsEvent } from '../support/ecs-event-builder.js'
import { followed } from '../support/followed.js'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()))
})

/** A client of an address of its own: every address of 127.0.0.0/8 is this machine. */
interface Client {
  readonly socket: Socket
  readonly closed: boolean
  /** Sends, and resolves when as many bytes have come back as `end` has, the last of them `end`. */
  ask(text: string, end: string): Promise<void>
}

const keepAlive = 'GET /health HTTP/1.1\r\nhost: a\r\n\r\n'

const clients = (port: number) => {
  const sockets: Socket[] = []
  cleanups.unshift(() => {
    for (const socket of sockets) socket.destroy()
    return Promise.resolve()
  })
  return async (localAddress = '127.0.0.1'): Promise<Client> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    sockets.push(socket)
    socket.on('error', () => undefined)
    let received = ''
    socket.on('data', (data) => (received += data.toString()))
    let closed = false
    socket.on('close', () => (closed = true))
    await once(socket, 'connect')
    return {
      socket,
      get closed() {
        return closed
      },
      ask: async (text, end) => {
        received = ''
        socket.write(text)
        await vi.waitUntil(() => received.endsWith(end) || closed)
      },
    }
  }
}

/** A socket that goes nowhere. */
class FakeSocket extends EventEmitter {
  destroyed = false

  constructor(readonly remoteAddress: string) {
    super()
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}

const readiness = () => ({ ready: true, reasons: [] })

describe('the connections to a worker', () => {
  const listen = { host: '127.0.0.1', port: 0 }
  const servers = {
    // It holds 500.
    'status server': {
      crowd: 700,
      serving: () => statusServer({ listen, readiness, metrics: new Registry() }),
    },
    'webhook server': {
      crowd: 300,
      serving: () =>
        webhookServer({
          listen,
          routes: [statusRoutes({ readiness, metrics: new Registry() })],
          maxConnections: 200,
        }),
    },
  }

  for (const [name, { crowd, serving }] of Object.entries(servers))
    for (const [what, text, end] of [
      ['have asked once and are kept alive', keepAlive, 'Healthy'],
      ['say nothing', '', ''],
      ['have sent half a head', 'GET /health HTTP/1.1\r\nho', ''],
      ['have sent half a body', 'POST /health HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx', ''],
    ] as const)
      it(`leave room for the next one: ${name}, ${crowd} that ${what}`, async () => {
        const server = await serving()
        cleanups.push(() => server.close())
        const client = clients(Number(new URL(server.url).port))
        for (let i = 0; i < crowd; i += 100)
          await Promise.all(
            Array.from({ length: 100 }, async (_, j) => {
              const one = await client(i % 200 === 0 ? '127.0.0.1' : `127.0.${1 + (j % 5)}.1`)
              if (end === '') one.socket.write(text)
              else await one.ask(text, end)
            }),
          )
        for (const path of ['/health', '/ready', '/metrics'])
          expect((await fetch(`${server.url}${path}`)).status).toBe(200)
      })
})

describe('the room for connections', () => {
  const roomFor = async (
    maxConnections: number,
    maxPerClient: number,
    answer: (response: ServerResponse) => void = (response) => response.end('Healthy'),
  ) => {
    const room = new ConnectionRoom({ maxConnections, maxPerClient })
    const server = createServer((_request, response) => answer(response))
    room.watch(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    return { room, client: clients((server.address() as AddressInfo).port) }
  }

  it('closes what has been idle for the longest, and never what is in use', async () => {
    const held: ServerResponse[] = []
    const { room, client } = await roomFor(3, 3, (response) => held.push(response))
    const busy = await client()
    busy.socket.write(keepAlive)
    await vi.waitUntil(() => held.length === 1)
    const [first, second] = [await client(), await client()]
    const third = await client()
    await vi.waitUntil(() => first.closed)
    expect([busy.closed, second.closed, third.closed, room.size]).toEqual([false, false, false, 3])
    const asked = busy.ask('', 'late')
    held[0]?.end('late')
    await asked
    const fourth = await client()
    await vi.waitUntil(() => second.closed)
    expect([busy.closed, third.closed, fourth.closed]).toEqual([false, false, false])
  })

  it('takes from the client that has the most of them idle, and leaves others theirs', async () => {
    const { room, client } = await roomFor(6, 6)
    const quiet = await client('127.0.0.2')
    await quiet.ask(keepAlive, 'Healthy')
    const flood: Client[] = []
    for (let i = 0; i < 20; i++) flood.push(await client('127.0.0.3'))
    await vi.waitUntil(() => flood.filter(({ closed }) => closed).length === 15)
    const late = await client('127.0.0.4')
    await late.ask(keepAlive, 'Healthy')
    expect([quiet.closed, late.closed, room.size]).toEqual([false, false, 6])
    // The connection is still good for a request.
    await quiet.ask(keepAlive, 'Healthy')
    expect(quiet.closed).toBe(false)
  })

  it('holds a client to its own bound while there is room for others', async () => {
    const { room, client } = await roomFor(10, 4)
    for (let i = 0; i < 30; i++) await client('127.0.0.3')
    await vi.waitUntil(() => room.size === 4)
    const others = [await client('127.0.0.4'), await client('127.0.0.5')]
    expect(room.size).toBe(6)
    expect(others.map(({ closed }) => closed)).toEqual([false, false])
  })

  it('answers one more even when all are waiting for answers, which costs the oldest of the busiest client', async () => {
    const held: ServerResponse[] = []
    const { client } = await roomFor(4, 4, (response) => held.push(response))
    const all: Client[] = []
    for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.3', '127.0.0.3']) {
      const one = await client(address)
      one.socket.write(keepAlive)
      all.push(one)
      await vi.waitUntil(() => held.length === all.length)
    }
    const last = await client('127.0.0.4')
    await vi.waitUntil(() => all[1]?.closed === true)
    expect(all.map(({ closed }) => closed)).toEqual([false, true, false, false])
    const asked = last.ask(keepAlive, 'late')
    await vi.waitUntil(() => held.length === 5)
    held[4]?.end('late')
    await asked
    expect(last.closed).toBe(false)
  })

  it('closes a connection that sends requests without waiting for answers', async () => {
    const { room, client } = await roomFor(10, 10, () => undefined)
    const one = await client()
    one.socket.write(keepAlive.repeat(8))
    await vi.waitUntil(() => room.size === 1)
    one.socket.write(keepAlive)
    await vi.waitUntil(() => one.closed)
    await vi.waitUntil(() => room.size === 0)
  })

  it('never holds more than its bounds, refuses no client within them, and forgets what is closed: whatever clients do', () => {
    const command = fc.record({
      what: fc.constantFrom('open', 'open', 'close', 'ask', 'answer'),
      client: fc.integer({ min: 1, max: 4 }),
      which: fc.nat(50),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(command, { maxLength: 80 }),
        (most, each, commands) => {
          const bounds = { maxConnections: most, maxPerClient: Math.min(most, each) }
          const room = new ConnectionRoom(bounds)
          const server = new Server()
          room.watch(server)
          const open: (FakeSocket & { answers: (() => void)[] })[] = []
          for (const { what, client, which } of commands) {
            const alive = open.filter(({ destroyed }) => !destroyed)
            const one = alive[which % Math.max(1, alive.length)]
            if (what === 'open') {
              const socket = Object.assign(new FakeSocket(`127.0.0.${client}`), { answers: [] })
              open.push(socket)
              // Node's own listener would want a real socket.
              server.listeners('connection').at(-1)?.(socket)
              expect(socket.destroyed).toBe(false)
            } else if (one === undefined) continue
            else if (what === 'close') one.destroy()
            else if (what === 'ask') {
              const response = new EventEmitter()
              const request = Object.assign(new EventEmitter(), { socket: one, headers: {} })
              server.emit('request', request, response)
              one.answers.push(() => response.emit('close'))
            } else one.answers.shift()?.()
            const left = open.filter(({ destroyed }) => !destroyed)
            expect(room.size).toBe(left.length)
            expect(left.length).toBeLessThanOrEqual(most)
            for (let n = 1; n <= 4; n++)
              expect(
                left.filter(({ remoteAddress }) => remoteAddress === `127.0.0.${n}`).length,
              ).toBeLessThanOrEqual(bounds.maxPerClient)
          }
          for (const socket of open) socket.destroy()
          expect(room.size).toBe(0)
        },
      ),
      { numRuns: runs },
    )
  })
})

describe('whom a connection counts for', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::7', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    [undefined, ''],
  ])('%s is %s', (remoteAddress, client) => {
    expect(clientAddress({ remoteAddress })).toBe(client)
  })
})

describe('a webhook among idle connections', () => {
  it('is answered, and its connection is kept', async () => {
    const source = eventBridgeWebhook({ secrets: ['a-secret'] })
    const server = await webhookServer({
      listen: { host: '127.0.0.1', port: 0 },
      routes: [webhookRoutes({ '/events': source.listener })],
      maxConnections: 50,
    })
    cleanups.push(() => server.close())
    const { deliveries } = followed(source, () => undefined)
    const answer = fetch(`${server.url}/events`, {
      method: 'POST',
      headers: { 'x-api-key': 'a-secret' },
      body: JSON.stringify(ecsEvent()),
    })
    await vi.waitUntil(() => deliveries.length === 1)
    const client = clients(Number(new URL(server.url).port))
    for (let i = 0; i < 200; i++) await client('127.0.0.9')
    deliveries[0]?.ack()
    expect((await answer).status).toBe(200)
  })
})
