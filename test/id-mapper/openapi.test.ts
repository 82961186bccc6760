import { Ajv2020 } from 'ajv/dist/2020.js'
import Fastify, { type FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { BehaviorSubject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { reduce } from '../../src/core/reduce.js'
import type { Container, Task } from '../../src/core/task.js'
import { idMapper, type IdMapperOptions } from '../../src/id-mapper/index.js'
import { statusRoutes } from '../../src/worker/server/status-routes.js'
import { virtualClock } from '../support/virtual-clock.js'

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging'
const instance = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/i1'
const definition = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:3'

const container = (name: string, runtimeId: string | undefined, hostPort?: number): Container => ({
  name,
  arn: `arn:aws:ecs:eu-west-1:123456789012:container/${name}`,
  version: 1,
  lastStatus: 'RUNNING',
  runtimeId,
  bindingsVersion: hostPort === undefined ? -1 : 1,
  bindings: hostPort === undefined ? [] : [{ containerPort: 80, hostPort, protocol: 'tcp', count: 1 }],
})

const task = (id: string, changes: Partial<Task>): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: {
    arn: `arn:aws:ecs:eu-west-1:123456789012:task/staging/${id}`,
    cluster,
    group: 'service:web',
    definition,
    instance,
    launchType: 'EC2',
    capacityProvider: undefined,
    zone: undefined,
    startedBy: undefined,
    createdAt: undefined,
    version: 1,
    at: 1_000,
    lastStatus: 'RUNNING',
    desiredStatus: 'RUNNING',
    interface: undefined,
    containers: [],
    health: { at: 1, status: 'HEALTHY' },
    ...changes,
  },
})

/** A task of each kind: known as well as can be, of several containers, and of which hardly anything is known. */
const events: readonly ClusterEvent[] = [
  { _tag: 'TasksListed', cluster, at: 1_000, tasks: [] },
  {
    _tag: 'DefinitionDescribed',
    definition: {
      arn: definition,
      networkMode: 'bridge',
      containers: [{ name: 'web', image: 'web:3', ports: [], labels: {}, environment: {} }],
    },
  },
  {
    _tag: 'InstanceDescribed',
    instance,
    addresses: { ipv4: '10.0.0.1', ipv6: undefined },
    machine: { id: 'i-1', type: 'm6i.large', zone: 'eu-west-1a', hostName: 'ip-10-0-0-1' },
    at: 1,
  },
  task('aa01', { containers: [container('web', 'd1', 32_768)] }),
  task('aa02', {
    group: 'service:api',
    instance: undefined,
    launchType: 'FARGATE',
    interface: { version: 1, ipv4: '10.1.0.1', ipv6: undefined },
    containers: [container('api', 'f2-1'), container('statsd', 'f2-2')],
    health: undefined,
  }),
  task('bb03', {
    group: undefined,
    definition: undefined,
    instance: `${instance}-unknown`,
    launchType: undefined,
    lastStatus: 'PENDING',
    containers: [container('odd', undefined)],
    health: undefined,
  }),
  task('cc04', { instance: `${instance}-unknown`, containers: [container('web', 'd4')] }),
]

const state = events.reduce(reduce, emptyState)
const servers: FastifyInstance[] = []

const serving = async (known: ClusterState, more: Partial<IdMapperOptions> = {}) => {
  const routes: string[] = []
  const server = Fastify({ routerOptions: { maxParamLength: 512 } })
  server.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) if (each !== 'HEAD') routes.push(`${each} ${url}`)
  })
  servers.push(server)
  const state$ = new BehaviorSubject(known)
  server.register(statusRoutes({ readiness: () => ({ ready: true, reasons: [] }), metrics: new Registry() }))
  server.register(
    idMapper({
      worker: { state$ },
      clusters: ['staging'],
      clock: virtualClock(2_000),
      links: {
        graylogFqdn: 'logs',
        newRelicUrl: 'https://nr/{container_id}',
        newRelicServiceUrl: 'https://nr/{service_name}',
      },
      ...more,
    }),
  )
  await server.ready()
  return { server, routes, state$ }
}

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
}
interface Described {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[]
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >
}

/** Requests that bring about each answer of each operation. */
const requests: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  '/health': { 200: '/health' },
  '/ready': { 200: '/ready' },
  '/metrics': { 200: '/metrics' },
  '/openapi.json': { 200: '/openapi.json' },
  '/report/event': { 410: '/report/event' },
  '/report/map': { 410: '/report/map' },
  '/v1/tasks': { 200: '/v1/tasks', 400: '/v1/tasks?phase=dead' },
  '/v1/containers': { 200: '/v1/containers', 400: '/v1/containers?limit=1001' },
  '/v1/services': { 200: '/v1/services', 400: '/v1/services?family=web' },
  '/v1/instances': { 200: '/v1/instances?prefix=i-', 400: '/v1/instances?cursor=x' },
  '/v1/changes': { 200: '/v1/changes', 400: '/v1/changes?phase=running' },
  '/query/service/{cluster}/{service}/_all': {
    200: '/query/service/staging/api/_all',
    414: `/query/service/staging/${'a'.repeat(513)}/_all`,
    404: '/query/service/staging/none/_all',
  },
  '/query/service/{cluster}/{service}/newrelic': {
    200: '/query/service/staging/api/newrelic',
    302: '/query/service/staging/api/newrelic?redir=true',
    400: '/query/service/staging/api/newrelic?redir=truthful',
    404: '/query/service/staging/none/newrelic',
    414: `/query/service/${'a'.repeat(513)}/api/newrelic`,
  },
  '/query/events/{task_name}': {
    200: '/query/events/web',
    404: '/query/events/none',
    414: `/query/events/${'a'.repeat(513)}`,
  },
}

