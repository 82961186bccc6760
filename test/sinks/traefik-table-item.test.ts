import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Backend, Endpoint } from '../../src/core/desired.js'
import {
  flawsOf,
  itemRenderer,
  rowOf,
  type TraefikBackend,
  sameBackend,
} from '../../src/sinks/traefik/table/item.js'
import type { ServerOptions } from '../../src/sinks/traefik/table/servers.js'
import { newItem } from '../../src/sinks/traefik/table/write.js'
import { backendOf, backendsArbitrary, backendsOf } from '../../src/testing/backends.js'
import { attributeValues } from '../support/attribute-values.js'
import { type Item, itemOf, serverOf } from '../support/table-of-backends.js'
import { readAsTraefik } from '../support/traefik-v1-rules.js'

const options: ServerOptions = { scheme: () => 'http', weight: 0 }
const write = { table: 'traefik', owner: 'worker', ownerAttribute: 'owner' }
const at = (last: number, port = 8080) => ({ host: `10.0.0.${last}`, port })

const held = (...items: Item[]): ReadonlyMap<string, TraefikBackend> =>
  new Map(
    items.flatMap((item) => {
      const row = rowOf(item, 'owner')
      return row === undefined ? [] : [[row.key, row.value] as const]
    }),
  )
const render = (backends: readonly Backend[], items: readonly Item[] = [], chosen = options) =>
  itemRenderer(chosen)(backendsOf(backends), held(...items))
const serversOf = (backends: readonly Backend[], items: readonly Item[] = [], chosen = options) =>
  [...render(backends, items, chosen).values()][0]?.servers

describe('what an item should be', () => {
  it('has the id, the name and the servers that ecs-task-tracker would have written', () => {
    const [[key, after]] = [...render([backendOf('web', [at(1, 32768)])])] as [[string, TraefikBackend]]
    expect(newItem(key, after, write)).toEqual({
      id: { S: 'web__backend' },
      name: { S: 'web' },
      version: { N: '0' },
      backend: {
        M: {
          servers: {
            M: { '10.0.0.1:32768': { M: { url: { S: 'http://10.0.0.1:32768' }, weight: { N: '0' } } } },
          },
        },
      },
      owner: { S: 'worker' },
    })
  })

  it('is something that Traefik v1 reads, with exactly the servers that are desired', () => {
    fc.assert(
      fc.property(backendsArbitrary({ complete: true }), fc.nat(10), (backends, weight) => {
        for (const [key, after] of itemRenderer({ ...options, weight })(backends, new Map())) {
          const reading = readAsTraefik(newItem(key, after, write))
          if (reading._tag !== 'backend') throw new Error(reading._tag)
          expect(reading.name).toBe(after.name)
          expect([...reading.servers].sort()).toEqual(
            Object.keys(after.servers)
              .sort()
              .map((address) => [address, { url: `http://${address}`, weight: Math.max(1, weight) }]),
          )
        }
      }),
    )
  })

  it('writes version 6 addresses in brackets', () => {
    expect(serversOf([backendOf('web', [{ host: 'fd00::1', port: 80 }])])).toEqual({
      '[fd00::1]:80': serverOf('http://[fd00::1]:80'),
    })
  })

  it('offers one server for two tasks at one address, and none for UDP', () => {
    const web = backendOf('web', [at(1)])
    const [endpoint] = web.endpoints as [Endpoint]
    const endpoints: Endpoint[] = [
      { ...endpoint, id: 'z', weight: 9 },
      { ...endpoint, id: 'a', weight: 4 },
      { ...endpoint, id: 'u', host: '10.0.0.2', protocol: 'udp' },
    ]
    expect(serversOf([{ ...web, endpoints }])).toEqual({
      '10.0.0.1:8080': serverOf('http://10.0.0.1:8080', '4'),
    })
  })

  it('does not exist for a backend with only UDP endpoints, even if an item has its name', () => {
    const web = backendOf('web', [at(1)])
    const dns: Backend = { ...web, endpoints: web.endpoints.map((one) => ({ ...one, protocol: 'udp' })) }
    expect(render([dns]).size).toBe(0)
    expect(render([dns], [itemOf('web', { byHand: serverOf('http://10.0.0.9:1') })]).size).toBe(0)
  })

  it('has https URLs where the scheme option says so', () => {
    const scheme = ({ port }: Endpoint) => (port === 443 ? 'https' : 'http')
    expect(serversOf([backendOf('web', [at(1, 443), at(1, 80)])], [], { ...options, scheme })).toEqual({
      '10.0.0.1:443': serverOf('https://10.0.0.1:443'),
      '10.0.0.1:80': serverOf('http://10.0.0.1:80'),
    })
  })

  it('never gives a weight that Traefik refuses', () => {
    const web = backendOf('web', [at(1)])
    const weighing = (weight: number) =>
      serversOf([{ ...web, endpoints: web.endpoints.map((endpoint) => ({ ...endpoint, weight })) }])
    expect(weighing(-3)).toEqual({ '10.0.0.1:8080': serverOf('http://10.0.0.1:8080', '0') })
    expect(weighing(2.6)).toEqual({ '10.0.0.1:8080': serverOf('http://10.0.0.1:8080', '3') })
  })

  it('exists for a backend that is known to be empty, and not yet for one of which nothing is known', () => {
    expect([...render([backendOf('web', [])]).keys()]).toEqual(['web__backend'])
    expect(render([backendOf('web', [], { complete: false })]).size).toBe(0)
  })
})

