import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type ClusterEvent, run, servicePorts, systemClock } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { caddy } from '../../src/sinks/caddy/index.js'
import { isJsonObject, type Json } from '../../src/shared/codec/json.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import { adminApiBehaviour } from '../support/caddy-admin-behaviour.js'
import { caddyHarness, handlersOf } from '../support/caddy-target.js'
import { cluster } from '../support/observed-task.js'
import { reconciled } from '../support/served.js'
import { blueGreen } from '../support/shared-backend.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { needs } from '../tiers/needs.js'
import { container } from './container.js'
import { changed, listed, running, stopping, until } from './task-events.js'
import { caddyIsMissing, caddyProcess, caddyProgram, type CaddyProcess, proxied } from './caddy-process.js'

const temporary = temporaryDirectories()

const worker = (url: string, resyncMs = 500) => {
  const source = memorySource({ covers: [cluster] })
  const running = run(
    {
      sources: [source],
      sinks: [caddy({ url })],
      expose: servicePorts(),
      minWriteIntervalMs: 0,
      resyncMs,
    },
    { clock: systemClock, random: Math.random },
  )
  onTestFinished(() => running.stop())
  return { happens: (...events: readonly ClusterEvent[]) => source.push(...events) }
}

const answers = async (server: CaddyProcess, backend = 'web'): Promise<readonly string[]> =>
  Object.keys(await server.counted(`${backend}.test`, 12)).sort()

const withHandlers = async (...backends: readonly string[]): Promise<CaddyProcess> =>
  caddyProcess(await temporary(), { config: (port) => proxied(port, backends) })

const local = (port: number) => ({ host: '127.0.0.1', port })

