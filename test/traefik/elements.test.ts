import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import type { Backend, Endpoint } from '../../src/core/desired.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { formatDocument } from '../../src/sinks/traefik/elements/document.js'
import {
  type Element,
  sameElement,
  type ElementKey,
  emptiedElement,
} from '../../src/sinks/traefik/grammar/element.js'
import { type ElementOptions, elementRenderer } from '../../src/sinks/traefik/elements/elements.js'
import { backendOf, backendsArbitrary, backendsOf } from '../../src/testing/backends.js'
import { holds } from '../laws/holds.js'
import { readAsTraefik } from '../support/traefik-v3-rules.js'
import { completeLabelSets } from '../support/traefik-labels-arbitrary.js'

type Labels = Readonly<Record<string, string>>
type Elements = ReadonlyMap<ElementKey, Element>

const at = (last: number, port = 8080) => ({ host: `10.0.0.${last}`, port })
const arn = (revision: number, family = 'web') =>
  `arn:aws:ecs:eu-west-1:123456789012:task-definition/${family}:${revision}`

/** A backend whose endpoints are of a revision each, with the labels of that. */
const labelled = (
  name: string,
  revisions: readonly (readonly [last: number, revision: number, labels: Labels])[],
  change: Partial<Backend> & { endpoint?: Partial<Endpoint> } = {},
): Backend => {
  const { endpoint = {}, ...rest } = change
  const backend = backendOf(
    name,
    revisions.map(([last]) => at(last)),
  )
  return {
    ...backend,
    endpoints: backend.endpoints.map((one) => {
      const [, revision = 0, labels = {}] = revisions.find(([last]) => at(last).host === one.host) ?? []
      return { ...one, definition: arn(revision), labels, ...endpoint }
    }),
    ...rest,
  }
}

const render = (
  backends: readonly Backend[],
  before: Elements = new Map(),
  options: ElementOptions = {},
): Elements => elementRenderer(options).render(backendsOf(backends), before)
const rendered = (...backends: readonly Backend[]) => Object.fromEntries(render(backends))
const text = (elements: Elements): string => formatDocument({ owner: 'worker', elements })

const router = (name: string, rule: string, service: string): Labels => ({
  [`traefik.http.routers.${name}.rule`]: rule,
  [`traefik.http.routers.${name}.service`]: service,
})

const urlsIn = (element: Element | undefined): readonly string[] =>
  (
    (element as { loadBalancer?: { servers?: { url?: string; address?: string }[] } } | undefined)
      ?.loadBalancer?.servers ?? []
  ).map(({ url, address }) => url ?? address ?? '')