describe('what an item becomes', () => {
  it('keeps a server whose URL is desired under its key, with its weight and all else that it has', () => {
    const byHand = serverOf('http://10.0.0.1:8080', '7', { note: { S: 'the fast one' } })
    expect(
      serversOf(
        [backendOf('web', [at(1), at(2)])],
        [itemOf('web', { fast: byHand, gone: serverOf('http://10.0.0.9:1') })],
      ),
    ).toEqual({ fast: byHand, '10.0.0.2:8080': serverOf('http://10.0.0.2:8080') })
  })

  it.each(['http://10.0.0.1:80', 'HTTP://10.0.0.1:80/', 'http://10.0.0.1', 'http://10.0.0.1/'])(
    'recognises %s as port 80 of that host',
    (url) => {
      const servers = { any: serverOf(url, '2') }
      expect(serversOf([backendOf('web', [at(1, 80)])], [itemOf('web', servers)])).toEqual(servers)
    },
  )

  it('takes away only what is gone while the backend is incomplete, whatever its key, scheme or path', () => {
    const stays = {
      unexplained: serverOf('http://10.0.0.9:8080', '3'),
      strange: serverOf('what is this'),
      odd: { S: 'not even a map' },
    }
    const leaves = {
      '10.0.0.1:8080': serverOf('http://10.0.0.1:8080'),
      secure: serverOf('https://10.0.0.1:8080/app'),
    }
    const web = backendOf('web', [at(2)], { gone: [at(1)], complete: false })
    expect(serversOf([web], [itemOf('web', { ...stays, ...leaves })])).toEqual({
      ...stays,
      '10.0.0.2:8080': serverOf('http://10.0.0.2:8080'),
    })
  })

  it('adds beside an unexplained server that sits on its key', () => {
    const other = { '10.0.0.1:8080': serverOf('https://10.0.0.1:8080') }
    expect(serversOf([backendOf('web', [at(1)], { complete: false })], [itemOf('web', other)])).toEqual({
      ...other,
      'http://10.0.0.1:8080': serverOf('http://10.0.0.1:8080'),
    })
  })

  it('repairs a weight for which Traefik would drop the whole item, and keeps the rest of the server', () => {
    const server = { M: { url: { S: 'http://10.0.0.1:8080' }, weight: { S: '1' }, note: { BOOL: true } } }
    expect(serversOf([backendOf('web', [at(1)])], [itemOf('web', { any: server })])).toEqual({
      any: serverOf('http://10.0.0.1:8080', '0', { note: { BOOL: true } }),
    })
  })

  it('is the held value itself when nothing changes', () => {
    const before = held(itemOf('web', { any: serverOf('http://10.0.0.1:8080') }))
    const after = itemRenderer(options)(backendsOf([backendOf('web', [at(1)])]), before)
    expect(after.get('web__backend')).toBe(before.get('web__backend'))
  })

  it('is found by its name, whatever its id', () => {
    const plain = { ...itemOf('web', {}), id: { S: 'web' } }
    expect([...render([backendOf('web', [at(1)])], [plain]).keys()]).toEqual(['web'])
  })

  it('is the same for each of several items of one name, as Traefik takes either', () => {
    const plain = { ...itemOf('web', {}), id: { S: 'web' } }
    const both = render([backendOf('web', [at(1)])], [plain, itemOf('web', {})])
    expect([...both.keys()].sort()).toEqual(['web', 'web__backend'])
    expect(both.get('web')?.servers).toEqual(both.get('web__backend')?.servers)
  })

  it('leaves an item of another name in peace that sits on its id', () => {
    const api = { ...itemOf('api', {}), id: { S: 'web__backend' } }
    const wanted = render([backendOf('web', [at(1)]), backendOf('api', [at(2)])], [api])
    expect(Object.fromEntries([...wanted].map(([key, { name }]) => [key, name]))).toEqual({
      web__backend: 'api',
      'web__backend (2)': 'web',
    })
  })
})

