import fc from 'fast-check'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Address, formatAddress } from '../../src/core/desired.js'
import { type ProxyIncident, type TcpProxy, tcpProxy } from '../../src/sinks/tcp-proxy/index.js'
import { runs } from '../laws/runs.js'
import { dialled, ending, nobody, type TaskServer, taskServer } from './tcp-proxy-task.js'

const { signal } = new AbortController()
const key = 'web'

/** What is there in each run: tasks that answer, and addresses that do not. */
let tasks: readonly TaskServer[]
let universe: readonly Address[]
/** By the name that a client has given itself: where it came out. Tasks send back what they get. */
const arrivals = new Map<string, string[]>()

beforeAll(async () => {
  const servers: TaskServer[] = []
  for (let i = 0; i < 4; i++) {
    const server = await taskServer((socket) => {
      socket.once('data', (chunk: Buffer) => {
        const name = String(chunk).split('\n', 1)[0]!
        arrivals.set(name, [...(arrivals.get(name) ?? []), formatAddress(server.address)])
      })
      socket.pipe(socket)
    })
    servers.push(server)
  }
  tasks = servers
  universe = [...tasks.map(({ address }) => address), await nobody(), await nobody()]
})
afterAll(() => Promise.all(tasks.map((server) => server.kill())))

type Step =
  | { readonly _tag: 'Route'; readonly picks: readonly number[]; readonly wait: boolean }
  | { readonly _tag: 'Connect'; readonly bytes: number; readonly wait: boolean }
  | { readonly _tag: 'Leave'; readonly which: number; readonly how: 'end' | 'reset' | 'destroy' }

const wait = fc.boolean()
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ _tag: fc.constant('Route' as const), picks: fc.subarray([0, 1, 2, 3, 4, 5]), wait }),
  { arbitrary: fc.record({ _tag: fc.constant('Connect' as const), bytes: fc.nat(40_000), wait }), weight: 3 },
  fc.record({
    _tag: fc.constant('Leave' as const),
    which: fc.nat(),
    how: fc.constantFrom('end' as const, 'reset' as const, 'destroy' as const),
  }),
)

interface Client {
  readonly name: string
  readonly socket: Socket
  /** Which route was the newest when it began to connect. */
  readonly since: number
  readonly said: Buffer
  readonly heard: Buffer[]
}

let tried = 0

const settled = async (proxy: TcpProxy): Promise<void> => {
  while ((proxy.ports().get(key)?.open ?? 0) > 0) await new Promise((resolve) => setImmediate(resolve))
}

describe('laws of a proxied port, over real connections', () => {
  it('whatever the interleaving of routes, connections and ends: only addresses of routes since its beginning, each at most once; bytes arrive exactly; no count leaks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 14 }),
        fc.constantFrom('random' as const, 'least-connections' as const),
        async (steps, balance) => {
          const run = `run${++tried}`
          const proxy = tcpProxy({ listen: () => ({ host: '127.0.0.1', port: 0 }), balance, avoidMs: 0 })
          const incidents: ProxyIncident[] = []
          proxy.incidents$.subscribe((incident) => incidents.push(incident))
          const routes: (readonly Address[])[] = []
          const applying: Promise<unknown>[] = []
          /** As a reconciler does: one at a time, each on what the one before has left. */
          const route = (addresses: readonly Address[]): Promise<unknown> => {
            routes.push(addresses)
            const before = applying.at(-1)
            const next = (async () => {
              await before
              const [row] = await proxy.read(signal)
              const change =
                row === undefined
                  ? ({ _tag: 'Create', key, after: addresses } as const)
                  : ({ _tag: 'Update', key, before: row, after: addresses } as const)
              const [outcome] = await proxy.apply([change], 'laws', signal)
              expect(outcome?._tag).toBe('Done')
            })()
            applying.push(next)
            return next
          }
          await route(universe)
          const clients: Client[] = []
          let accepted = 0
          const left = new Set<Client>()

          for (const one of steps)
            switch (one._tag) {
              case 'Route': {
                const done = route(one.picks.map((i) => universe[i]!))
                if (one.wait) await done
                break
              }
              case 'Connect': {
                await applying.at(-1)
                const at = proxy.ports().get(key)?.listening
                if (at === undefined) {
                  expect(routes.at(-1)).toEqual([])
                  break
                }
                const since = routes.length - 1
                const name = `${run}-${clients.length}`
                const socket = await dialled(at)
                accepted++
                const said = Buffer.concat([Buffer.from(`${name}\n`), Buffer.alloc(one.bytes, name)])
                const heard: Buffer[] = []
                socket.on('data', (chunk: Buffer) => heard.push(chunk))
                socket.write(said)
                clients.push({ name, socket, since, said, heard })
                // Reset, if no address answers.
                if (one.wait && !socket.destroyed) await once(socket, 'data').catch(() => undefined)
                break
              }
              case 'Leave': {
                const client = clients[one.which % Math.max(1, clients.length)]
                if (client === undefined || left.has(client)) break
                left.add(client)
                if (one.how === 'end') client.socket.end()
                else if (one.how === 'reset') client.socket.resetAndDestroy()
                else client.socket.destroy()
                break
              }
            }
          await Promise.all(applying)

          for (const client of clients) {
            const { name, socket, since, said, heard } = client
            if (!socket.destroyed) {
              const how = ending(socket)
              if (!left.has(client)) socket.end()
              if ((await how) === 'ended') expect(Buffer.concat(heard).equals(said)).toBe(true)
            }
            // Only what had been sent, and in order, if it was cut short.
            const got = Buffer.concat(heard)
            expect(said.subarray(0, got.length).equals(got)).toBe(true)
            const reached = arrivals.get(name) ?? []
            expect(reached.length).toBeLessThanOrEqual(1)
            const allowed = routes.slice(since).flat().map(formatAddress)
            for (const address of reached) expect(allowed).toContain(address)
          }
          await settled(proxy)
          const state = proxy.ports().get(key)!
          expect(state.open).toBe(0)
          expect(state.accepted).toBe(accepted)
          const failed = incidents.filter(({ _tag }) => _tag === 'DialFailed').length
          expect(state.failedDials).toBe(failed)
          // Two addresses do not answer: each costs a connection one dial at most.
          expect(failed).toBeLessThanOrEqual(2 * accepted)
          expect(state.refused.limit).toBe(0)
          await proxy.close(0)
          for (const { socket } of clients) socket.destroy()
        },
      ),
      { numRuns: runs },
    )
  })
})