describe('backends without labels', () => {
  it('are HTTP services with a server for each address', () => {
    deepStrictEqual(rendered(backendOf('web', [at(2), at(1, 80), { host: 'fd00::1', port: 80 }])), {
      'http/services/web': {
        loadBalancer: {
          servers: [
            { url: 'http://10.0.0.1:80' },
            { url: 'http://10.0.0.2:8080' },
            { url: 'http://[fd00::1]:80' },
          ],
        },
      },
    })
  })

  it('are spoken to as the option says, by endpoint where it is a function', () => {
    const backend = backendOf('web', [at(1), at(2, 443)])
    const urls = (scheme: ElementOptions['scheme']) =>
      urlsIn(render([backend], new Map(), scheme === undefined ? {} : { scheme }).get('http/services/web'))
    deepStrictEqual(urls('h2c'), ['h2c://10.0.0.1:8080', 'h2c://10.0.0.2:443'])
    deepStrictEqual(
      urls(({ port }) => (port === 443 ? 'https' : 'http')),
      ['http://10.0.0.1:8080', 'https://10.0.0.2:443'],
    )
  })

  it('are TCP or UDP services where their name or their endpoints say so', () => {
    const udp = (backend: Backend): Backend => ({
      ...backend,
      endpoints: backend.endpoints.map((endpoint) => ({ ...endpoint, protocol: 'udp' })),
    })
    deepStrictEqual(
      rendered(
        backendOf('tcp/db', [at(1)]),
        udp(backendOf('udp/log', [at(1)])),
        udp(backendOf('dns', [at(1)])),
      ),
      {
        'tcp/services/db': { loadBalancer: { servers: [{ address: '10.0.0.1:8080' }] } },
        'udp/services/log': { loadBalancer: { servers: [{ address: '10.0.0.1:8080' }] } },
        'udp/services/dns': { loadBalancer: { servers: [{ address: '10.0.0.1:8080' }] } },
      },
    )
    const both = { ...backendOf('dns', [at(1), at(2)]) }
    const mixed = {
      ...both,
      endpoints: [both.endpoints[0]!, ...udp({ ...both, endpoints: both.endpoints.slice(1) }).endpoints],
    }
    deepStrictEqual(rendered(mixed), {
      'http/services/dns': { loadBalancer: { servers: [{ url: 'http://10.0.0.1:8080' }] } },
      'udp/services/dns': { loadBalancer: { servers: [{ address: '10.0.0.2:8080' }] } },
    })
  })

  it('give the weight that an endpoint has', () => {
    const backend = labelled('web', [[1, 1, {}]], { endpoint: { weight: 3, labels: undefined } })
    deepStrictEqual(rendered(backend)['http/services/web'], {
      loadBalancer: { servers: [{ url: 'http://10.0.0.1:8080', weight: 3 }] },
    })
  })

  it('have one server for an address that two tasks claim, whichever came first', () => {
    const one = backendOf('web', [at(1)])
    const [endpoint] = one.endpoints
    const other = { ...endpoint!, id: 'a-task#app:8080/tcp', weight: 7 }
    for (const endpoints of [
      [endpoint!, other],
      [other, endpoint!],
    ])
      deepStrictEqual(rendered({ ...one, endpoints }), {
        'http/services/web': { loadBalancer: { servers: [{ url: 'http://10.0.0.1:8080', weight: 7 }] } },
      })
  })

  it('keep all that a service has beside its servers; what is not a load balancer becomes one', () => {
    const before: Elements = new Map([
      [
        'http/services/web',
        { loadBalancer: { sticky: { cookie: {} }, servers: [{ url: 'http://10.0.0.9:1' }] } },
      ],
      ['http/services/api', { weighted: { services: [{ name: 'a' }] } }],
    ])
    deepStrictEqual(Object.fromEntries(render([backendOf('web', [at(1)]), backendOf('api', [])], before)), {
      'http/services/web': {
        loadBalancer: { sticky: { cookie: {} }, servers: [{ url: 'http://10.0.0.1:8080' }] },
      },
      'http/services/api': { loadBalancer: { servers: [] } },
    })
  })

  it('known to be empty stay, without servers; of which nothing is known are not there yet', () => {
    deepStrictEqual(rendered(backendOf('web', []), backendOf('api', [], { complete: false })), {
      'http/services/web': { loadBalancer: { servers: [] } },
    })
    const dns: Elements = new Map([
      ['udp/services/dns', { loadBalancer: { servers: [{ address: '10.0.0.1:53' }] } }],
    ])
    deepStrictEqual(Object.fromEntries(render([backendOf('dns', [])], dns)), {
      'udp/services/dns': { loadBalancer: { servers: [] } },
    })
  })
})

