import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../src/core/desired.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { plan } from '../../src/core/plan.js'
import type { Row } from '../../src/core/sink.js'
import { formatDocument } from '../../src/sinks/traefik/elements/document.js'
import { isRevisionKey } from '../../src/sinks/traefik/elements/revision-services.js'
import {
  traefikElements,
  type TraefikElementsOptions,
} from '../../src/sinks/traefik/elements/traefik-elements.js'
import type { Element, ElementKey } from '../../src/sinks/traefik/grammar/element.js'
import { flatten } from '../../src/sinks/traefik/redis/flatten.js'
import { parse } from '../../src/sinks/traefik/redis/parse.js'
import { inOrder } from '../../src/sinks/traefik/redis/write.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { blueGreen, settledBackend, sharedBackend } from '../support/shared-backend.js'
import { elementsAsTraefik, serversOf } from '../support/traefik-elements.js'

type Elements = ReadonlyMap<ElementKey, Element>

const at = (last: number) => ({ host: `10.0.0.${last}`, port: 80 })
const [blue, green] = [[at(1), at(2)], [at(9)]]

/** A target in memory, and a sink for it. */
const target = (options: TraefikElementsOptions = {}) => {
  const sink = { ...traefikElements(options), adopt: false }
  let held: Elements = new Map()
  const rows = (): readonly Row<Element>[] =>
    Array.from(held, ([key, value]) => ({ key, value, owner: 'worker', etag: undefined }))
  return {
    /** Applies what a reconciler would; returns the changes. */
    reconcile: (backends: readonly Backend[], complete = true) => {
      const wanted = sink.render(backendsOf(backends), held)
      const { changes } = plan(sink, wanted, rows(), { owner: 'worker', complete, pruneGuard: 'off' })
      const next = new Map(held)
      for (const change of changes)
        if (change._tag === 'Delete') next.delete(change.key)
        else next.set(change.key, change.after)
      held = next
      return changes
    },
    elements: () => held,
    conflicts: sink.conflicts,
  }
}

interface WeightedElement {
  readonly weighted: {
    readonly services: readonly { readonly name: string; readonly weight: number }[]
    readonly sticky?: unknown
    readonly healthCheck?: unknown
  }
}

/** The weight of each address of a service: that of its revision's service; without shares, 100 for all together. */
const sharesOf = (elements: Elements, key = 'http/services/shop'): Readonly<Record<string, number>> => {
  const element = elements.get(key)
  if (element === undefined || !('weighted' in element))
    return { [(element === undefined ? [] : serversOf(element)).join(' ')]: 100 }
  const [section] = key.split('/')
  return Object.fromEntries(
    (element as unknown as WeightedElement).weighted.services.map(({ name, weight }) => [
      serversOf(elements.get(`${section ?? ''}/services/${name}`)!).join(' '),
      weight,
    ]),
  )
}
const [blues, greens] = ['10.0.0.1:80 10.0.0.2:80', '10.0.0.9:80']

