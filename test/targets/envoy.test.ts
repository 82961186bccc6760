import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClusterEvent, run, servicePorts, systemClock } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { webhookRoutes, webhookServer } from 'ecs-task-stream/worker'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Backend, formatAddress } from '../../src/core/desired.js'
import { envoyFiles } from '../../src/sinks/envoy/files.js'
import { envoyRest } from '../../src/sinks/envoy/rest.js'
import { backendOf, backendsArbitrary, backendsOf } from '../../src/testing/backends.js'
import { cluster } from '../support/observed-task.js'
import { desiredOf, reconciled } from '../support/served.js'
import { blueGreen } from '../support/shared-backend.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { needs } from '../tiers/needs.js'
import { container } from './container.js'
import { changed, listed, running, stopping, until } from './task-events.js'
import {
  clusterByFile,
  clusterByRest,
  discovery,
  envoyIsMissing,
  type EnvoyProcess,
  envoyProcess,
  envoyProgram,
} from './envoy-process.js'

const temporary = temporaryDirectories()
const secret = 'Bearer s3cret'

/** Both sinks over one directory and one port. */
const sinksAt = async (directory: string, port = 0) => {
  const rest = envoyRest({ secrets: [secret] })
  const server = await webhookServer({
    listen: { host: '127.0.0.1', port },
    routes: [webhookRoutes({ '/v3/discovery::endpoints': rest.listener })],
  })
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= server.close())
  onTestFinished(close)
  return { files: envoyFiles({ directory }), rest, port: Number(new URL(server.url).port), close }
}

/** A worker with both sinks, and what has happened to its cluster. */
const worker = async (directory: string, port?: number) => {
  const source = memorySource({ covers: [cluster] })
  const sinks = await sinksAt(directory, port)
  const running = run(
    {
      sources: [source],
      sinks: [sinks.files, sinks.rest],
      expose: servicePorts(),
      minWriteIntervalMs: 0,
    },
    { clock: systemClock, random: Math.random },
  )
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= running.stop().then(sinks.close))
  onTestFinished(stop)
  return { port: sinks.port, happens: (...events: readonly ClusterEvent[]) => source.push(...events), stop }
}

/** Both clusters lead to the backend `web`. */
const feeds = ['web', 'rest'] as const

/** Envoy refuses a bootstrap that names a file which does not exist. */
const envoyOf = async (directory: string, port: number): Promise<EnvoyProcess> => {
  await until(() => expect(existsSync(join(directory, 'web.json'))).toBe(true))
  return envoyProcess(await temporary(), [
    clusterByFile('web', join(directory, 'web.json')),
    clusterByRest('rest', 'web'),
    discovery(port, secret),
  ])
}

const answers = async (envoy: EnvoyProcess, feed: string): Promise<readonly string[]> =>
  Object.keys(await envoy.counted(`${feed}.test`, 4)).sort()

