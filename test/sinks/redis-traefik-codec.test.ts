import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { flatten } from '../../src/sinks/traefik/redis/flatten.js'
import { parse } from '../../src/sinks/traefik/redis/parse.js'
import type { Pair } from '../../src/sinks/traefik/redis/path.js'
import { decodeLabels } from '../../src/sinks/traefik/grammar/decode-labels.js'
import {
  type Element,
  sameElement,
  type ElementKey,
  partsOfKey,
} from '../../src/sinks/traefik/grammar/element.js'
import { canonicalText, isJsonArray, isJsonObject, type Json } from '../../src/shared/codec/json.js'
import { decodedAsTraefik } from '../support/traefik-kv-rules.js'
import { traefikLabelSets } from '../support/traefik-labels-arbitrary.js'
import { traefikTypes } from '../support/traefik-v3-types.js'
import { runsForRareCases } from '../laws/runs.js'

const pairsOf = (key: ElementKey, element: Element): readonly Pair[] => {
  const pairs = flatten(key, element)
  if (E.isLeft(pairs)) throw new Error(pairs.left)
  return pairs.right
}
const keysOf = (pairs: Iterable<Pair>): ReadonlyMap<string, string> =>
  new Map(Array.from(pairs, ([path, value]) => [`traefik/${path}`, value]))
/** What Traefik makes of it. */
const decoded = (key: ElementKey, pairs: readonly Pair[]): unknown => {
  const [section, kind = '', name = ''] = partsOfKey(key)
  return decodedAsTraefik(keysOf(pairs))[section]?.[kind.toLowerCase()]?.[name]
}
const why = (key: ElementKey, element: Element): string => {
  const pairs = flatten(key, element)
  return E.isLeft(pairs) ? pairs.left : 'written'
}

const serverLists = fc.array(
  fc.record(
    {
      url: fc
        .tuple(fc.nat(3), fc.constantFrom(80, 8080))
        .map(([last, port]) => `http://10.0.0.${last}:${port}`),
      weight: fc.nat(3),
      preservePath: fc.boolean(),
    },
    { requiredKeys: ['url'] },
  ),
  { maxLength: 4 },
)

/** Elements as a worker makes them: what labels say, and for a service the servers that its tasks are. */
const elements: fc.Arbitrary<ReadonlyMap<ElementKey, Element>> = fc
  .tuple(traefikLabelSets, serverLists)
  .map(([labels, servers]) => {
    const read = decodeLabels(labels)
    return new Map(
      [...(E.isRight(read) ? read.right : [])].map(([key, element]) => {
        const [section, kind] = partsOfKey(key)
        if (kind !== 'services') return [key, element] as const
        const { server: _, ...balancer } = isJsonObject(element['loadBalancer'])
          ? element['loadBalancer']
          : {}
        const placed = servers.map(({ url, ...rest }) =>
          section === 'http' ? { url, ...rest } : { address: url.replace('http://', '') },
        )
        return [key, { ...element, loadBalancer: { ...balancer, servers: placed } }] as const
      }),
    )
  })

/** What Traefik has of an element that a file told it, in the terms of `decodedAsTraefik`, without what says nothing. */
const told = (type: string, json: Json): Json | undefined => {
  if (json === null || json === '') return undefined
  const fields = traefikTypes.get(type)
  if (isJsonObject(json)) {
    const members = Object.entries(json).flatMap(([name, value]) => {
      const field = fields?.get(name.toLowerCase())
      const of = field?.type ?? type.slice(0, -2)
      const member =
        field?.mayBeEmpty === true && isJsonObject(value) ? (told(of, value) ?? {}) : told(of, value)
      return member === undefined ? [] : [[fields === undefined ? name : name.toLowerCase(), member] as const]
    })
    return members.length > 0 || type === 'any{}' ? Object.fromEntries(members) : undefined
  }
  if (!isJsonArray(json)) return json
  const isOfStructs = traefikTypes.has(type.slice(0, -2))
  const items = json.flatMap((item) => told(type.slice(0, -2), item) ?? (isOfStructs ? [] : ''))
  if (type === 'any' || type === 'any{}')
    return items.every((item) => typeof item === 'string') ? items.join(',') : items
  if (type === 'Server[]' || type === 'TCPServer[]' || type === 'UDPServer[]') return items
  return items.length === 0 || (items.length === 1 && items[0] === '') ? undefined : items
}