describe('a service whose deployment shifts traffic', () => {
  it('is weighted over a service for each revision, by the percentages, under its own name', () => {
    const here = target()
    here.reconcile([blueGreen('shop', { blue, green, percent: 0 })])
    expect(sharesOf(here.elements())).toEqual({ [blues]: 100 })
    for (const percent of [5, 25, 50]) {
      expect(here.reconcile([blueGreen('shop', { blue, green, percent })]).length).toBeGreaterThan(0)
      expect(sharesOf(here.elements())).toEqual({ [blues]: 100 - percent, [greens]: percent })
      expect(here.elements().size).toBe(3)
    }
    here.reconcile([blueGreen('shop', { blue, green, percent: 100 })])
    expect(sharesOf(here.elements())).toEqual({ [greens]: 100 })
    expect([...here.elements().keys()]).toEqual(['http/services/shop'])
  })

  it('is written again for each step, and not if nothing changed', () => {
    const here = target()
    const shifted = (percent: number) => [blueGreen('shop', { blue, green, percent })]
    here.reconcile(shifted(5))
    expect(here.reconcile(shifted(5))).toEqual([])
    expect(here.reconcile(shifted(6)).map(({ key }) => key)).toEqual(['http/services/shop'])
  })

  it('has whole numbers for percentages with decimals, none of which is lost', () => {
    const here = target()
    here.reconcile([blueGreen('shop', { blue, green, percent: 12.5 })])
    expect(sharesOf(here.elements())).toEqual({ [blues]: 8_750, [greens]: 1_250 })
    here.reconcile([blueGreen('shop', { blue, green, percent: 0.001 })])
    expect(sharesOf(here.elements())[greens]).toBe(1)
  })

  it('is as without shares before and after, and where it deploys by rolling', () => {
    const plain = target()
    plain.reconcile([backendOf('shop', blue)])
    const settled = target()
    settled.reconcile([settledBackend('shop', blue)])
    expect([...settled.elements()]).toEqual([...plain.elements()])
  })

  it('keeps the weights of servers within a revision', () => {
    const here = target()
    here.reconcile([blueGreen('shop', { blue, green, percent: 5 }, { endpoint: { weight: 3 } })])
    expect(sharesOf(here.elements())).toEqual({ [blues]: 95, [greens]: 5 })
    expect(formatDocument({ owner: undefined, elements: here.elements() })).toContain(
      '{"url":"http://10.0.0.1:80","weight":3}',
    )
  })

  it.each(['tcp', 'udp'] as const)('is the same for %s', (section) => {
    const here = target()
    const endpoint = { protocol: section } as const
    here.reconcile([blueGreen(`${section}/shop`, { blue, green, percent: 5 }, { endpoint })])
    expect(sharesOf(here.elements(), `${section}/services/shop`)).toEqual({ [blues]: 95, [greens]: 5 })
    elementsAsTraefik(formatDocument({ owner: undefined, elements: here.elements() }))
  })

  it('gives each service that shares the backend as many parts as it has endpoints', () => {
    const here = target()
    const shop = blueGreen('shop', { blue: [at(1)], green: [at(2)], percent: 25 })
    const other = backendOf('shop', [at(3), at(4)])
    here.reconcile([{ ...shop, endpoints: [...shop.endpoints, ...other.endpoints] }])
    expect(sharesOf(here.elements())).toEqual({
      '10.0.0.1:80': 75,
      '10.0.0.2:80': 25,
      '10.0.0.3:80 10.0.0.4:80': 100,
    })
  })

  it('never names a service like another one, whatever the services and revisions are called', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z_-]{1,6}$/), { minLength: 2, maxLength: 4 }),
        (names) => {
          const here = target()
          here.reconcile(names.map((name) => blueGreen(name, { blue, green, percent: 5 })))
          const keys = [...here.elements().keys()]
          expect(keys.filter(isRevisionKey)).toHaveLength(2 * names.length)
          expect(here.conflicts()).toEqual([])
        },
      ),
    )
  })
})

describe('a service whose servers are weighed', () => {
  const weightsIn = (elements: Elements) =>
    (
      elements.get('http/services/shop') as {
        loadBalancer: { servers: readonly { weight?: number }[] }
      }
    ).loadBalancer.servers.map(({ weight }) => weight)

  it('stays one load balancer, with weights only while requests are split', () => {
    const here = target({ shares: 'servers' })
    here.reconcile([blueGreen('shop', { blue, green, percent: 0 })])
    expect(weightsIn(here.elements())).toEqual([undefined, undefined])
    here.reconcile([blueGreen('shop', { blue, green, percent: 5 })])
    expect(weightsIn(here.elements())).toEqual([19, 19, 2])
    expect(here.reconcile([blueGreen('shop', { blue, green, percent: 5 })])).toEqual([])
    expect(here.reconcile([blueGreen('shop', { blue, green, percent: 6 })])).toHaveLength(1)
    here.reconcile([blueGreen('shop', { blue, green, percent: 100 })])
    expect(weightsIn(here.elements())).toEqual([undefined])
    expect([...here.elements().keys()]).toEqual(['http/services/shop'])
  })

  it('gives a new revision no more than its share while the others are unknown', () => {
    const here = target({ shares: 'servers' })
    here.reconcile([backendOf('shop', blue)])
    const known = sharedBackend('shop', [{ role: 'target', percent: 5, at: green }], { complete: false })
    here.reconcile([known])
    expect(weightsIn(here.elements())).toEqual([19, 19, 2])
    expect(here.reconcile([known])).toEqual([])
  })

  it('is not made for TCP, which has no weights of servers', () => {
    const here = target({ shares: 'servers' })
    here.reconcile([blueGreen('tcp/shop', { blue, green, percent: 5 })])
    expect(sharesOf(here.elements(), 'tcp/services/shop')).toEqual({ [blues]: 95, [greens]: 5 })
  })
})

