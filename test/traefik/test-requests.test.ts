import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/core/desired.js'
import type { Exposure } from '../../src/core/policy.js'
import type { ContainerDefinition, TaskDefinition } from '../../src/core/task-definition.js'
import { plan } from '../../src/core/plan.js'
import { traefikElements } from '../../src/sinks/traefik/elements/traefik-elements.js'
import { decodeLabels } from '../../src/sinks/traefik/grammar/decode-labels.js'
import type { Element, ElementKey } from '../../src/sinks/traefik/grammar/element.js'
import { traefikLabels } from '../../src/sinks/traefik/labels/traefik-labels.js'
import { backendsOf } from '../../src/testing/backends.js'
import { observed } from '../support/observed-task.js'
import { blueGreen, sharedBackend } from '../support/shared-backend.js'

type Labels = Readonly<Record<string, string>>

const at = (last: number) => ({ host: `10.0.0.${last}`, port: 80 })
const rule = { 'ecs-task-stream.test.rule': 'Header(`X-Test`, `1`) || Host(`test.example`)' }

const definition = (labels: Labels): TaskDefinition => {
  const container: ContainerDefinition = {
    name: 'app',
    image: 'app',
    ports: [{ containerPort: 80, hostPort: 0, protocol: 'tcp', count: 1 }],
    environment: {},
    labels,
  }
  return {
    arn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/shop:1',
    networkMode: 'awsvpc',
    containers: [container],
  }
}

const exposed = (labels: Labels): Exposure =>
  traefikLabels().expose(observed({ id: 'a' }), definition(labels))

/** The one port that labels offer, as an endpoint has it. */
const offered = (labels: Labels) => {
  const exposure = exposed(labels)
  if (exposure._tag !== 'Ports' || exposure.ports[0] === undefined) throw new Error(JSON.stringify(exposure))
  const { backend, protocol, labels: canonical } = exposure.ports[0]
  return { backend, endpoint: { protocol, labels: canonical } }
}

const router = {
  'traefik.http.routers.shop.rule': 'Host(`a.example`) || Host(`b.example`)',
  'traefik.http.routers.shop.middlewares': 'auth',
  'traefik.http.routers.shop.tls': 'true',
  'traefik.http.middlewares.auth.basicauth.users': 'me:x',
  'traefik.http.services.shop.loadbalancer.server.scheme': 'https',
}

/** Test traffic for the new revision, and none of production's. */
const tested = (labels: Labels): readonly Backend[] => {
  const { backend, endpoint } = offered(labels)
  return [
    blueGreen(backend, { blue: [at(1)], green: [], percent: 0 }, { endpoint }),
    sharedBackend(`${backend}-test`, [{ role: 'target', percent: 100, at: [at(9)], endpoint }]),
  ]
}

const rendered = (backends: readonly Backend[], before: ReadonlyMap<ElementKey, Element> = new Map()) =>
  traefikElements({}).render(backendsOf(backends), before)