describe('an incomplete backend', () => {
  const before: Elements = new Map([
    [
      'http/services/web',
      {
        loadBalancer: {
          servers: [
            { url: 'http://10.0.0.1:8080', weight: 2 },
            { url: 'http://10.0.0.3:8080' },
            { url: 'http://10.0.0.4:8080' },
            { url: 'http://example.com/a' },
          ],
        },
      },
    ],
  ])

  it('adds its endpoints, takes away what is gone, and leaves the rest', () => {
    const backend = backendOf('web', [at(2), at(3)], { gone: [at(4)], complete: false })
    deepStrictEqual(urlsIn(render([backend], before).get('http/services/web')), [
      'http://10.0.0.1:8080',
      'http://10.0.0.2:8080',
      'http://10.0.0.3:8080',
      'http://example.com/a',
    ])
  })

  it('leaves a service as it was, to the value, when it has nothing to say', () => {
    const held = render([backendOf('web', [at(1), at(2)])])
    const after = render([backendOf('web', [at(2)], { complete: false })], held)
    strictEqual(after.get('http/services/web'), held.get('http/services/web'))
  })

  it('never takes away a server that nothing explains', () => {
    holds(
      fc.property(
        backendsArbitrary({ complete: true }),
        backendsArbitrary({ complete: false }),
        (earlier, now) => {
          const held = elementRenderer().render(earlier, new Map())
          const after = elementRenderer().render(now, held)
          for (const [name, { endpoints, gone }] of now) {
            const explained = new Set([...endpoints, ...gone].map(({ host, port }) => `${host} ${port}`))
            const unexplained = (earlier.get(name)?.endpoints ?? []).filter(
              ({ host, port }) => !explained.has(`${host} ${port}`),
            )
            const urls = new Set(urlsIn(after.get(`http/services/${name}`)))
            for (const { host, port } of [...unexplained, ...endpoints])
              ok(
                urls.has(`http://${host.includes(':') ? `[${host}]` : host}:${port}`),
                `${name}: ${host} ${port}`,
              )
            strictEqual(
              urls.size,
              new Set([...unexplained, ...endpoints].map(({ host, port }) => `${host} ${port}`)).size,
            )
          }
        },
      ),
    )
  })

  it('keeps routers that only tasks may define that are not known yet', () => {
    const held = render([
      labelled('web', [
        [1, 1, router('old', 'a', 'web')],
        [2, 2, router('new', 'b', 'web')],
      ]),
    ])
    const some = labelled('web', [[1, 1, router('old', 'a', 'web')]], { complete: false })
    deepStrictEqual([...render([some], held).keys()].sort(), [
      'http/routers/new',
      'http/routers/old',
      'http/services/web',
    ])
    const all = { ...some, complete: true }
    deepStrictEqual([...render([all], held).keys()].sort(), ['http/routers/old', 'http/services/web'])
  })
})

