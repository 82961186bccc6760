import { describe, expect, it, onTestFinished } from 'vitest'
import { caddy, type CaddyUpstreams } from '../../src/sinks/caddy/index.js'
import { isJsonObject, type Json } from '../../src/shared/codec/json.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { type EmbeddedCaddy, embeddedCaddy } from '../../sim/caddy/embedded-caddy.js'
import { adminApiBehaviour } from '../support/caddy-admin-behaviour.js'
import { caddyConfig, caddyHarness, type CaddyTarget, handlersOf } from '../support/caddy-target.js'
import { desiredOf, reconciled } from '../support/served.js'
import { blueGreen } from '../support/shared-backend.js'
import { contractRuns } from '../laws/runs.js'

const { signal } = new AbortController()
const at = (last: number) => ({ host: `10.0.0.${last}`, port: 80 })
const backend = (name: string, ...lasts: readonly number[]) => backendOf(name, lasts.map(at))

/** The backend `web` with weights of a policy. */
const weighing = (...weights: readonly number[]) => {
  const web = backend('web', ...weights.keys())
  return { ...web, endpoints: web.endpoints.map((endpoint, i) => ({ ...endpoint, weight: weights[i] })) }
}

const targetOf = ({ url, config, load }: EmbeddedCaddy): CaddyTarget => ({
  url,
  config: () => Promise.resolve(config()),
  load: (next) => {
    load(next)
    return Promise.resolve()
  },
})

const started = async (config: Json = caddyConfig()): Promise<EmbeddedCaddy> => {
  const server = await embeddedCaddy(config)
  onTestFinished(server.close)
  return server
}

const dialsIn = (config: Json, id: string): readonly string[] | undefined => {
  const upstreams = handlersOf(config).get(id)?.['upstreams']
  return Array.isArray(upstreams)
    ? upstreams.map((upstream: { readonly dial: string }) => upstream.dial)
    : undefined
}

const harness = async (): Promise<SinkHarness<CaddyUpstreams>> => {
  const server = await embeddedCaddy()
  return caddyHarness(targetOf(server), {
    failOn: (key) => {
      const before = JSON.stringify(handlersOf(server.config()).get(`ecs:${key}`))
      server.refuse((config) => JSON.stringify(handlersOf(config).get(`ecs:${key}`)) !== before)
    },
    dispose: server.close,
  })
}

sinkContract('caddy', harness, { runs: contractRuns(30) })

adminApiBehaviour('the embedded Caddy', async () => targetOf(await started({})))

describe('the upstreams of handlers', () => {
  it('are those of the backend that the @id names, wherever the handler is, and nothing else is changed', async () => {
    const base = caddyConfig(['web', 'shop/api'], { pki: {} }, { headers: { request: {} } })
    const server = await started(base)
    const sink = caddy({ url: server.url })
    await reconciled(sink, backendsOf([backend('web', 1, 2), backend('shop/api', 3), backend('mail', 4)]))
    expect(dialsIn(server.config(), 'ecs:web')).toEqual(['10.0.0.1:80', '10.0.0.2:80'])
    expect(dialsIn(server.config(), 'ecs:shop%2Fapi')).toEqual(['10.0.0.3:80'])
    const cleared = JSON.parse(
      JSON.stringify(server.config(), (key: string, value: unknown) =>
        key === 'upstreams' || key === 'load_balancing' ? undefined : value,
      ),
    ) as unknown
    expect(cleared).toEqual(base)
  })

  it('change in one write, however many backends changed', async () => {
    const server = await started()
    const sink = caddy({ url: server.url })
    await reconciled(sink, backendsOf(['web', 'api', 'mail'].map((name) => backend(name, 1))))
    expect(server.loads()).toBe(1)
    await reconciled(sink, backendsOf(['web', 'api', 'mail'].map((name) => backend(name, 1))))
    expect(server.loads()).toBe(1)
  })

  it('are none for a backend that has no tasks, or that is gone', async () => {
    const server = await started()
    const sink = caddy({ url: server.url })
    await reconciled(sink, backendsOf([backend('web', 1), backend('api', 2), backend('mail')]))
    await reconciled(sink, backendsOf([backend('web'), backend('mail')]))
    for (const name of ['web', 'api', 'mail']) expect(dialsIn(server.config(), `ecs:${name}`)).toEqual([])
    expect(dialsIn(server.config(), 'ecs:shop-2')).toBeUndefined()
  })

  it('have the weights of a deployment while it lasts, or of the policy', async () => {
    const server = await started()
    const sink = caddy({ url: server.url })
    const policy = () => {
      const balancing = handlersOf(server.config()).get('ecs:web')?.['load_balancing']
      return isJsonObject(balancing) ? balancing['selection_policy'] : undefined
    }
    await reconciled(sink, backendsOf([blueGreen('web', { blue: [at(1)], green: [at(2)], percent: 25 })]))
    expect(dialsIn(server.config(), 'ecs:web')).toEqual(['10.0.0.1:80', '10.0.0.2:80'])
    expect(policy()).toEqual({ policy: 'weighted_round_robin', weights: [3, 1] })
    await reconciled(sink, backendsOf([weighing(5, 0)]))
    expect(policy()).toEqual({ policy: 'weighted_round_robin', weights: [5, 0] })
    await reconciled(sink, backendsOf([weighing(0, 0)]))
    expect(dialsIn(server.config(), 'ecs:web')).toHaveLength(2)
    expect(policy()).toBeUndefined()
    await reconciled(sink, backendsOf([backend('web', 2)]))
    expect(policy()).toBeUndefined()
  })

  it('without a part of the requests are left out where the user has a policy of his own, which stays', async () => {
    const load_balancing = { selection_policy: { policy: 'cookie', name: 'lb' }, retries: 2 }
    const server = await started(caddyConfig(['web'], {}, { load_balancing }))
    const sink = caddy({ url: server.url })
    await reconciled(sink, backendsOf([weighing(5, 0)]))
    expect(dialsIn(server.config(), 'ecs:web')).toEqual(['10.0.0.0:80'])
    expect(handlersOf(server.config()).get('ecs:web')?.['load_balancing']).toMatchObject(load_balancing)
  })
})