const sorted = (json: unknown): unknown =>
  typeof json !== 'object' || json === null
    ? json
    : Array.isArray(json)
      ? json.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : Object.fromEntries(
          Object.entries(json)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => [name, name === 'servers' ? sorted(value) : inOrder(value)]),
        )
const inOrder = (json: unknown): unknown => (Array.isArray(json) ? json.map(inOrder) : sorted(json))

const typeOf = (key: ElementKey): string => {
  const [section, kind = ''] = partsOfKey(key)
  const of = traefikTypes.get('Configuration')?.get(section)?.type ?? ''
  return (traefikTypes.get(of)?.get(kind.toLowerCase())?.type ?? '').replace('{}', '')
}

describe('an element in keys', () => {
  it('means the same to Traefik as in a file', () => {
    let checked = 0
    fc.assert(
      fc.property(elements, (all) => {
        for (const [key, element] of all) {
          const pairs = flatten(key, element)
          if (E.isLeft(pairs)) continue
          checked++
          expect(inOrder(decoded(key, pairs.right)), canonicalText(element)).toEqual(
            inOrder(told(typeOf(key), element) ?? {}),
          )
        }
      }),
      { numRuns: runsForRareCases },
    )
    expect(checked).toBeGreaterThan(runsForRareCases)
  })

  it('parses to the same element, which has the same keys, whatever order they come in', () => {
    fc.assert(
      fc.property(elements, fc.func(fc.integer()), (all, order) => {
        for (const [key, element] of all) {
          const pairs = flatten(key, element)
          if (E.isLeft(pairs)) continue
          const parsed = parse(key, pairs.right)
          expect(pairsOf(key, parsed)).toEqual(pairs.right)
          const shuffled = [...pairs.right].sort((a, b) => order(a) - order(b))
          expect(sameElement(parse(key, shuffled), parsed)).toBe(true)
          expect(sameElement(parse(key, pairsOf(key, parsed)), parsed)).toBe(true)
        }
      }),
      { numRuns: runsForRareCases },
    )
  })

  it('parses to the very element, where nothing in it says nothing', () => {
    const web = {
      loadBalancer: {
        passHostHeader: false,
        sticky: { cookie: { name: 'id', secure: true, maxAge: 60 } },
        healthCheck: { path: '/health', interval: '10s', headers: { 'X-From': 'Traefik' } },
        servers: [{ url: 'http://10.0.0.1:80', weight: 2, preservePath: true }],
      },
    }
    const router = {
      rule: 'Host(`a`, `b`) && PathPrefix(`/x`)',
      entryPoints: ['web', 'websecure'],
      middlewares: ['auth', 'strip', 'auth2'],
      service: 'web',
      priority: 10,
      tls: { certResolver: 'le', domains: [{ main: 'a', sans: ['b', 'c'] }, { main: 'd' }] },
    }
    const plugin = { plugin: { geo: { Allow: 'a,b', zones: [{ name: 'x' }, { name: 'y' }], none: 'false' } } }
    for (const [key, element] of [
      ['http/services/web', web],
      ['http/routers/web', router],
      ['tcp/routers/db', { rule: 'HostSNI(`*`)', service: 'db', tls: { passthrough: true } }],
      ['tcp/services/db', { loadBalancer: { servers: [{ address: '10.0.0.1:5432', tls: true }] } }],
      ['udp/services/dns', { loadBalancer: { servers: [] } }],
      ['http/middlewares/gzip', { compress: {} }],
      ['http/middlewares/geo', plugin],
      ['tls/stores/default', { defaultGeneratedCert: { resolver: 'le', domain: { main: 'a' } } }],
      ['http/routers/bare', {}],
    ] as const)
      expect(parse(key, pairsOf(key, element)), key).toEqual(element)
  })

  it('has its options in lower case, a list of texts in one key, and a key for a list of servers itself', () => {
    const service = { loadBalancer: { passHostHeader: true, servers: [{ url: 'http://10.0.0.1:80' }] } }
    const [marker, passHostHeader, url] = pairsOf('http/services/Web', service)
      .map(([path, value]) => `${path} = ${value}`)
      .sort((a, b) => a.length - b.length)
    expect(marker).toBe('http/services/Web/loadbalancer/servers = []')
    expect(passHostHeader).toBe('http/services/Web/loadbalancer/passhostheader = true')
    expect(url).toMatch(/^http\/services\/Web\/loadbalancer\/servers\/\d{15}\/url = http:\/\/10\.0\.0\.1:80$/)
    const router = { entryPoints: ['web', 'websecure'], tls: {} }
    expect(pairsOf('http/routers/r', router)).toEqual([
      ['http/routers/r/entrypoints', 'web,websecure'],
      ['http/routers/r/tls', 'true'],
    ])
  })

  it('keeps the order of middlewares and of domains, past ten', () => {
    const middlewares = Array.from({ length: 25 }, (_, i) => `m${i}`)
    const domains = Array.from({ length: 25 }, (_, i) => ({ main: `d${i}` }))
    const router = { middlewares, rule: 'x', tls: { domains } }
    const pairs = pairsOf('http/routers/r', router)
    expect(parse('http/routers/r', pairs)).toEqual(router)
    expect(decoded('http/routers/r', pairs)).toEqual({ middlewares, rule: 'x', tls: { domains } })
  })

  it('has no gap where an item says nothing', () => {
    const gapped = { tls: { domains: [{ main: '' }, { main: 'a' }, { sans: [] }, { main: 'b' }] } }
    const pairs = pairsOf('http/routers/r', gapped)
    expect(pairs).toEqual([
      ['http/routers/r/tls/domains/0000/main', 'a'],
      ['http/routers/r/tls/domains/0001/main', 'b'],
    ])
    expect(pairsOf('http/routers/r', parse('http/routers/r', pairs))).toEqual(pairs)
  })

  it.each(['http', 'tcp', 'udp'])('is a %s service also without servers', (section) => {
    const key = `${section}/services/web`
    const pairs = pairsOf(key, { loadBalancer: { servers: [] } })
    expect(decoded(key, pairs)).toEqual({ loadbalancer: { servers: [] } })
    expect(parse(key, pairs)).toEqual({ loadBalancer: { servers: [] } })
  })
})