describe('the OpenAPI document', () => {
  let document: Document
  let server: FastifyInstance
  let routes: readonly string[]
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })

  beforeAll(async () => {
    const { routes: registered, ...rest } = await serving(state)
    server = rest.server
    routes = registered
    document = (await server.inject('/openapi.json')).json()
  })
  afterAll(() => Promise.all(servers.map((each) => each.close())))

  it('describes every route, and nothing else', () => {
    expect(document.openapi).toBe('3.1.0')
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    )
    expect(described.sort()).toEqual([...routes].sort())
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
    for (const [path, methods] of Object.entries(document.paths))
      for (const { parameters = [] } of Object.values(methods))
        expect(parameters.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(
          [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        )
  })

  const idRequests = (path: string): Readonly<Record<number, string>> => {
    const [, side = '', suffix = ''] = /^\/query\/(\w+)\/\{id\}(.*)$/.exec(path) ?? []
    const of = (id: string): string => `/query/${side}/${id}${suffix}`
    const [one, several, waits] = side === 'task_id' ? ['aa01', 'aa', 'cc04'] : ['d1', 'd', 'd4']
    const isLink = ['/cadvisor', '/graylog', '/newrelic'].includes(suffix)
    return {
      200: of(one),
      300: of(several),
      404: of('zz'),
      414: of('a'.repeat(513)),
      ...(isLink ? { 302: `${of(one)}?redir=true`, 400: `${of(one)}?redir=truthful` } : {}),
      ...(side === 'task_id' ? { 400: `${of(one)}?container=` } : {}),
      ...(suffix === '/cadvisor' ? { 503: of(waits) } : {}),
    }
  }

  it('describes every answer: real ones are as they should be', async () => {
    let checked = 0
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, { responses }] of Object.entries(methods)) {
        const wanted = path.includes('{id}') ? idRequests(path) : requests[path]
        // Those that do not depend on what is asked are for the next law.
        const described = Object.keys(responses).filter((status) => status !== '503')
        expect(
          Object.keys(wanted ?? {}).filter((status) => status !== '503'),
          path,
        ).toEqual(described)
        for (const [status, url] of Object.entries(wanted ?? {})) {
          if (path === '/v1/changes' && status === '200') continue
          const answer = await server.inject({ method: method.toUpperCase() as 'GET', url })
          expect(`${url} ${answer.statusCode}`).toBe(`${url} ${status}`)
          const { content } = responses[status] ?? {}
          if (content === undefined) {
            if (status === '302') expect(answer.headers.location).toMatch(/^https?:/)
            else expect(status).toBe('414')
            continue
          }
          const [type, { schema }] = Object.entries(content)[0]!
          expect(String(answer.headers['content-type'])).toContain(type)
          const body: unknown = type === 'application/json' ? answer.json() : answer.body
          const validate = ajv.compile(schema)
          validate(body)
          expect(validate.errors, `${url}: ${JSON.stringify(body)}`).toBeNull()
          checked++
        }
      }
    expect(checked).toBeGreaterThan(50)
  })

  it('describes what is answered before everything is known, and who may not ask', async () => {
    const early = await serving(emptyState, { secrets: ['secret'] })
    const described: Document = (
      await early.server.inject({ url: '/openapi.json', headers: { 'x-api-key': 'secret' } })
    ).json()
    for (const [path, methods] of Object.entries(described.paths))
      for (const [method, { responses }] of Object.entries(methods)) {
        const url = path.replace(/\{\w+\}/g, 'x')
        for (const [headers, status] of [
          [{}, '401'],
          [{ 'x-api-key': 'secret' }, '503'],
        ] as const) {
          if (path === '/ready' || responses[status] === undefined) continue
          const answer = await early.server.inject({ method: method.toUpperCase() as 'GET', url, headers })
          expect(`${url} ${answer.statusCode}`).toBe(`${url} ${status}`)
          const [type = ''] = Object.keys(responses[status].content ?? {})
          expect(String(answer.headers['content-type'])).toContain(type)
        }
      }
    expect((await early.server.inject('/v1/tasks')).statusCode).toBe(401)
    expect((await early.server.inject('/health')).statusCode).toBe(200)
  })

  it('is of a server that says what there is not only once it knows', async () => {
    const { server: watching, state$ } = await serving(emptyState)
    const status = async () => (await watching.inject('/query/task_id/aa01')).statusCode
    expect(await status()).toBe(503)
    state$.next(state)
    expect(await status()).toBe(200)
    expect((await watching.inject('/query/task_id/zz')).statusCode).toBe(404)
  })
})