describe('labels of endpoints', () => {
  const old = {
    ...router('web', 'Host(`old`)', 'web'),
    'traefik.http.services.web.loadbalancer.sticky.cookie': 'true',
  }
  const changed = {
    ...router('web', 'Host(`new`)', 'web'),
    'traefik.http.services.web.loadbalancer.server.scheme': 'https',
  }

  it('of the newest task definition count, and the service keeps all its servers', () => {
    // By number: as texts, 10 comes before 9.
    const backend = labelled('web', [
      [1, 10, changed],
      [2, 9, old],
      [3, 10, changed],
    ])
    deepStrictEqual(rendered(backend), {
      'http/routers/web': { rule: 'Host(`new`)', service: 'web' },
      'http/services/web': {
        loadBalancer: {
          servers: [
            { url: 'https://10.0.0.1:8080' },
            { url: 'http://10.0.0.2:8080' },
            { url: 'https://10.0.0.3:8080' },
          ],
        },
      },
    })
  })

  it('of the newest definition count whatever order endpoints come in', () => {
    holds(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat()),
        (revisions, noise) => {
          const backend = labelled(
            'web',
            revisions.map((revision, i) => [i + 1, revision, router('web', `Host(\`${revision}\`)`, 'web')]),
          )
          const shuffled = backend.endpoints
            .map((endpoint) => ({ endpoint, rank: Number(noise.next().value) }))
            .sort((a, b) => a.rank - b.rank)
            .map(({ endpoint }) => endpoint)
          const elements = render([{ ...backend, endpoints: shuffled }])
          deepStrictEqual(elements.get('http/routers/web'), {
            rule: `Host(\`${Math.max(...revisions)}\`)`,
            service: 'web',
          })
          strictEqual(text(elements), text(render([backend])))
        },
      ),
    )
  })

  it('of different families have an order too, always the same', () => {
    const backend = labelled('web', [
      [1, 9, old],
      [2, 1, changed],
    ])
    const [first, second] = backend.endpoints
    const families = {
      ...backend,
      endpoints: [
        { ...first!, definition: arn(9, 'a') },
        { ...second!, definition: arn(1, 'b') },
      ],
    }
    deepStrictEqual(rendered(families)['http/routers/web'], { rule: 'Host(`new`)', service: 'web' })
    deepStrictEqual(
      rendered({ ...families, endpoints: families.endpoints.toReversed() })['http/routers/web'],
      { rule: 'Host(`new`)', service: 'web' },
    )
  })

  it('define TCP, UDP and TLS too', () => {
    const labels = {
      'traefik.tcp.routers.db.rule': 'HostSNI(`*`)',
      'traefik.tcp.routers.db.service': 'db',
      'traefik.tcp.services.db.loadbalancer.server.tls': 'true',
      'traefik.tcp.services.db.loadbalancer.proxyprotocol': 'true',
      'traefik.tls.stores.default.defaultgeneratedcert.resolver': 'le',
    }
    deepStrictEqual(rendered(labelled('tcp/db', [[1, 1, labels]])), {
      'tcp/routers/db': { rule: 'HostSNI(`*`)', service: 'db' },
      'tcp/services/db': {
        loadBalancer: { proxyProtocol: {}, servers: [{ address: '10.0.0.1:8080', tls: true }] },
      },
      'tls/stores/default': { defaultGeneratedCert: { resolver: 'le' } },
    })
  })

  it('may name a server elsewhere, which every task then shares', () => {
    const labels = { 'traefik.http.services.web.loadbalancer.server.url': 'http://example.com:81/x' }
    deepStrictEqual(
      urlsIn(
        render([
          labelled('web', [
            [1, 1, labels],
            [2, 1, labels],
          ]),
        ]).get('http/services/web'),
      ),
      ['http://example.com:81/x'],
    )
  })

  it('that Traefik does not have, or that are wrong, make a service and no more', () => {
    for (const labels of [{ team: 'shop' }, { 'traefik.http.routers.web.priority': 'high' }])
      deepStrictEqual([...render([labelled('web', [[1, 1, labels]])]).keys()], ['http/services/web'])
  })
})

describe('routers', () => {
  const labels = {
    ...router('web', 'a', 'web'),
    'traefik.http.routers.web.middlewares': 'all',
    'traefik.http.middlewares.all.chain.middlewares': 'auth,all',
    'traefik.http.middlewares.auth.basicauth.users': 'a:b',
    'traefik.http.middlewares.unused.addprefix.prefix': '/a',
  }
  const held = render([labelled('web', [[1, 1, labels]])])
  const routed = ['http/middlewares/all', 'http/middlewares/auth', 'http/routers/web', 'http/services/web']

  it('stay with the middlewares that they go through while their service has no endpoint', () => {
    const after = render([backendOf('web', [])], held)
    deepStrictEqual([...after.keys()].sort(), routed)
    for (const key of routed.slice(0, 3)) strictEqual(after.get(key), held.get(key))
    deepStrictEqual(after.get('http/services/web'), { loadBalancer: { servers: [] } })
  })

  it('stay without a backend while their service is held, unless they shall not', () => {
    deepStrictEqual(
      [...render([], held).keys()].sort(),
      routed.filter((key) => key !== 'http/services/web'),
    )
    deepStrictEqual([...render([], held, { keepRouters: false }).keys()], [])
    deepStrictEqual([...render([backendOf('web', [])], held, { keepRouters: false }).keys()].sort(), routed)
  })

  it('go when the newest labels no longer define them', () => {
    deepStrictEqual(
      [...render([labelled('web', [[1, 2, router('other', 'b', 'web')]])], held).keys()].sort(),
      ['http/routers/other', 'http/services/web'],
    )
  })

  it('that two backends define differently are as the first by name says, and it is reported', () => {
    const backends = ['web', 'api', 'shop'].map((name) =>
      labelled(name, [[1, 1, router('main', name, name)]]),
    )
    for (const order of [backends, backends.toReversed()]) {
      const renderer = elementRenderer()
      const elements = renderer.render(backendsOf(order), new Map())
      deepStrictEqual(elements.get('http/routers/main'), { rule: 'api', service: 'api' })
      deepStrictEqual(renderer.conflicts(), [
        { key: 'http/routers/main', used: 'api', unused: ['shop', 'web'] },
      ])
    }
    const alike = elementRenderer()
    alike.render(
      backendsOf(['web', 'api'].map((name) => labelled(name, [[1, 1, router('main', 'a', 'x@file')]]))),
      new Map(),
    )
    deepStrictEqual(alike.conflicts(), [])
  })
})