describe('a server in keys', () => {
  const service = (urls: readonly string[]): Element => ({
    loadBalancer: { servers: urls.map((url) => ({ url })) },
  })

  it('keeps its key, whichever others come and go', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.nat().map((n) => `http://10.0.0.1:${n}`),
          { minLength: 1 },
        ),
        fc.nat(),
        (urls, pick) => {
          const all = pairsOf('http/services/web', service(urls)).map(([path, url]) => `${path} ${url}`)
          const some = pairsOf('http/services/web', service(urls.filter((_, i) => i !== pick % urls.length)))
          expect(all).toEqual(expect.arrayContaining(some.map(([path, url]) => `${path} ${url}`)))
          expect(all).toHaveLength(some.length + 1)
        },
      ),
    )
  })

  it('is not lost to another of the same number', () => {
    const twins = {
      loadBalancer: { servers: [1, 2, 3].map((weight) => ({ url: 'http://10.0.0.1:80', weight })) },
    }
    const pairs = pairsOf('http/services/web', twins)
    expect(pairs).toHaveLength(1 + 2 * 3)
    expect(sorted(parse('http/services/web', pairs))).toEqual(sorted(twins))
  })
})

describe('what keys cannot say is refused, with the reason', () => {
  const service = { loadBalancer: { servers: [] } }
  it.each([
    ['a name with a slash', 'http/services/shop/web', service, 'a "/"'],
    ['a name of digits', 'http/services/123', service, 'only digits'],
    ['a name in brackets', 'http/services/[1]', service, 'brackets'],
    ['no name', 'http/services/', service, 'it is empty'],
    ['a lone surrogate in a name', 'http/services/a\ud800', service, 'lone surrogate'],
    ['a lone surrogate', 'http/routers/r', { rule: 'a\ud800' }, 'lone surrogate'],
    [
      'a comma in a list',
      'http/middlewares/m',
      { stripPrefixRegex: { regex: ['/a{1,2}'] } },
      'http/middlewares/m/stripprefixregex/regex has a comma',
    ],
    [
      'a header of no text, which Traefik takes away',
      'http/middlewares/m',
      { headers: { customResponseHeaders: { Server: '' } } },
      'http/middlewares/m/headers/customresponseheaders/Server is an empty text',
    ],
    [
      'a status of digits as a name',
      'http/middlewares/m',
      { errors: { statusRewrites: { '500': 404 } } },
      'the name "500"',
    ],
    ['a plugin option of no text', 'http/middlewares/m', { plugin: { p: { a: '' } } }, 'is an empty text'],
    ['a list in a list', 'http/middlewares/m', { plugin: { p: { a: [['x']] } } }, 'a list of lists'],
    [
      'more keys than are checked at once',
      'http/services/web',
      { loadBalancer: { servers: Array.from({ length: 10_000 }, (_, i) => ({ url: `http://h:${i}` })) } },
      '10001 keys, and may have 10000',
    ],
  ])('%s', (_, key, element, reason) => {
    expect(why(key, element)).toContain(reason)
  })
})