describe('other writers', () => {
  it('that change something else at the same time lose nothing, and cost no conflict', async () => {
    const server = await started(caddyConfig(['web', 'api']))
    const sink = caddy({ url: server.url })
    let others = 0
    server.before(() => {
      if (++others < 4) server.load({ ...caddyConfig(['web', 'api']), logging: { logs: {} }, others })
      if (others === 1) server.load({ ...caddyConfig(['api', 'web']), others })
    })
    const outcomes = await reconciled(sink, backendsOf([backend('web', 1), backend('api', 2)]))
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(['Done', 'Done'])
    expect(dialsIn(server.config(), 'ecs:web')).toEqual(['10.0.0.1:80'])
    expect(server.config()).toMatchObject({ others: 3 })
  })

  it('that never stop are reported', async () => {
    const server = await started()
    let others = 0
    server.before(() => {
      const { apps } = caddyConfig()
      server.load({
        apps: { http: { servers: { ...apps.http.servers, other: { listen: [String(others++)] } } } },
      })
    })
    const outcomes = await reconciled(caddy({ url: server.url }), backendsOf([backend('web', 1)]))
    expect(outcomes).toMatchObject([{ _tag: 'Failed', key: 'web' }])
    expect(server.loads()).toBe(0)
  })

  it('of another owner keep their handlers, and a mark that nobody of us made is respected', async () => {
    const server = await started(caddyConfig(['web', 'api'], {}, { upstreams: [] }))
    const theirs = caddy({ url: server.url })
    await reconciled(theirs, backendsOf([backend('web', 9)]), true, 'ecs-task-stream/other')
    const before = server.config()
    await reconciled(theirs, backendsOf([backend('web', 1)]))
    expect(server.config()).toEqual(before)
    expect(await theirs.read(signal)).toMatchObject([
      { key: 'web', owner: 'ecs-task-stream/other' },
      { key: 'api', owner: undefined },
    ])
    server.load(caddyConfig(['web'], {}, { load_balancing: { '@id': 'mine' } }))
    await reconciled(theirs, backendsOf([backend('web', 1)]))
    expect(dialsIn(server.config(), 'ecs:web')).toBeUndefined()
  })
})

describe('a connection that Caddy closes, as it does with each change by anybody', () => {
  it('is made again to read, and not for ever', async () => {
    const server = await started()
    const sink = caddy({ url: server.url })
    server.cut(3)
    expect(await sink.read(signal)).toHaveLength(5)
    server.cut(4)
    await expect(sink.read(signal)).rejects.toThrow('(ECONNRESET)')
  })

  it('leaves a write that is found again, and made once', async () => {
    const server = await started()
    const sink = caddy({ url: server.url })
    server.before(() => {
      server.cut(1)
    })
    const outcomes = await reconciled(sink, backendsOf([backend('web', 1), backend('api', 2)]))
    expect(outcomes.map(({ _tag }) => _tag)).toEqual(['Done', 'Done'])
    expect(server.loads()).toBe(1)
  })
})

