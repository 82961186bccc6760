import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  type ClusterEvent,
  type Report,
  run,
  type RunSetup,
  servicePorts,
  systemClock,
  type Task,
} from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { followReloads, haproxyRuntime, type HaproxyRuntimeOptions } from '../../src/sinks/haproxy/runtime.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import { contractBackends, haproxyHarness } from '../support/haproxy-harness.js'
import { cluster } from '../support/observed-task.js'
import { reconciled } from '../support/served.js'
import { blueGreen } from '../support/shared-backend.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { needs } from '../tiers/needs.js'
import { container } from './container.js'
import { changed, listed, running, stopping, until } from './task-events.js'
import {
  type HaproxyConfiguration,
  haproxyIsMissing,
  type HaproxyProcess,
  haproxyProcess,
  haproxyProgram,
} from './haproxy-process.js'

const temporary = temporaryDirectories()
const { signal } = new AbortController()
const dynamic = ['balance roundrobin']

const started = async (configuration: HaproxyConfiguration): Promise<HaproxyProcess> => {
  const haproxy = await haproxyProcess(await temporary(), configuration)
  onTestFinished(haproxy.stop)
  return haproxy
}

const worker = (
  { socket }: Pick<HaproxyProcess, 'socket'>,
  options: Partial<HaproxyRuntimeOptions> = {},
  setup: Partial<RunSetup> = {},
) => {
  const source = memorySource({ covers: [cluster] })
  const running = run(
    {
      sources: [source],
      sinks: [haproxyRuntime({ address: socket, ...options })],
      expose: servicePorts(),
      minWriteIntervalMs: 0,
      resyncMs: 100,
      ...setup,
    },
    { clock: systemClock, random: Math.random },
  )
  const reports: Report[] = []
  running.reports$.subscribe((report) => reports.push(report))
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= running.stop())
  onTestFinished(stop)
  return {
    worker: running,
    happens: (...events: readonly ClusterEvent[]) => source.push(...events),
    reports,
    stop,
  }
}

const answers = async (haproxy: HaproxyProcess, backend = 'web'): Promise<readonly string[]> =>
  Object.keys(await haproxy.counted(backend, 4)).sort()

const namesIn = async (haproxy: HaproxyProcess, backend = 'web'): Promise<readonly string[]> =>
  (await haproxy.servers(backend)).map(({ name }) => name.replace(/^.*:/, '')).sort()

/** Asks without a pause until the test ends it. Resolves to what was answered, and how often. */
const traffic = (haproxy: HaproxyProcess) => {
  let isOver = false
  const counts: Record<string, number> = {}
  const one = async (): Promise<void> => {
    while (!isOver) {
      const answer = await haproxy.routed('web').catch(String)
      counts[answer] = (counts[answer] ?? 0) + 1
    }
  }
  const all = Promise.all([one(), one()])
  return async (): Promise<Readonly<Record<string, number>>> => {
    isOver = true
    await all
    return counts
  }
}