describe('a real Envoy', needs(envoyIsMissing), () => {
  it('sends requests where tasks run, by file and by REST, and follows what happens; without a task it answers 503', async () => {
    const directory = await temporary()
    const here = await worker(directory)
    const [one, two] = [await container('first'), await container('second')]
    const [first, second] = [running('a', one.port), running('b', two.port)]
    await here.happens(listed(first))
    const envoy = await envoyOf(directory, here.port)
    for (const feed of feeds) await until(async () => expect(await answers(envoy, feed)).toEqual(['first']))

    await here.happens(changed(second))
    for (const feed of feeds)
      await until(async () => expect(await answers(envoy, feed)).toEqual(['first', 'second']))

    await here.happens(stopping(first))
    for (const feed of feeds)
      await until(async () =>
        expect(await envoy.hosts(feed)).toMatchObject([{ address: `127.0.0.1:${two.port}` }]),
      )
    // The thread that answers requests hears of it after the one that is asked for hosts.
    for (const feed of feeds) await until(async () => expect(await answers(envoy, feed)).toEqual(['second']))
    const before = one.requests()
    for (const feed of feeds) expect(await envoy.counted(`${feed}.test`, 50)).toEqual({ second: 50 })
    expect(one.requests()).toBe(before)

    await here.happens(stopping(second))
    for (const feed of feeds) await until(async () => expect(await answers(envoy, feed)).toEqual(['503']))
    for (const feed of feeds) expect(await envoy.counter(feed, 'update_rejected')).toBe(0)
  })

  it('goes on while a worker is down, and while its successor does not know everything', async () => {
    const directory = await temporary()
    const before = await worker(directory)
    const [first, second] = [
      running('a', (await container('first')).port),
      running('b', (await container('second')).port),
    ]
    await before.happens(listed(first))
    const envoy = await envoyOf(directory, before.port)
    for (const feed of feeds) await until(async () => expect(await answers(envoy, feed)).toEqual(['first']))
    const file = readFileSync(join(directory, 'web.json'), 'utf8')
    await before.stop()
    expect(readFileSync(join(directory, 'web.json'), 'utf8')).toBe(file)

    const after = await worker(directory, before.port)
    // Only part of the truth: it would take `first` away.
    await after.happens(changed(second))
    await until(async () => expect(await answers(envoy, 'web')).toEqual(['first', 'second']))
    const failed = await envoy.counter('discovery', 'upstream_rq_503')
    await until(async () =>
      expect(await envoy.counter('discovery', 'upstream_rq_503')).toBeGreaterThan(failed + 3),
    )
    expect(await answers(envoy, 'rest')).toEqual(['first'])

    await after.happens(listed(second))
    for (const feed of feeds) await until(async () => expect(await answers(envoy, feed)).toEqual(['second']))
  })

  it('has their zones and weights, and balances by them', async () => {
    const directory = await temporary()
    const { files, rest, port } = await sinksAt(directory)
    const [blue, green] = [await container('blue'), await container('green')]
    const place = (port: number) => ({ host: '127.0.0.1', port })
    const backend = blueGreen('web', {
      blue: [place(blue.port)],
      green: [place(green.port)],
      percent: 25,
    })
    const zoned: Backend = {
      ...backend,
      endpoints: backend.endpoints.map((endpoint) => ({
        ...endpoint,
        zone: endpoint.port === blue.port ? 'eu-west-1a' : 'eu-west-1b',
      })),
    }
    for (const sink of [files, rest]) await reconciled(sink, backendsOf([zoned]))
    rest.synced?.(desiredOf())
    const envoy = await envoyOf(directory, port)
    for (const feed of feeds) {
      await until(async () =>
        expect(await envoy.hosts(feed)).toEqual(
          [
            { address: `127.0.0.1:${blue.port}`, zone: 'eu-west-1a', weight: 3 },
            { address: `127.0.0.1:${green.port}`, zone: 'eu-west-1b', weight: 1 },
          ].sort((a, b) => (a.address < b.address ? -1 : 1)),
        ),
      )
      const counts = await envoy.counted(`${feed}.test`, 200)
      expect(Math.abs((counts['blue'] ?? 0) - 150)).toBeLessThan(10)
    }
  })

  it('takes whatever backends there are, and has exactly their endpoints', async () => {
    const directory = await temporary()
    const { files, rest, port } = await sinksAt(directory)
    const names = ['web', 'api', 'mail', 'shop-2', 'a.b_c']
    const reconcile = async (backends: ReturnType<typeof backendsOf>): Promise<void> => {
      for (const sink of [files, rest]) await reconciled(sink, backends)
      rest.synced?.(desiredOf(backends))
    }
    await reconcile(backendsOf(names.map((name) => backendOf(name, []))))
    const envoy = await envoyProcess(await temporary(), [
      ...names.map((name) => clusterByFile(name, join(directory, `${name}.json`))),
      ...names.map((name) => clusterByRest(`rest-${name}`, name)),
      discovery(port, secret),
    ])
    await fc.assert(
      fc.asyncProperty(backendsArbitrary({ complete: true }), async (backends) => {
        await reconcile(backends)
        for (const name of names) {
          const expected = [...new Set(backends.get(name)?.endpoints.map(formatAddress))].sort()
          for (const found of [name, `rest-${name}`])
            await until(async () =>
              expect((await envoy.hosts(found)).map(({ address }) => address)).toEqual(expected),
            )
        }
      }),
      { numRuns: 20 },
    )
    for (const name of names)
      for (const found of [name, `rest-${name}`])
        expect(await envoy.counter(found, 'update_rejected'), found).toBe(0)
  })

  it('lets go of a task at once with active checks, if it ignores health on host removal', async () => {
    const directory = await temporary()
    const { files } = await sinksAt(directory)
    const [one, two] = [await container('first'), await container('second')]
    const backend = (...ports: readonly number[]) =>
      backendsOf([
        backendOf(
          'web',
          ports.map((port) => ({ host: '127.0.0.1', port })),
        ),
      ])
    await reconciled(files, backend(one.port, two.port))
    const checks = {
      health_checks: [
        {
          timeout: '1s',
          interval: '0.1s',
          healthy_threshold: 1,
          unhealthy_threshold: 2,
          http_health_check: { path: '/' },
        },
      ],
    }
    const path = join(directory, 'web.json')
    const envoy = await envoyProcess(await temporary(), [
      clusterByFile('web', path, { ...checks, ignore_health_on_host_removal: true }),
      clusterByFile('keeps', path, {
        ...checks,
        eds_cluster_config: {
          service_name: 'web',
          eds_config: { resource_api_version: 'V3', path_config_source: { path } },
        },
      }),
    ])
    for (const name of ['web', 'keeps'])
      await until(async () => expect(await answers(envoy, name)).toEqual(['first', 'second']))
    const updates = await envoy.counter('keeps', 'update_success')
    await reconciled(files, backend(two.port))
    await until(async () => expect(await envoy.hosts('web')).toHaveLength(1))
    await until(async () => expect(await envoy.counter('keeps', 'update_success')).toBeGreaterThan(updates))
    // It still answers its checks, so that this one keeps it: the reason for the option.
    expect(await envoy.hosts('keeps')).toHaveLength(2)
  })

  it('accepts the example of a bootstrap', () => {
    const { status, stdout, stderr } = spawnSync(
      envoyProgram ?? 'envoy',
      ['--mode', 'validate', '--config-path', 'examples/envoy/bootstrap.yaml', '--disable-hot-restart'],
      { encoding: 'utf8', timeout: 60_000 },
    )
    expect(`${stdout}${stderr}`).toContain('configuration')
    expect(status).toBe(0)
  })
})
