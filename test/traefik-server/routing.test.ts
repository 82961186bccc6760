import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  type ClusterEvent,
  type Policy,
  run,
  servicePorts,
  systemClock,
  type Task,
  type TaskDefinition,
} from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { webhookRoutes, webhookServer } from 'ecs-task-stream/worker'
import fc from 'fast-check'
import { expect, it, onTestFinished, vi } from 'vitest'
import { traefikLabels } from '../../src/sinks/traefik/labels/traefik-labels.js'
import { traefikFile } from '../../src/sinks/traefik/file/index.js'
import { traefikHttp } from '../../src/sinks/traefik/http/index.js'
import { backendsArbitrary } from '../../src/testing/backends.js'
import { formatAddress } from '../../src/core/desired.js'
import { cluster, observed } from '../support/observed-task.js'
import { desiredOf, reconciled, served } from '../support/served.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { traefikProcess } from './traefik-process.js'

const temporary = temporaryDirectories()
const secret = 'Bearer s3cret'

/** Traefik asks five times a second, and rests between two configurations. */
const until = <A>(check: () => A | Promise<A>): Promise<A> =>
  vi.waitFor(check, { timeout: 20_000, interval: 20 })

/** A task's container: a server that says who it is. */
const container = async (name: string): Promise<number> => {
  const server = createServer((request, response) => response.end(`${name} ${request.url ?? ''}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return (server.address() as AddressInfo).port
}

/** A worker with a sink for each provider, and what has happened to its cluster. */
const worker = async (
  expose: Policy,
  { file, port = 0 }: { readonly file?: string; readonly port?: number },
) => {
  const source = memorySource({ covers: [cluster] })
  const http = traefikHttp({ secrets: [secret] })
  const running = run(
    {
      sources: [source],
      sinks: [http, ...(file === undefined ? [] : [traefikFile({ path: file })])],
      expose,
      minWriteIntervalMs: 0,
    },
    { clock: systemClock, random: Math.random },
  )
  const server = await webhookServer({
    listen: { host: '127.0.0.1', port },
    routes: [webhookRoutes({ '/traefik': http.listener })],
  })
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= running.stop().then(() => server.close()))
  onTestFinished(stop)
  return {
    url: server.url,
    happens: (...events: readonly ClusterEvent[]) => source.push(...events),
    stop,
  }
}

const polling = (url: string): readonly string[] => [
  `--providers.http.endpoint=${url}/traefik`,
  '--providers.http.pollInterval=200ms',
  `--providers.http.headers.Authorization=${secret}`,
]
const watching = (directory: string): readonly string[] => [
  `--providers.file.directory=${directory}`,
  '--providers.file.watch=true',
]

const running = (id: string, port: number, more: Partial<Task> = {}): Task => ({
  ...observed({ id, port, host: '127.0.0.1', at: Date.now() }),
  ...more,
})
const stopping = (task: Task): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: { ...task, version: task.version + 1, at: task.at + 1, desiredStatus: 'STOPPED' },
})
const changed = (task: Task): ClusterEvent => ({ _tag: 'TaskChanged', task })
const listed = (...tasks: readonly Task[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: Date.now(),
  tasks,
})

const routers = (provider: string): string => `http:
  routers:
    by-hand-${provider}:
      rule: Host(\`${provider}.test\`)
      service: web@${provider}
`

it('requests go to the services of both providers, and follow what happens; without a task they are answered 503', async () => {
  const directory = await temporary()
  await writeFile(join(directory, 'http.yml'), routers('http'))
  await writeFile(join(directory, 'file.yml'), routers('file'))
  const here = await worker(servicePorts(), { file: join(directory, 'ecs.yml') })
  const traefik = await traefikProcess(...polling(here.url), ...watching(directory))

  const [first, second] = [running('a', await container('first')), running('b', await container('second'))]
  await here.happens(listed(first))
  const answers = async (provider: string, count = 4): Promise<readonly string[]> => {
    const found = await Promise.all(
      Array.from({ length: count }, () => traefik.routed(`${provider}.test`, '/x')),
    )
    return [...new Set(found.map(({ status, body }) => `${status} ${status === 200 ? body : ''}`))].sort()
  }
  for (const provider of ['http', 'file'])
    await until(async () => expect(await answers(provider)).toEqual(['200 first /x']))

  await here.happens(changed(second))
  for (const provider of ['http', 'file'])
    await until(async () => expect(await answers(provider)).toEqual(['200 first /x', '200 second /x']))

  await here.happens(stopping(first))
  for (const provider of ['http', 'file'])
    await until(async () => expect(await answers(provider)).toEqual(['200 second /x']))

  await here.happens(stopping(second))
  for (const provider of ['http', 'file'])
    await until(async () => expect(await answers(provider)).toEqual(['503 ']))
})

it('routers, middlewares and services of labels are served; a deployment that changes them drops no request', async () => {
  const directory = await temporary()
  const here = await worker(traefikLabels(), { file: join(directory, 'ecs.yml') })
  const traefik = await traefikProcess(...polling(here.url), ...watching(directory))
  const definition = (revision: number, prefix: string): TaskDefinition => ({
    arn: `arn:aws:ecs:eu-west-1:123456789012:task-definition/web:${revision}`,
    networkMode: 'bridge',
    containers: [
      {
        name: 'web',
        image: 'web',
        ports: [],
        environment: {},
        labels: {
          'traefik.http.routers.web.rule':
            'Host(`labels.test`) && PathRegexp(`^/[a-z]{{1,9}}`) || Host(`labels.test`)',
          'traefik.http.routers.web.middlewares': 'prefixed',
          'traefik.http.middlewares.prefixed.addprefix.prefix': prefix,
          'traefik.http.services.web.loadbalancer.server.port': '80',
        },
      },
    ],
  })
  const [old, next] = [definition(1, '/old'), definition(2, '/new')]
  const first = running('a', await container('first'), { definition: old.arn })
  const second = running('b', await container('second'), { definition: next.arn })

  await here.happens(listed(first), { _tag: 'DefinitionDescribed', definition: old })
  await until(async () =>
    expect(await traefik.routed('labels.test')).toEqual({ status: 200, body: 'first /old/' }),
  )
  // Of each provider by itself: one shadows the other's router.
  const configured = async (provider: string) => {
    const { routers, services, middlewares } = await traefik.configuration()
    return [
      routers?.[`web@${provider}`],
      services?.[`web@${provider}`],
      middlewares?.[`prefixed@${provider}`],
    ] as readonly { readonly status?: string; readonly addPrefix?: object; readonly loadBalancer?: object }[]
  }
  for (const provider of ['http', 'file'])
    await until(async () =>
      expect(await configured(provider)).toMatchObject([
        { status: 'enabled' },
        {
          status: 'enabled',
          loadBalancer: {
            servers: [{ url: `http://127.0.0.1:${first.containers[0]!.bindings[0]!.hostPort}` }],
          },
        },
        { status: 'enabled', addPrefix: { prefix: '/old' } },
      ]),
    )

  // Both at once, with different labels: Traefik's own provider would drop router and service.
  const statuses = new Set<number>()
  const deployed = new AbortController()
  const client = (async () => {
    while (!deployed.signal.aborted) statuses.add((await traefik.routed('labels.test')).status)
  })()
  await here.happens(changed(second), { _tag: 'DefinitionDescribed', definition: next })
  await until(async () => {
    const bodies = new Set(
      (await Promise.all(Array.from({ length: 4 }, () => traefik.routed('labels.test')))).map(
        ({ body }) => body,
      ),
    )
    expect([...bodies].sort()).toEqual(['first /new/', 'second /new/'])
  })
  await here.happens(stopping(first))
  await until(async () => {
    for (let n = 0; n < 4; n++) expect((await traefik.routed('labels.test')).body).toBe('second /new/')
  })
  deployed.abort()
  await client
  expect([...statuses]).toEqual([200])

  // The last task takes its labels with it: here its router stays, and says 503 rather than 404.
  await here.happens(stopping(second))
  await until(async () => expect((await traefik.routed('labels.test')).status).toBe(503))
  // Before the first snapshot it was told 503, which is what it calls an error.
  expect(traefik.errors().filter((line) => !line.includes('response code: 503'))).toEqual([])
})

it('while a worker is down, and while its successor does not know everything, requests go where they went', async () => {
  const directory = await temporary()
  await writeFile(join(directory, 'http.yml'), routers('http'))
  const before = await worker(servicePorts(), {})
  const traefik = await traefikProcess(...polling(before.url), ...watching(directory))
  const [first, second] = [running('a', await container('first')), running('b', await container('second'))]
  await before.happens(listed(first))
  await until(async () => expect((await traefik.routed('http.test')).body).toBe('first /'))
  await before.stop()

  let polls = 0
  const after = await worker(servicePorts(), { port: Number(new URL(before.url).port) })
  // Only part of the truth: it would take `first` away.
  await after.happens(changed(second))
  await until(async () => {
    const answer = await fetch(`${after.url}/traefik`, { headers: { authorization: secret } })
    expect(answer.status).toBe(503)
    expect((await traefik.routed('http.test')).body).toBe('first /')
    expect(++polls).toBeGreaterThan(20)
  })
  await after.happens(listed(second))
  await until(async () => expect((await traefik.routed('http.test')).body).toBe('second /'))
})

it('whatever backends there are, Traefik takes the document and has exactly their servers', async () => {
  const here = await served(traefikHttp({ prune: 'delete' }))
  onTestFinished(here.close)
  const traefik = await traefikProcess(
    `--providers.http.endpoint=${here.url}`,
    '--providers.http.pollInterval=50ms',
  )
  await fc.assert(
    fc.asyncProperty(backendsArbitrary({ complete: true }), async (backends) => {
      await reconciled(here.sink, backends)
      here.sink.synced?.(desiredOf(backends))
      const expected = Object.fromEntries(
        [...backends].map(([name, { endpoints }]) => [
          `${name}@http`,
          [...new Set(endpoints.map((endpoint) => `http://${formatAddress(endpoint)}`))].sort(),
        ]),
      )
      await until(async () => {
        const { services = {} } = (await traefik.configuration()) as {
          services?: Record<string, { loadBalancer?: { servers?: { url: string }[] } }>
        }
        const found = Object.entries(services)
          .filter(([name]) => name.endsWith('@http'))
          .map(([name, { loadBalancer }]) => [
            name,
            (loadBalancer?.servers ?? []).map(({ url }) => url).sort(),
          ])
        expect(Object.fromEntries(found)).toEqual(expected)
      })
    }),
    { numRuns: 25 },
  )
  expect(traefik.errors()).toEqual([])
})