describe('a real HAProxy', needs(haproxyIsMissing), () => {
  describe('by the contract of sinks', () => {
    let shared: HaproxyProcess | undefined
    beforeAll(async () => {
      shared = await haproxyProcess(await temporary(), {
        backends: Object.fromEntries(contractBackends.map((name) => [name, dynamic])),
      })
    })
    afterAll(() => shared?.stop())

    const emptied = async ({ api, servers }: HaproxyProcess): Promise<void> => {
      for (const backend of contractBackends)
        for (const { name } of await servers(backend)) {
          await api(`set server ${backend}/${name} state maint`, signal)
          await api(`del server ${backend}/${name}`, signal)
        }
    }

    sinkContract(
      'haproxyRuntime',
      async () => {
        if (shared === undefined) throw new Error('HAProxy did not start')
        await emptied(shared)
        return haproxyHarness(shared.socket, shared.api, { dispose: () => Promise.resolve() })
      },
      // A real one cannot be told to fail.
      { lacks: ['adoption', 'partial-failure'], runs: 15 },
    )
  })

  it('sends requests where tasks run, and follows what happens; without a task it answers 503', async () => {
    const haproxy = await started({ backends: { web: dynamic } })
    const here = worker(haproxy)
    const [one, two] = [await container('first'), await container('second')]
    const [first, second] = [running('a', one.port), running('b', two.port)]
    await here.happens(listed(first))
    await until(async () => expect(await answers(haproxy)).toEqual(['first']))
    await here.happens(changed(second))
    await until(async () => expect(await answers(haproxy)).toEqual(['first', 'second']))

    await here.happens(stopping(first))
    await until(async () => expect(await namesIn(haproxy)).toEqual([String(two.port)]))
    const before = one.requests()
    expect(await haproxy.counted('web', 50)).toEqual({ second: 50 })
    expect(one.requests()).toBe(before)

    await here.happens(stopping(second))
    await until(async () => expect(await answers(haproxy)).toEqual(['503']))
    expect(await namesIn(haproxy)).toEqual(['none'])
    await here.happens(changed(running('c', one.port)))
    await until(async () => expect(await answers(haproxy)).toEqual(['first']))
    expect(await namesIn(haproxy)).toEqual([String(one.port)])
  })

  it('ends the requests that a stopping task has, and then deletes its server', async () => {
    const haproxy = await started({ backends: { web: dynamic } })
    const here = worker(haproxy)
    const [one, two] = [await container('first'), await container('second')]
    const [first, second] = [running('a', one.port), running('b', two.port)]
    await here.happens(listed(first))
    await until(async () => expect(await answers(haproxy)).toEqual(['first']))
    const slow = haproxy.routed('web', '/slow')
    await until(() => expect(one.slow()).toBe(1))

    await here.happens(changed(second), stopping(first))
    await until(async () => expect(await answers(haproxy)).toEqual(['second']))
    expect(await namesIn(haproxy)).toEqual([one.port, two.port].map(String).sort())
    one.release()
    expect(await slow).toBe('first, slowly')
    await until(async () => expect(await namesIn(haproxy)).toEqual([String(two.port)]))
  })

  it('ends the connections of a stopping task that last too long', async () => {
    const haproxy = await started({ backends: { web: dynamic } })
    const here = worker(haproxy, { drainMs: 0 })
    const one = await container('first')
    const first = running('a', one.port)
    await here.happens(listed(first))
    await until(async () => expect(await answers(haproxy)).toEqual(['first']))
    const slow = haproxy.routed('web', '/slow').catch(() => 'ended')
    await until(() => expect(one.slow()).toBe(1))
    await here.happens(stopping(first))
    await until(async () => expect(await namesIn(haproxy)).toEqual(['none']))
    expect(await slow).not.toContain('slowly')
  })

  it('leaves servers of a worker that was killed to the next one, which deletes them', async () => {
    const haproxy = await started({ backends: { web: dynamic } })
    const one = await container('first')
    const before = worker(haproxy, {}, { resyncMs: 600_000 })
    const first = running('a', one.port)
    await before.happens(listed(first))
    await until(async () => expect(await answers(haproxy)).toEqual(['first']))
    const slow = haproxy.routed('web', '/slow')
    await until(() => expect(one.slow()).toBe(1))
    await before.happens(stopping(first))
    await until(async () => expect(await answers(haproxy)).toEqual(['503']))
    await before.stop()
    one.release()
    expect(await slow).toBe('first, slowly')
    expect(await namesIn(haproxy)).toEqual([String(one.port), 'none'])

    const after = worker(haproxy)
    await after.happens(listed())
    await until(async () => expect(await namesIn(haproxy)).toEqual([]))
  })

  it('has back at once what a reload loses, and no request fails if the backend has a bridge', async () => {
    const haproxy = await started({
      backends: {
        // Used while there is no other. Nobody listens there, so that HAProxy tries another one after a second.
        web: [...dynamic, 'retries 3', 'option redispatch 1', 'server bridge 127.0.0.1:1 backup'],
      },
    })
    const here = worker(haproxy, {}, { resyncMs: 600_000 })
    followReloads(here.worker, { address: haproxy.socket, everyMs: 50 })
    await here.happens(listed(running('a', (await container('first')).port)))
    await until(async () => expect(await answers(haproxy)).toEqual(['first']))
    const end = traffic(haproxy)
    for (let n = 0; n < 3; n++) {
      await haproxy.reload()
      await until(async () => expect(await namesIn(haproxy)).toHaveLength(2))
    }
    const counts = await end()
    expect(Object.keys(counts)).toEqual(['first'])
    expect(await answers(haproxy)).toEqual(['first'])
  })

  it('has back after the next read what a reload loses, whatever a server-state-file says', async () => {
    const state = join(await temporary(), 'state')
    const haproxy = await started({
      global: [`server-state-file ${state}`],
      backends: { web: [...dynamic, 'load-server-state-from-file global'] },
    })
    const here = worker(haproxy, {}, { resyncMs: 600_000 })
    await here.happens(listed(running('a', (await container('first')).port)))
    await until(async () => expect(await namesIn(haproxy)).toHaveLength(1))
    await writeFile(state, await haproxy.api('show servers state', signal))
    await haproxy.reload()
    // The file is for servers of the configuration alone.
    expect(await namesIn(haproxy)).toEqual([])
    await here.worker.reread()
    expect(await answers(haproxy)).toEqual(['first'])
  })

  it('keeps other servers of the same backend as they are', async () => {
    const fixed = await container('fixed')
    const haproxy = await started({
      backends: { web: [...dynamic, `server static 127.0.0.1:${fixed.port} weight 5`] },
    })
    const here = worker(haproxy)
    await haproxy.api(`add server web/ecs-by-hand 127.0.0.1:${fixed.port} weight 2`, signal)
    const [before] = await haproxy.servers('web')
    const first = running('a', (await container('first')).port)
    await here.happens(listed(first))
    await until(async () => expect(await answers(haproxy)).toEqual(['first', 'fixed']))
    await here.happens(stopping(first))
    await until(async () => expect(await namesIn(haproxy)).toEqual(['ecs-by-hand', 'none', 'static']))
    const [after] = await haproxy.servers('web')
    expect({ ...after, unchangedFor: 0 }).toEqual({ ...before, unchangedFor: 0 })
    expect(await answers(haproxy)).toEqual(['fixed'])
  })

  it('says what to add for a backend that is missing or cannot take servers, and goes on with the others', async () => {
    const haproxy = await started({ backends: { web: dynamic, source: ['balance source'] } })
    const here = worker(haproxy, {}, { resyncMs: 600_000 })
    followReloads(here.worker, { address: haproxy.socket })
    const { port } = await container('first')
    await here.happens(listed(running('a', port), running('b', port, 'api'), running('c', port, 'source')))
    await until(async () => expect(await answers(haproxy)).toEqual(['first']))
    const rejected = (key: string) =>
      here.reports.flatMap((report) =>
        report._tag === 'Rejected' && report.key === key ? [report.reason] : [],
      )
    await until(() => expect(rejected('api')[0]).toContain('Add `backend api` with `balance leastconn`'))
    await until(() => expect(rejected('source')[0]).toContain('Give it `balance leastconn`'))

    await haproxy.reload({ backends: { web: dynamic, api: dynamic, source: dynamic } })
    for (const backend of ['web', 'api', 'source'])
      await until(async () => expect(await answers(haproxy, backend)).toEqual(['first']))
  })

  it('is waited for while it is down', async () => {
    const directory = await temporary()
    const configuration = { backends: { web: dynamic } }
    const before = await haproxyProcess(directory, configuration)
    const here = worker(before)
    const [one, two] = [await container('first'), await container('second')]
    const first = running('a', one.port)
    await here.happens(listed(first))
    await until(async () => expect(await answers(before)).toEqual(['first']))
    await before.stop()
    const told = here.happens(changed(running('b', two.port)), stopping(first))
    await until(() => expect(here.reports.some(({ _tag }) => _tag === 'SinkFailed')).toBe(true))
    const after = await haproxyProcess(directory, configuration)
    onTestFinished(after.stop)
    await told
    await until(async () => expect(await answers(after)).toEqual(['second']))
  })

  it('balances by weights, and gives nothing to a weight of 0', async () => {
    const haproxy = await started({ backends: { web: dynamic } })
    const sink = haproxyRuntime({ address: haproxy.socket })
    const [blue, green] = [await container('blue'), await container('green')]
    const place = (port: number) => ({ host: '127.0.0.1', port })
    const at = (percent: number) =>
      backendsOf([blueGreen('web', { blue: [place(blue.port)], green: [place(green.port)], percent })])
    await reconciled(sink, at(25))
    expect(await haproxy.counted('web', 40)).toEqual({ blue: 30, green: 10 })
    await reconciled(sink, at(0))
    expect(await haproxy.counted('web', 40)).toEqual({ blue: 40 })
    await reconciled(sink, at(100))
    expect(await haproxy.counted('web', 40)).toEqual({ green: 40 })
  })

  it('checks servers that have the option, and takes them out while they fail', async () => {
    const haproxy = await started({ backends: { web: dynamic } })
    const one = await container('first')
    const gone = createServer().listen(0, '127.0.0.1')
    await once(gone, 'listening')
    const { port } = gone.address() as AddressInfo
    await new Promise((resolve) => gone.close(resolve))
    const here = worker(haproxy, { serverOptions: 'check inter 50ms fall 1 maxconn 100' })
    const [first, second] = [running('a', one.port), running('b', port)]
    await here.happens(listed(first, second))
    await until(async () => {
      const state = await haproxy.api('show stat -1 4 -1', signal)
      expect(state).toMatch(new RegExp(`web,[^,]*:${port},.*,DOWN,`))
      expect(state).toMatch(new RegExp(`web,[^,]*:${one.port},.*,UP,`))
    })
    expect(await haproxy.counted('web', 20)).toEqual({ first: 20 })
    await here.happens(stopping(second))
    await until(async () => expect(await namesIn(haproxy)).toEqual([String(one.port)]))
  })

  it('refuses a keyword with a clear reason, if only HAProxy can tell', async () => {
    const haproxy = await started({ backends: { web: dynamic } })
    const sink = haproxyRuntime({ address: haproxy.socket, serverOptions: 'ssl ca-file /missing.pem' })
    const [outcome] = await reconciled(sink, backendsOf([backendOf('web', [{ host: '10.0.0.1', port: 1 }])]))
    expect(outcome).toMatchObject({ _tag: 'Rejected', key: 'web' })
    expect(JSON.stringify(outcome)).toContain('Correct the server options, `ssl ca-file /missing.pem`')
    expect(await namesIn(haproxy)).toEqual([])
  })

  it('fails no request while tasks are replaced over and over, by two workers', async () => {
    const haproxy = await started({ backends: { web: dynamic } })
    const both = [worker(haproxy), worker(haproxy)]
    const containers = await Promise.all(['a', 'b', 'c', 'd'].map((name) => container(name)))
    const task = (n: number): Task => running(`task-${n}`, containers[n % containers.length]?.port ?? 0)
    let current = task(0)
    await Promise.all(both.map(({ happens }) => happens(listed(current))))
    await until(async () => expect(await answers(haproxy)).toHaveLength(1))
    const end = traffic(haproxy)
    for (let n = 1; n <= 20; n++) {
      const next = task(n)
      await Promise.all(both.map(({ happens }) => happens(changed(next), stopping(current))))
      current = next
      await until(async () =>
        expect(await namesIn(haproxy)).toEqual([String(containers[n % containers.length]?.port)]),
      )
    }
    const counts = await end()
    expect(Object.keys(counts).sort()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('accepts the example of a configuration', () => {
    const { status, stderr } = spawnSync(
      haproxyProgram ?? 'haproxy',
      ['-c', '-f', 'examples/haproxy/haproxy.cfg'],
      { encoding: 'utf8', timeout: 60_000 },
    )
    expect(stderr).not.toContain('ALERT')
    expect(status).toBe(0)
  })
})