describe('labels during a shift', () => {
  const labelled = (path: string, more: Readonly<Record<string, string>> = {}) => ({
    labels: {
      'traefik.http.routers.shop.rule': `Path(\`${path}\`)`,
      'traefik.http.routers.shop.service': 'shop',
      'traefik.http.services.shop.loadbalancer.passhostheader': 'false',
      'traefik.http.services.shop.loadbalancer.server.scheme': 'http',
      ...more,
    },
  })
  const check = (path: string) => ({ 'traefik.http.services.shop.loadbalancer.healthcheck.path': path })
  const shifted = (percent: number, [old, next]: readonly [object, object]): Backend =>
    sharedBackend('shop', [
      { role: 'source', percent: 100 - percent, at: blue, endpoint: old },
      { role: 'target', percent, at: green, endpoint: next },
    ])

  it('of each revision are the options of its own service', () => {
    const here = target()
    here.reconcile([shifted(5, [labelled('/a', check('/old')), labelled('/a', check('/new'))])])
    const balancers = [...here.elements()]
      .filter(([key]) => isRevisionKey(key))
      .map(
        ([, element]) =>
          (element as { loadBalancer: { healthCheck: object; passHostHeader: boolean } }).loadBalancer,
      )
    expect(balancers.map(({ healthCheck }) => healthCheck)).toEqual(
      expect.arrayContaining([{ path: '/old' }, { path: '/new' }]),
    )
    expect(balancers.map(({ passHostHeader }) => passHostHeader)).toEqual([false, false])
  })

  it('change no router before the replaced revision is gone', () => {
    const here = target()
    const both = [labelled('/old'), labelled('/new')] as const
    const rule = () => here.elements().get('http/routers/shop')
    here.reconcile([shifted(0, both)])
    const before = rule()
    for (const percent of [5, 50, 95]) {
      here.reconcile([shifted(percent, both)])
      expect(rule()).toBe(before)
    }
    here.reconcile([shifted(100, both)])
    expect(rule()).toMatchObject({ rule: 'Path(`/new`)', service: 'shop' })
  })

  it('let Traefik leave out a revision that its health checks find dead, if all have some', () => {
    const weighted = (old: object, next: object): WeightedElement['weighted'] => {
      const here = target()
      here.reconcile([shifted(5, [old, next])])
      elementsAsTraefik(formatDocument({ owner: undefined, elements: here.elements() }))
      return (here.elements().get('http/services/shop') as unknown as WeightedElement).weighted
    }
    expect(weighted(labelled('/', check('/')), labelled('/', check('/')))).toHaveProperty('healthCheck', {})
    expect(weighted(labelled('/', check('/')), labelled('/'))).not.toHaveProperty('healthCheck')
  })

  it('that keep a client with a server keep it with a revision, by a cookie of another name', () => {
    const here = target()
    const sticky = labelled('/', { 'traefik.http.services.shop.loadbalancer.sticky.cookie.name': 'id' })
    here.reconcile([shifted(5, [sticky, sticky])])
    expect(here.elements().get('http/services/shop')).toMatchObject({
      weighted: { sticky: { cookie: { name: 'id_revision' } } },
    })
  })

  it('default to the settings that the service had', () => {
    const before: Elements = new Map([
      [
        'http/services/shop',
        { loadBalancer: { passHostHeader: false, servers: [{ url: 'http://10.0.0.1:80' }] } },
      ],
    ])
    const { render } = traefikElements({})
    const once = render(backendsOf([blueGreen('shop', { blue, green, percent: 5 })]), before)
    const revisions = [...once].filter(([key]) => isRevisionKey(key))
    for (const [, element] of revisions)
      expect(element).toMatchObject({ loadBalancer: { passHostHeader: false } })
    const after = render(backendsOf([blueGreen('shop', { blue, green, percent: 100 })]), once)
    expect(after.get('http/services/shop')).toEqual({
      loadBalancer: { passHostHeader: false, servers: [{ url: 'http://10.0.0.9:80' }] },
    })
  })
})