describe('keys that people wrote', () => {
  const parsed = (key: ElementKey, pairs: Readonly<Record<string, string>>): Element =>
    parse(
      key,
      Object.entries(pairs).map(([path, value]) => [`${key}/${path}`, value]),
    )

  it('are read as Traefik reads them: in any case, texts in one key or in many', () => {
    expect(
      parsed('http/routers/r', {
        'EntryPoints/1': 'b',
        'EntryPoints/0': 'a, c',
        Service: 'web',
        TLS: 'true',
        'tls/domains/0/main': 'x',
        priority: '7',
      }),
    ).toEqual({
      entryPoints: ['a', 'c', 'b'],
      service: 'web',
      tls: { domains: [{ main: 'x' }] },
      priority: 7,
    })
    expect(
      parsed('http/services/web', {
        'loadBalancer/servers/0/url': 'http://a',
        'loadBalancer/servers/1/url': '',
      }),
    ).toEqual({ loadBalancer: { servers: [{ url: 'http://a' }] } })
    expect(parsed('tcp/services/db', { 'loadbalancer/proxyprotocol': 'false' })).toEqual({
      loadBalancer: { servers: [] },
    })
  })

  it('of which labels know nothing stay as they are', () => {
    const pairs: readonly Pair[] = [
      ['http/services/w/mirroring/mirrors/0/Name', 'a'],
      ['http/services/w/mirroring/mirrors/0/percent', '3'],
      ['http/services/w/mirroring/mirrors/1/name', 'b'],
      ['http/services/w/mirroring/service', 'c'],
    ]
    expect(pairsOf('http/services/w', parse('http/services/w', pairs))).toEqual(pairs)
    const certificates: readonly Pair[] = [
      ['tls/certificates/0/certFile', 'a'],
      ['tls/certificates/0/stores/0', 'x'],
      ['tls/certificates/1/certFile', 'b'],
    ]
    expect(pairsOf('tls/certificates', parse('tls/certificates', certificates))).toEqual(certificates)
  })
})
