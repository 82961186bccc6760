import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, it } from 'vitest'
import { decodeLabels, type LabelElements } from '../../src/sinks/traefik/grammar/decode-labels.js'
import { encodeLabels } from '../../src/sinks/traefik/grammar/encode-labels.js'
import { holds } from '../laws/holds.js'
import { traefikLabelSets } from '../support/traefik-labels-arbitrary.js'

type Labels = Readonly<Record<string, string>>

const decoded = (labels: Labels): LabelElements => {
  const elements = decodeLabels(labels)
  if (E.isLeft(elements)) throw new Error(JSON.stringify(elements.left))
  return elements.right
}
const errorsOf = (labels: Labels) => {
  const elements = decodeLabels(labels)
  return E.isLeft(elements) ? elements.left : []
}

/** The same elements without load balancers of which nothing is said, which no label can say. */
const sayable = (elements: LabelElements): LabelElements =>
  new Map(
    [...elements].flatMap(([key, { loadBalancer, ...rest }]) => {
      const said = loadBalancer !== undefined && Object.keys(loadBalancer as object).length > 0
      const element = { ...rest, ...(said ? { loadBalancer } : {}) }
      return loadBalancer === undefined || Object.keys(element).length > 0 ? [[key, element] as const] : []
    }),
  )

describe('labels', () => {
  it('mean the same after they were made canonical, which changes nothing the second time', () => {
    holds(
      fc.property(traefikLabelSets, (labels) => {
        const elements = decoded(labels)
        const canonical = encodeLabels(elements)
        deepStrictEqual(decoded(canonical), sayable(elements))
        deepStrictEqual(encodeLabels(decoded(canonical)), canonical)
      }),
    )
  })

  it('are distinguished by nothing but the case of the names that users choose', () => {
    // Keys in another case come in another order, and so do numbered keys.
    const folded = (labels: Labels) =>
      Object.entries(labels)
        .map(([key, value]) => `${key.toLowerCase().replace(/\[\d+\]/g, '[]')}=${value}`)
        .sort()
    holds(
      fc.property(traefikLabelSets, (labels) => {
        const lower = Object.entries(labels).map(([key, value]) => [key.toLowerCase(), value] as const)
        fc.pre(new Set(lower.map(([key]) => key)).size === lower.length)
        deepStrictEqual(
          folded(encodeLabels(decoded(Object.fromEntries(lower)))),
          folded(encodeLabels(decoded(labels))),
        )
      }),
    )
  })

  it.each<[string, Labels, object]>([
    [
      'a router',
      {
        'traefik.http.routers.web.rule': 'Host(`a`)',
        'traefik.HTTP.routers.WEB.EntryPoints': 'a, b',
        'traefik.http.routers.web.priority': '-3',
      },
      { 'http/routers/WEB': { entryPoints: ['a', 'b'], rule: 'Host(`a`)', priority: -3 } },
    ],
    ['TLS switched on', { 'traefik.http.routers.web.tls': 'true' }, { 'http/routers/web': { tls: {} } }],
    [
      'TLS switched off, settings and all',
      { 'traefik.http.routers.web.tls': 'false', 'traefik.http.routers.web.tls.certresolver': 'le' },
      { 'http/routers/web': {} },
    ],
    [
      'domains',
      {
        'traefik.tcp.routers.db.tls.domains[0].main': 'a',
        'traefik.tcp.routers.db.tls.domains[0].sans': 'b,c',
        'traefik.tcp.routers.db.tls.passthrough': '1',
      },
      { 'tcp/routers/db': { tls: { domains: [{ main: 'a', sans: ['b', 'c'] }], passthrough: true } } },
    ],
    [
      'headers, by names as they were written',
      { 'traefik.http.middlewares.h.headers.customResponseHeaders.X-Powered-By': '' },
      { 'http/middlewares/h': { headers: { customResponseHeaders: { 'X-Powered-By': '' } } } },
    ],
    [
      'an empty list',
      { 'traefik.http.middlewares.c.chain.middlewares': '' },
      { 'http/middlewares/c': { chain: { middlewares: [] } } },
    ],
    [
      'durations',
      {
        'traefik.http.services.s.loadbalancer.healthcheck.interval': '10s',
        'traefik.http.services.s.loadbalancer.healthcheck.timeout': '3',
      },
      { 'http/services/s': { loadBalancer: { healthCheck: { interval: '10s', timeout: '3' } } } },
    ],
    [
      'a plugin',
      {
        'traefik.http.middlewares.p.plugin.mine.List[0].a': '1',
        'traefik.http.middlewares.p.plugin.mine.deep.er': 'x',
      },
      { 'http/middlewares/p': { plugin: { mine: { List: [{ a: '1' }], deep: { er: 'x' } } } } },
    ],
    [
      'a store',
      { 'traefik.tls.stores.default.defaultgeneratedcert.domain.main': 'a' },
      { 'tls/stores/default': { defaultGeneratedCert: { domain: { main: 'a' } } } },
    ],
    [
      'what Traefik reads from no label',
      { 'traefik.http.serverstransports.t.servername': 'a', 'traefik.http.routers.r.parentrefs': 'b' },
      { 'http/routers/r': {} },
    ],
    [
      'what is not for it',
      {
        'traefik.docker.network': 'a',
        'traefik.tls.options.x.minversion': 'b',
        'com.example.team': 'c',
        'traefik.frontend.rule': 'd',
      },
      {},
    ],
    [
      'a name that objects have of their own',
      { 'traefik.http.routers.__proto__.rule': 'a' },
      { ['http/routers/__proto__']: { rule: 'a' } },
    ],
  ])('are read as Traefik reads them: %s', (_, labels, elements) => {
    deepStrictEqual(Object.fromEntries(decoded(labels)), elements)
  })

  it.each<[string, Labels, string, string, string]>([
    [
      'a key that there is not',
      { 'traefik.http.routers.web.entrypoint': 'a' },
      'traefik.http.routers.web.entrypoint',
      'entryPoints',
      '"entrypoint"',
    ],
    [
      'a kind that there is not',
      { 'traefik.http.router.web.rule': 'a' },
      'traefik.http.router.web.rule',
      'routers',
      '"router"',
    ],
    [
      'a section that there is not',
      { 'traefik.https.routers.web.rule': 'a' },
      'traefik.https.routers.web.rule',
      'traefik.http,',
      '"https"',
    ],
    [
      'a middleware that there is not',
      { 'traefik.http.middlewares.m.basicauths.users': 'a' },
      'traefik.http.middlewares.m.basicauths.users',
      'basicAuth',
      '"basicauths"',
    ],
    [
      'a word for a number',
      { 'traefik.http.routers.web.priority': 'high' },
      'traefik.http.routers.web.priority',
      'an integer',
      '"high"',
    ],
    [
      'a number that is too large for us',
      { 'traefik.http.routers.web.priority': '9007199254740993' },
      'traefik.http.routers.web.priority',
      'an integer',
      '"9007199254740993"',
    ],
    [
      'a word for a flag',
      { 'traefik.http.services.s.loadbalancer.passhostheader': 'yes' },
      'traefik.http.services.s.loadbalancer.passhostheader',
      'true or false',
      '"yes"',
    ],
    [
      'a word for a duration',
      { 'traefik.http.services.s.loadbalancer.healthcheck.interval': '10 s' },
      'traefik.http.services.s.loadbalancer.healthcheck.interval',
      'a duration',
      '"10 s"',
    ],
    [
      'a value for a section',
      { 'traefik.http.services.s.loadbalancer': 'true' },
      'traefik.http.services.s.loadbalancer',
      'a key under it',
      'none',
    ],
    [
      'a key under a value',
      { 'traefik.http.routers.web.rule.host': 'a' },
      'traefik.http.routers.web.rule.host',
      'nothing after "rule"',
      '"host"',
    ],
    ['no name', { 'traefik.http.routers': 'a' }, 'traefik.http.routers', 'a name after "routers"', 'none'],
    [
      'an empty name',
      { 'traefik.http.routers..rule': 'a' },
      'traefik.http.routers..rule',
      'a name between',
      'none',
    ],
    [
      'domains without numbers',
      { 'traefik.http.routers.r.tls.domains.main': 'a' },
      'traefik.http.routers.r.tls.domains.main',
      'a number in brackets',
      '"main"',
    ],
    [
      'the root in capitals',
      { 'Traefik.http.routers.r.rule': 'a' },
      'Traefik.http.routers.r.rule',
      'in lower case',
      '"Traefik"',
    ],
    [
      'a name that no document can have',
      { [`traefik.http.routers.${'x'.repeat(256)}.rule`]: 'a' },
      `traefik.http.routers.${'x'.repeat(256)}.rule`,
      'at most 255',
      'a longer one',
    ],
    [
      'a key that is too deep',
      { [`traefik.http.middlewares.m.plugin.${'x.'.repeat(40)}y`]: 'a' },
      `traefik.http.middlewares.m.plugin.${'x.'.repeat(40)}y`,
      'at most 32 parts',
      '46',
    ],
    [
      'the character that divides lists',
      { 'traefik.http.routers.r.entrypoints': 'a║b' },
      'traefik.http.routers.r.entrypoints',
      'no ║',
      'one',
    ],
  ])(
    'that say what cannot be are refused, with the label, what was expected and what came: %s',
    (_, labels, label, expected, received) => {
      const [error] = errorsOf(labels)
      deepStrictEqual([error?.label, error?.received], [label, received])
      ok(error?.expected.includes(expected), error?.expected)
    },
  )

  it('are refused with all that is wrong with them', () => {
    deepStrictEqual(
      errorsOf({ 'traefik.http.routers.a.priority': 'x', 'traefik.http.routers.b.priority': 'y' }).map(
        ({ label }) => label,
      ),
      ['traefik.http.routers.a.priority', 'traefik.http.routers.b.priority'],
    )
  })
})