it('a configuration that Caddy refuses whatever is written costs a bounded number of writes', async () => {
  const names = Array.from({ length: 100 }, (_, i) => `service-${i}`)
  const server = await started(caddyConfig(names))
  let writes = 0
  server.before(() => {
    writes++
  })
  server.refuse(() => true)
  const outcomes = await reconciled(
    caddy({ url: server.url }),
    backendsOf(names.map((name) => backend(name, 1))),
  )
  expect(outcomes).toHaveLength(100)
  expect(outcomes.every(({ _tag }) => _tag === 'Failed')).toBe(true)
  expect(outcomes[0]).toMatchObject({
    error: { message: expect.stringContaining('loading new config') as string },
  })
  expect(writes).toBeLessThanOrEqual(16)
})

describe('a Caddy that lost its configuration', () => {
  it('gets the upstreams again, if its handlers are there', async () => {
    const server = await started()
    const sink = caddy({ url: server.url })
    await reconciled(sink, backendsOf([backend('web', 1)]))
    server.load(caddyConfig())
    await reconciled(sink, backendsOf([backend('web', 1)]))
    expect(dialsIn(server.config(), 'ecs:web')).toEqual(['10.0.0.1:80'])
  })

  it.each([{}, { apps: {} }, { apps: { http: {} } }, { apps: { http: { servers: {} } } }])(
    'is reported with what to do, if they are not: %j',
    async (config) => {
      const server = await started(config)
      const sink = caddy({ url: server.url })
      expect(await reconciled(sink, backendsOf([backend('web', 1)]))).toEqual([])
      expect(sink.warnings?.()).toEqual([
        'Caddy has no reverse_proxy handler whose @id begins with "ecs:", so nothing is routed: add one for each backend, such as {"@id":"ecs:web","handler":"reverse_proxy"}. If it had them, it was started without --resume, or another configuration was loaded',
      ])
    },
  )
})

describe('it warns', () => {
  const warnings = async (config: Json, ...names: readonly string[]): Promise<readonly string[]> => {
    const sink = caddy({ url: (await started(config)).url })
    await sink.read(signal)
    sink.synced?.(desiredOf(backendsOf(names.map((name) => backend(name, 1)))))
    return sink.warnings?.() ?? []
  }

  it('of backends without a handler, and handlers without a backend', async () => {
    expect(await warnings(caddyConfig(['web', 'wbe']), 'web', 'shop/api', 'half \ud83d')).toEqual([
      'backends without a handler in Caddy, which get no requests from it: half \ud83d, shop/api. Give a reverse_proxy handler the @id "ecs:half%20%EF%BF%BD", or expose only what Caddy routes to',
      'handlers in Caddy for which there is no backend, and which answer 503: wbe. Correct the @id, or remove the route',
    ])
    expect(await warnings(caddyConfig(['web']), 'web')).toEqual([])
  })

  it('of handlers that cannot be used', async () => {
    expect(
      await warnings(caddyConfig(['web', 'web'], {}, { dynamic_upstreams: { source: 'a' } }), 'web'),
    ).toEqual([
      'the handler with the @id "ecs:web" has dynamic_upstreams, which Caddy uses instead of upstreams: remove them',
      'several handlers are for the backend web, and all but the first get nothing: use one in a named route, and invoke it',
    ])
    const other = { '@id': 'ecs:api', handler: 'static_response' }
    const config = { apps: { http: { servers: { a: { routes: [{ handle: [other] }] } } } } }
    expect((await warnings(config, 'api'))[0]).toBe(
      'the handler with the @id "ecs:api" is no reverse_proxy: give the @id to one',
    )
  })
})

describe('Caddy’s admin API', () => {
  it('that is not there is named, with what to do', async () => {
    const server = await embeddedCaddy()
    await server.close()
    await expect(caddy({ url: server.url }).read(signal)).rejects.toThrow(
      `no answer from Caddy's admin API at ${server.url} (ECONNREFUSED): check that Caddy runs, and listens there (admin.listen)`,
    )
    await expect(caddy({ url: 'unix:/nowhere/admin.sock' }).read(signal)).rejects.toThrow(
      `no answer from Caddy's admin API at unix:/nowhere/admin.sock (ENOENT)`,
    )
  })

  it.each([
    ['url', { url: 'https://caddy:2019' }, 'caddy: url: expected a URL such as http://localhost:2019'],
    ['url', { url: 'http://user:secret@caddy' }, 'got one with a user or password for caddy'],
    ['url', { url: 'http://caddy/config' }, 'caddy: url'],
    ['url', { url: 'unix:admin.sock' }, 'got "unix:admin.sock"'],
    ['url', { url: '' }, 'caddy: url'],
    ['idPrefix', { idPrefix: '' }, 'caddy: idPrefix: expected'],
    ['idPrefix', { idPrefix: 'a/' }, 'got "a/"'],
    ['idPrefix', { idPrefix: 'owner:' }, 'got "owner:"'],
  ])('is given by options that are checked: %s %j', (_, options, message) => {
    expect(() => caddy(options)).toThrow(message)
  })
})