describe('while a backend is incomplete', () => {
  const known = (parts: Parameters<typeof sharedBackend>[1], gone: Backend['gone'] = []): Backend =>
    sharedBackend('shop', parts, { complete: false, gone })
  const source = { role: 'source', percent: 95 } as const
  const next = { role: 'target', percent: 5, at: green } as const

  it('revisions without a known endpoint keep their servers and their weights', () => {
    const here = target()
    here.reconcile([blueGreen('shop', { blue, green, percent: 5 })])
    expect(here.reconcile([known([next])])).toEqual([])
    expect(here.reconcile([known([])])).toEqual([])
    here.reconcile([known([next], [at(1)])])
    expect(sharesOf(here.elements())).toEqual({ '10.0.0.2:80': 95, [greens]: 5 })
  })

  it('a new revision has its share, and no more, although nothing else is known', () => {
    const here = target()
    here.reconcile([backendOf('shop', blue)])
    here.reconcile([known([next])])
    expect(sharesOf(here.elements())).toEqual({ [blues]: 95, [greens]: 5 })
    // The rest becomes known, task by task.
    here.reconcile([known([{ ...source, at: [at(1)] }, next])])
    expect(sharesOf(here.elements())).toEqual({ [blues]: 95, [greens]: 5 })
    here.reconcile([blueGreen('shop', { blue, green, percent: 5 })])
    expect(sharesOf(here.elements())).toEqual({ [blues]: 95, [greens]: 5 })
    expect(here.elements().size).toBe(3)
  })

  it('no server is lost, whatever is known in whatever order', () => {
    const anyBackend = fc.oneof(
      fc.record({ percent: fc.nat(100), blue: fc.subarray(blue), green: fc.subarray(green) }).map((one) => ({
        ...blueGreen('shop', one),
        complete: false,
      })),
      fc.subarray([...blue, ...green]).map((one) => ({ ...settledBackend('shop', one), complete: false })),
      fc.subarray([...blue, ...green]).map((one) => backendOf('shop', one, { complete: false })),
    )
    const all = (elements: Elements) =>
      Object.keys(sharesOf(elements))
        .flatMap((one) => one.split(' '))
        .sort()
    fc.assert(
      fc.property(fc.nat(100), fc.array(anyBackend, { maxLength: 5 }), (percent, backends) => {
        const here = target()
        here.reconcile([blueGreen('shop', { blue, green, percent })])
        const before = all(here.elements())
        for (const backend of backends) {
          here.reconcile([backend], false)
          expect(all(here.elements())).toEqual(expect.arrayContaining(before))
          expect(new Set(all(here.elements())).size).toBe(all(here.elements()).length)
          expect(here.reconcile([backend], false)).toEqual([])
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('a service that ends during a shift', () => {
  it.each([
    ['empty', { 'http/services/shop': { loadBalancer: { servers: [] } } }],
    ['delete', {}],
  ] as const)('leaves no service of a revision (prune: %s)', (prune, left) => {
    const here = target({ prune })
    here.reconcile([blueGreen('shop', { blue, green, percent: 5 })])
    here.reconcile([])
    expect(Object.fromEntries(here.elements())).toEqual(left)
  })
})

describe('in Redis', () => {
  const { render } = traefikElements({})
  const rendered = render(backendsOf([blueGreen('shop', { blue, green, percent: 5 })]), new Map())

  it('weighted services are read as they were written', () => {
    for (const [key, element] of rendered) {
      const pairs = flatten(key, element)
      expect(pairs._tag === 'Right' && parse(key, pairs.right)).toEqual(element)
    }
    const checked = {
      weighted: { services: [{ name: 'a', weight: 1 }], sticky: { cookie: {} }, healthCheck: {} },
    }
    const pairs = flatten('http/services/shop', checked)
    expect(pairs._tag === 'Right' && parse('http/services/shop', pairs.right)).toEqual(checked)
  })

  it('are created after what they lead to, and deleted before', () => {
    const rows = Array.from(rendered, ([key, value]) => ({ key, value, owner: 'worker', etag: undefined }))
    const sink = { ...traefikElements({ prune: 'delete' }), adopt: false }
    const options = { owner: 'worker', complete: true, pruneGuard: 'off' } as const
    const created = inOrder(plan(sink, rendered, [], options).changes).map(({ key }) => key)
    const deleted = inOrder(plan(sink, sink.render(PersistentMap.empty(), new Map()), rows, options).changes)
    expect(created.indexOf('http/services/shop')).toBe(2)
    expect(deleted.map(({ key }) => key).indexOf('http/services/shop')).toBe(0)
  })
})