describe('a rule for test requests', () => {
  it('makes a router that narrows the router, to the service of the new revision', () => {
    const elements = rendered(tested({ ...router, ...rule }))
    expect(elements.get('http/routers/shop-test')).toEqual({
      rule: '(Host(`a.example`) || Host(`b.example`)) && (Header(`X-Test`, `1`) || Host(`test.example`))',
      service: 'shop-test',
      middlewares: ['auth'],
      tls: {},
    })
    expect(elements.get('http/services/shop-test')).toEqual({
      loadBalancer: { servers: [{ url: 'https://10.0.0.9:80' }] },
    })
    expect(elements.get('http/services/shop')).toEqual({
      loadBalancer: { servers: [{ url: 'https://10.0.0.1:80' }] },
    })
    expect([...elements.keys()].sort()).toEqual([
      'http/middlewares/auth',
      'http/routers/shop',
      'http/routers/shop-test',
      'http/services/shop',
      'http/services/shop-test',
    ])
  })

  it('has precedence over the router that it narrows, whatever priority that has', () => {
    const elements = rendered(tested({ ...router, ...rule, 'traefik.http.routers.shop.priority': '7' }))
    expect(elements.get('http/routers/shop')).toMatchObject({ priority: 7 })
    expect(elements.get('http/routers/shop-test')).toMatchObject({ priority: 8 })
  })

  it('is not needed: the service of the new revision is there, without a router', () => {
    const elements = rendered(tested(router))
    expect([...elements.keys()].filter((key) => key.includes('shop-test'))).toEqual([
      'http/services/shop-test',
    ])
    expect(elements.get('http/routers/shop')).toMatchObject({ service: 'shop' })
  })

  it('leaves production what it is, and reports no conflict with it', () => {
    const [production] = tested(router)
    const next = {
      ...router,
      'traefik.http.routers.shop.rule': 'Host(`new.example`)',
      'traefik.http.middlewares.auth.basicauth.users': 'new:x',
    }
    const [, test] = tested({ ...next, ...rule })
    const sink = traefikElements({})
    const elements = sink.render(backendsOf([production!, test!]), new Map())
    for (const [key, element] of rendered([production!])) expect(elements.get(key)).toEqual(element)
    expect(sink.conflicts()).toEqual([])
  })

  it('is gone with the test traffic, its service too, where other services stay empty', () => {
    const backends = tested({ ...router, ...rule })
    const sink = { ...traefikElements({}), adopt: false }
    const held = sink.render(backendsOf(backends), new Map())
    const wanted = sink.render(backendsOf(backends.slice(0, 1)), held)
    const rows = Array.from(held, ([key, value]) => ({ key, value, owner: 'worker', etag: undefined }))
    const { changes } = plan(sink, wanted, rows, { owner: 'worker', complete: true, pruneGuard: 'off' })
    expect(changes.map(({ _tag, key }) => [_tag, key])).toEqual([
      ['Delete', 'http/routers/shop-test'],
      ['Delete', 'http/services/shop-test'],
    ])
  })

  it('does not take a service for one of test requests because of its name', () => {
    const { endpoint } = offered({
      'traefik.http.routers.shop-test.rule': 'Host(`staging.example`)',
      'traefik.http.services.shop-test.loadbalancer.server.port': '80',
    })
    const elements = rendered([
      sharedBackend('shop-test', [{ role: 'target', percent: 100, at: [at(9)], endpoint }]),
    ])
    expect([...elements.keys()].sort()).toEqual(['http/routers/shop-test', 'http/services/shop-test'])
    expect(elements.get('http/routers/shop-test')).toMatchObject({ rule: 'Host(`staging.example`)' })
  })

  it('has no effect on TCP: the service is there', () => {
    const tcp = {
      'traefik.tcp.routers.db.rule': 'HostSNI(`*`)',
      'traefik.tcp.services.db.loadbalancer.server.port': '80',
    }
    const elements = rendered(tested(tcp))
    expect([...elements.keys()].sort()).toEqual(['tcp/routers/db', 'tcp/services/db', 'tcp/services/db-test'])
    expect(elements.get('tcp/services/db-test')).toEqual({
      loadBalancer: { servers: [{ address: '10.0.0.9:80' }] },
    })
    expect(exposed({ ...tcp, ...rule })).toMatchObject({
      refused: [expect.stringMatching(/label ecs-task-stream\.test\.rule: expected an HTTP router/)],
    })
  })

  it.each([
    [
      { 'ecs-task-stream.test.rule': ' ' },
      /ecs-task-stream\.test\.rule: expected a rule .*, got an empty text/,
    ],
    [
      { 'ecs-task-stream.test.rules': 'x' },
      /ecs-task-stream\.test\.rules: expected ecs-task-stream\.test\.rule, got/,
    ],
  ])('that is wrong is reported, and the container is offered: %o', (labels, reason) => {
    expect(exposed({ ...router, ...labels })).toMatchObject({
      _tag: 'Ports',
      ports: [{ backend: 'shop' }],
      refused: [expect.stringMatching(reason)],
    })
  })

  it('is among the labels of the port, and Traefik ignores it there', () => {
    const { endpoint } = offered({ ...router, ...rule })
    expect(endpoint.labels).toMatchObject(rule)
    const { 'ecs-task-stream.test.rule': _, ...others } = endpoint.labels ?? {}
    expect(E.isRight(decodeLabels(endpoint.labels ?? {}))).toBe(true)
    expect(decodeLabels(endpoint.labels ?? {})).toEqual(decodeLabels(others))
  })
})