describe('reading an item', () => {
  const web = itemOf('web', {})
  const { name: _name, ...nameless } = web
  const { backend: _backend, ...bare } = web

  it('skips frontends, also those on the id of a backend, and items that are neither', () => {
    const rows = held(
      { id: { S: 'web__frontend' }, name: { S: 'web' }, frontend: { M: {} } },
      { id: { S: 'api__backend' }, name: { S: 'api' }, frontend: { M: {} } },
      { id: { S: 'note' } },
    )
    expect(rows.size).toBe(0)
  })

  it('takes an item with both for a backend, as Traefik does, and one that lost its settings by its id', () => {
    expect([...held({ ...web, frontend: { M: {} } }).keys()]).toEqual(['web__backend'])
    expect([...held(bare).keys()]).toEqual(['web__backend'])
  })

  it.each<[string, Item, string]>([
    ['no name', nameless, '`name`'],
    ['a name that is a number', { ...web, name: { N: '1' } }, '`name`'],
    ['a version that is a string', { ...web, version: { S: '1' } }, '`version`'],
    ['a backend in JSON', { ...web, backend: { S: '{}' } }, '`backend`'],
    ['servers in a list', { ...web, backend: { M: { servers: { L: [] } } } }, '`backend.servers`'],
  ])('says what is wrong with %s, and never takes it for what is wanted', (_case, item, flaw) => {
    const [before] = [...held(item).values()] as [TraefikBackend]
    expect(before.name).toBe(item['name']?.S ?? 'web')
    expect(flawsOf(before)).toEqual([expect.stringContaining(flaw)])
    expect(sameBackend(before, { ...before, held: undefined })).toBe(false)
  })

  it('takes an owner that is not a string for a foreign one', () => {
    expect(rowOf({ ...web, owner: { N: '1' } }, 'owner')).toMatchObject({
      owner: '{"N":"1"}',
    })
  })

  it('and rendering onto it never throw, and give what Traefik reads, whatever an item holds', () => {
    const anything = fc.option(attributeValues, { nil: undefined })
    fc.assert(
      fc.property(
        fc.record({
          name: anything,
          version: anything,
          owner: anything,
          backend: anything,
          servers: anything,
          server: anything,
          url: anything,
          weight: anything,
        }),
        (odd) => {
          const defined = (attributes: Readonly<Record<string, AttributeValue | undefined>>): Item =>
            Object.fromEntries(
              Object.entries(attributes).flatMap(([key, value]) =>
                value === undefined ? [] : [[key, value]],
              ),
            )
          const server = odd.server ?? { M: defined({ url: odd.url, weight: odd.weight }) }
          const backend = odd.backend ?? { M: { servers: odd.servers ?? { M: { any: server } } } }
          const item = {
            id: { S: 'web__backend' },
            backend,
            ...defined({ name: odd.name, version: odd.version, owner: odd.owner }),
          }
          const before = held(item)
          const name = before.get('web__backend')?.name ?? ''
          const after = itemRenderer(options)(backendsOf([backendOf(name, [at(1)])]), before).get(
            'web__backend',
          )
          if (after === undefined) throw new Error('not rendered')
          expect(readAsTraefik(newItem('web__backend', after, write))).toMatchObject({
            _tag: 'backend',
            servers: new Map([['10.0.0.1:8080', { url: 'http://10.0.0.1:8080', weight: 1 }]]),
          })
        },
      ),
      { numRuns: 500 },
    )
  })
})