describe('a rendering', () => {
  it('has the same bytes whatever the order of backends and endpoints', () => {
    holds(
      fc.property(fc.array(completeLabelSets, { maxLength: 4 }), (sets) => {
        const backends = sets.map((labels, i) =>
          labelled(['web', 'Api', 'tcp/web', 'udp/web'][i] ?? '', [
            [1, i + 1, labels],
            [2, i, {}],
          ]),
        )
        const turned = backends
          .toReversed()
          .map((backend) => ({ ...backend, endpoints: backend.endpoints.toReversed() }))
        strictEqual(text(render(turned)), text(render(backends)))
      }),
    )
  })

  it('is a document that Traefik takes, whatever labels there are', () => {
    holds(
      fc.property(fc.array(completeLabelSets, { maxLength: 3 }), (sets) => {
        const backends = sets.map((labels, i) =>
          labelled(['web', 'Api', 'tcp/web'][i] ?? '', [[1, 1, labels]]),
        )
        readAsTraefik(text(render(backends)))
      }),
    )
  })

  it('of what was rendered is the same, to the very values', () => {
    holds(
      fc.property(backendsArbitrary({ complete: true }), completeLabelSets, (backends, labels) => {
        const all = backends.set('shop', labelled('shop', [[1, 1, labels]]))
        const once = elementRenderer().render(all, new Map())
        const again = elementRenderer().render(all, once)
        strictEqual(again.size, once.size)
        for (const [key, element] of again) strictEqual(element, once.get(key), key)
      }),
    )
  })

  it('looks again at a backend only when it or its service changed', () => {
    let asked = 0
    const { render } = elementRenderer({ scheme: () => (asked++, 'http') })
    const [web, api] = [backendOf('web', [at(1)]), backendOf('api', [at(2)])]
    const first = render(backendsOf([web, api]), new Map())
    strictEqual(asked, 2)
    const held = render(backendsOf([web, api]), first)
    strictEqual(asked, 4)
    render(backendsOf([web, api]), held)
    strictEqual(asked, 4)
    render(
      PersistentMap.from([
        ['web', web],
        ['api', backendOf('api', [at(3)])],
      ]),
      held,
    )
    strictEqual(asked, 5)
  })
})

describe('a service that is pruned', () => {
  it('has no servers, and all else; what is not a load balancer cannot be emptied', () => {
    const emptied = emptiedElement({ loadBalancer: { sticky: {}, servers: [{ url: 'http://a' }] } })
    ok(emptied !== undefined && sameElement(emptied, { loadBalancer: { servers: [], sticky: {} } }))
    strictEqual(emptiedElement({ rule: 'a', service: 'b' }), undefined)
    strictEqual(emptiedElement({ weighted: {} }), undefined)
  })
})