describe('a real Caddy', needs(caddyIsMissing), () => {
  it('sends requests where tasks run, and follows what happens; without a task it answers 503', async () => {
    const server = await withHandlers('web', 'other')
    const [one, two] = [await container('first'), await container('second')]
    const [first, second] = [running('a', one.port), running('b', two.port)]
    const here = worker(server.url)
    await here.happens(listed(first))
    await until(async () => expect(await answers(server)).toEqual(['first']))

    await here.happens(changed(second))
    await until(async () => expect(await answers(server)).toEqual(['first', 'second']))

    await here.happens(stopping(first))
    await until(async () =>
      expect(handlersOf(await server.config()).get('ecs:web')?.['upstreams']).toHaveLength(1),
    )
    const before = one.requests()
    expect(await server.counted('web.test', 50)).toEqual({ second: 50 })
    expect(one.requests()).toBe(before)

    await here.happens(stopping(second))
    await until(async () => expect(await answers(server)).toEqual(['503']))
    await here.happens(changed(running('c', one.port)))
    await until(async () => expect(await answers(server)).toEqual(['first']))
    expect(await answers(server, 'other')).toEqual(['503'])
  })

  it('answers what is under way while it gets other upstreams', async () => {
    const server = await withHandlers('web')
    let answer = (): void => undefined
    const slow = await container('slow', new Promise<void>((resolve) => (answer = resolve)))
    const quick = await container('quick')
    const sink = caddy({ url: server.url })
    await reconciled(sink, backendsOf([backendOf('web', [local(slow.port)])]))
    const asked = request({
      host: '127.0.0.1',
      port: server.port,
      headers: { host: 'web.test' },
      agent: false,
    }).end()
    await until(() => expect(slow.requests()).toBe(1))
    await reconciled(sink, backendsOf([backendOf('web', [local(quick.port)])]))
    expect(await server.counted('web.test', 5)).toEqual({ quick: 5 })
    answer()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    expect(await text(response)).toBe('slow')
  })

  it('answers by a task whatever comes and goes under load, if clients try again after a closed connection', async () => {
    const server = await withHandlers('web')
    const containers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => container(name)))
    const sink = caddy({ url: server.url })
    const offer = (start: number) =>
      reconciled(
        sink,
        backendsOf([
          backendOf(
            'web',
            [0, 1].map((i) => local(containers[(start + i) % 4]!.port)),
          ),
        ]),
      )
    await offer(0)
    let rounds = 0
    const load = async (): Promise<readonly string[]> => {
      const seen: string[] = []
      while (rounds < 20) seen.push(...Object.keys(await server.counted('web.test', 10)))
      return [...new Set(seen)].sort()
    }
    const loads = [load(), load()]
    for (; rounds < 20; rounds++) await offer(rounds)
    for (const seen of await Promise.all(loads))
      expect(['a', 'b', 'c', 'd']).toEqual(expect.arrayContaining([...seen]))
  })

  it('balances by the weights of a deployment', async () => {
    const server = await withHandlers('web')
    const [blue, green] = [await container('blue'), await container('green')]
    await reconciled(
      caddy({ url: server.url }),
      backendsOf([blueGreen('web', { blue: [local(blue.port)], green: [local(green.port)], percent: 25 })]),
    )
    const counts = await server.counted('web.test', 200)
    expect(Math.abs((counts['blue'] ?? 0) - 150)).toBeLessThan(10)
  })

  it('that crashes and resumes has its upstreams at once; one that begins anew gets them again', async () => {
    const server = await withHandlers('web')
    const one = await container('first')
    const here = worker(server.url)
    await here.happens(listed(running('a', one.port)))
    await until(async () => expect(await answers(server)).toEqual(['first']))
    const saved = await server.config()
    await server.restart('resume')
    expect(await server.config()).toEqual(saved)
    expect(await answers(server)).toEqual(['first'])
    await server.restart('config')
    await until(async () => expect(await answers(server)).toEqual(['first']))
  })

  it('is told what happened while it was down', async () => {
    const server = await withHandlers('web')
    const [one, two] = [await container('first'), await container('second')]
    const here = worker(server.url)
    const first = running('a', one.port)
    await here.happens(listed(first))
    await until(async () => expect(await answers(server)).toEqual(['first']))
    await server.crash()
    // Not acknowledged before Caddy has it, so this is not awaited.
    const told = [here.happens(changed(running('b', two.port))), here.happens(stopping(first))]
    await server.restart('resume')
    await Promise.all(told)
    await until(async () => expect(await answers(server)).toEqual(['second']))
  })

  it('keeps what others change at the same time', async () => {
    const server = await withHandlers('web', 'api')
    const one = await container('first')
    const sink = caddy({ url: server.url })
    const logs = (count: number): Json => ({
      logs: Object.fromEntries(Array.from({ length: count }, (_, i) => [`log-${i}`, { level: 'ERROR' }])),
    })
    const others = (async () => {
      for (let n = 1; n <= 10; n++) {
        const sent = request(`${server.url}/config/logging`, {
          method: 'POST',
          agent: false,
          headers: { 'content-type': 'application/json' },
        })
        sent.end(JSON.stringify(logs(n)))
        const response = await (once(sent, 'response') as Promise<[IncomingMessage]>).then(
          ([first]) => first,
          () => undefined,
        )
        // The sink's write has made Caddy begin its admin API anew.
        if (response === undefined) n--
        else response.resume()
      }
    })()
    for (let n = 0; n < 10; n++) {
      const places = n % 2 === 0 ? [local(one.port)] : []
      const outcomes = await reconciled(
        sink,
        backendsOf([backendOf('web', places), backendOf('api', places)]),
      )
      expect(outcomes.map(({ _tag }) => _tag)).toEqual(['Done', 'Done'])
    }
    await others
    const config = await server.config()
    expect(isJsonObject(config) ? config['logging'] : undefined).toEqual(logs(10))
  })

  it('may have its admin API at a socket', async () => {
    const directory = await temporary()
    const server = await caddyProcess(directory, {
      config: (port) => proxied(port, ['web']),
      socketPath: join(directory, 'admin.sock'),
    })
    const one = await container('first')
    await reconciled(caddy({ url: server.url }), backendsOf([backendOf('web', [local(one.port)])]))
    expect(await answers(server)).toEqual(['first'])
  })

  it('accepts the example of a configuration', async () => {
    const { status, stderr } = spawnSync(
      caddyProgram ?? 'caddy',
      ['validate', '--config', 'examples/caddy/caddy.json'],
      { encoding: 'utf8', timeout: 60_000, env: { ...process.env, HOME: await temporary() } },
    )
    expect(status, stderr).toBe(0)
  })
})

describe.skipIf(caddyIsMissing !== undefined)('the same as of the embedded Caddy', () => {
  const ends: (() => Promise<void>)[] = []
  afterAll(() => Promise.all(ends.map((end) => end())))
  let shared: Promise<CaddyProcess> | undefined
  const real = (): Promise<CaddyProcess> =>
    (shared ??= temporary().then((directory) =>
      caddyProcess(directory, {}, (end) => {
        ends.push(end)
      }),
    ))

  adminApiBehaviour('a real Caddy', real)

  // Nobody can make it fail for one handler alone.
  sinkContract('caddy, with a real one', async () => caddyHarness(await real()), {
    lacks: ['partial-failure'],
    runs: 5,
  })
})
