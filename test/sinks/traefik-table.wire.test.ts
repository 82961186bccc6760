import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { type FaultProxy, faultProxy, half } from '../../sim/faults/fault-proxy.js'
import type { Address } from '../../src/core/desired.js'
import type { Outcome } from '../../src/core/sink.js'
import { traefikTable } from '../../src/sinks/traefik/table/index.js'
import type { TraefikBackend } from '../../src/sinks/traefik/table/item.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import { attributeValues, unknownAttributes } from '../support/attribute-values.js'
import {
  type Item,
  itemOf,
  reconcileOnce,
  reconcileUntilQuiet,
  serverOf,
  serversIn,
  TableOfBackends,
  urlsIn,
} from '../support/table-of-backends.js'
import { type TraefikTableContract, traefikTableHarness } from '../support/traefik-table-harness.js'
import { readAsTraefik } from '../support/traefik-v1-rules.js'
import { contractRuns } from '../laws/runs.js'

const { signal } = new AbortController()
const at = (last: number, port = 8080): Address => ({ host: `10.0.0.${last}`, port })
const many = (count: number): Address[] =>
  Array.from({ length: count }, (_, n) => ({
    host: `10.${n >> 14}.${(n >> 6) % 256}.${n % 64}`,
    port: 32768 + n,
  }))
const web = (...addresses: Address[]) => backendsOf([backendOf('web', addresses)])
const tagsOf = (outcomes: readonly Outcome<TraefikBackend>[]) =>
  Object.fromEntries(outcomes.map(({ key, _tag }) => [key, _tag]))

let dynamo: EmbeddedDynamoDb
let tables = 0

beforeAll(async () => {
  dynamo = await embeddedDynamoDb()
})
afterAll(() => dynamo.close())

const tableOf = async (client = dynamo.client()): Promise<TableOfBackends> => {
  const table = `backends-${++tables}`
  await dynamo.createTable(table)
  return new TableOfBackends(client, table)
}

/** Whatever was done to it, Traefik must be able to read it. */
const expectReadable = async (table: TableOfBackends): Promise<void> => {
  for (const item of (await table.items()).values()) expect(readAsTraefik(item)._tag).toBe('backend')
}

const harness = async (options: TraefikTableContract) =>
  traefikTableHarness(dynamo, `contract-${++tables}`, options)

sinkContract('traefikTable', () => harness({}), { runs: contractRuns(10) })
sinkContract(
  'traefikTable that does not adopt and deletes',
  () => harness({ adopt: false, prune: 'delete' }),
  {
    runs: contractRuns(6),
  },
)

describe('writing to the table', () => {
  it('keeps every attribute that is not ours byte for byte, of every type and at every depth', async () => {
    const table = await tableOf()
    const sink = traefikTable(table)
    await fc.assert(
      fc.asyncProperty(
        unknownAttributes,
        unknownAttributes,
        unknownAttributes,
        attributeValues,
        fc.option(fc.nat(), { nil: undefined }),
        async (aside, settings, ofServer, leaving, version) => {
          const item: Item = {
            ...aside,
            id: { S: 'web__backend' },
            name: { S: 'web' },
            ...(version === undefined ? {} : { version: { N: String(version) } }),
            backend: {
              M: {
                ...settings,
                servers: { M: { 'by hand': serverOf('http://10.0.0.1:8080', '7', ofServer), leaving } },
              },
            },
          }
          await table.put(item)
          const before = await table.get('web__backend')
          expect(tagsOf(await reconcileOnce(sink, web(at(1), at(2))))).toEqual({ web__backend: 'Done' })
          const after = await table.get('web__backend')
          expect(after).toEqual({
            ...before,
            version: { N: String(version === undefined ? 1 : version + 1) },
            owner: { S: 'worker' },
            backend: {
              M: {
                ...before?.['backend']?.M,
                servers: {
                  M: {
                    'by hand': serversIn(before)['by hand'],
                    '10.0.0.2:8080': serverOf('http://10.0.0.2:8080'),
                  },
                },
              },
            },
          })
          await expectReadable(table)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('begins at version 0 and counts each write once, also after a delete', async () => {
    const table = await tableOf()
    const sink = traefikTable({ table: table.table, client: table.client, prune: 'delete' })
    const versions: unknown[] = []
    for (const backends of [web(), web(at(1)), web(at(1)), web(at(2)), backendsOf([]), web(at(3))]) {
      await reconcileOnce(sink, backends)
      versions.push((await table.get('web__backend'))?.['version']?.N)
    }
    expect(versions).toEqual(['0', '1', '1', '2', undefined, '0'])
  })

  it.each<[string, Item | undefined]>([
    ['no backend at all', undefined],
    ['a backend without servers', { backend: { M: { maxConn: { M: { amount: { N: '9' } } } } } }],
    ['a backend that is NULL', { backend: { NULL: true } }],
    ['servers that are NULL', { backend: { M: { servers: { NULL: true } } } }],
  ])('adopts an item with %s', async (_case, rest) => {
    const table = await tableOf()
    await table.put({ id: { S: 'web__backend' }, name: { S: 'web' }, ...rest })
    await reconcileOnce(traefikTable(table), web(at(1)))
    expect(await table.get('web__backend')).toMatchObject({
      ...(rest?.['backend']?.M?.['maxConn'] === undefined ? {} : rest),
      version: { N: '1' },
      owner: { S: 'worker' },
    })
    expect(urlsIn(await table.get('web__backend'))).toEqual(['http://10.0.0.1:8080'])
    await expectReadable(table)
  })

  it('uses the item of that name instead of making a second one', async () => {
    const table = await tableOf()
    await table.put({ ...itemOf('web', {}), id: { S: 'web' } })
    await reconcileOnce(traefikTable(table), web(at(1)))
    expect([...(await table.items()).keys()]).toEqual(['web'])
    expect(urlsIn(await table.get('web'))).toEqual(['http://10.0.0.1:8080'])
  })

  it('never touches frontends, and says which one has the id of a backend', async () => {
    const table = await tableOf()
    const frontends = ['web__frontend', 'web__backend'].map((id) => ({
      id: { S: id },
      name: { S: 'web' },
      frontend: { M: { backend: { S: 'web' } } },
    }))
    for (const frontend of frontends) await table.put(frontend)
    const sink = traefikTable(table)
    expect(await sink.read(signal)).toEqual([])
    expect(await reconcileOnce(sink, web(at(1)))).toMatchObject([
      {
        _tag: 'Rejected',
        key: 'web__backend',
        reason: expect.stringContaining('is not a backend') as string,
      },
    ])
    expect([...(await table.items()).values()].sort((a, b) => (a['id']!.S! < b['id']!.S! ? 1 : -1))).toEqual(
      frontends,
    )
  })

  const malformed: [string, Item][] = [
    ['no name', { name: { NULL: true } }],
    ['a version that is no number', { version: { S: 'two' } }],
    ['a backend that is no map', { backend: { S: '{}' } }],
    ['servers that are no map', { backend: { M: { servers: { L: [] }, maxConn: { M: {} } } } }],
  ]
  it.each(malformed)('repairs an own item with %s', async (_case, rest) => {
    const table = await tableOf()
    await table.put(itemOf('web', {}, { ...rest, owner: { S: 'worker' } }))
    const sink = traefikTable(table)
    await reconcileOnce(sink, web(at(1)))
    expect(await reconcileOnce(sink, web(at(1)))).toEqual([])
    expect(urlsIn(await table.get('web__backend'))).toEqual(['http://10.0.0.1:8080'])
    expect((await table.get('web__backend'))?.['version']).toEqual({ N: rest['version'] ? '1' : '4' })
    expect((await table.get('web__backend'))?.['backend']?.M?.['maxConn']).toEqual(
      rest['backend']?.M?.['maxConn'],
    )
    await expectReadable(table)
  })
  it.each(malformed)(
    'rejects an item without an owner with %s, and writes the others',
    async (_case, rest) => {
      const table = await tableOf()
      const item = itemOf('web', {}, rest)
      await table.put(item)
      const outcomes = await reconcileOnce(
        traefikTable(table),
        backendsOf([backendOf('web', [at(1)]), backendOf('api', [at(2)])]),
      )
      expect(tagsOf(outcomes)).toEqual({ web__backend: 'Rejected', api__backend: 'Done' })
      expect(await table.get('web__backend')).toEqual(item)
    },
  )

  it('empties what nothing desires, so that Traefik answers 503 and not 404', async () => {
    const table = await tableOf()
    const sink = traefikTable(table)
    await reconcileOnce(sink, web(at(1)))
    await reconcileOnce(sink, backendsOf([]))
    expect(readAsTraefik((await table.get('web__backend'))!)).toEqual({
      _tag: 'backend',
      name: 'web',
      servers: new Map(),
    })
  })

  it('writes a backend of 1,000 servers', async () => {
    const table = await tableOf()
    const sink = traefikTable(table)
    await reconcileOnce(sink, web(...many(500)))
    await reconcileOnce(sink, web(...many(1000)))
    expect(urlsIn(await table.get('web__backend'))).toEqual(
      many(1000)
        .map(({ host, port }) => `http://${host}:${port}`)
        .sort(),
    )
    await expectReadable(table)
  })

  it('rejects what is larger than an item can be, new or grown, and writes the others', async () => {
    const table = await tableOf()
    const sink = traefikTable(table)
    await reconcileOnce(sink, web(at(1)))
    const outcomes = await reconcileOnce(
      sink,
      backendsOf([backendOf('web', many(10_000)), backendOf('new', many(10_000)), backendOf('api', [at(2)])]),
    )
    expect(tagsOf(outcomes)).toEqual({
      web__backend: 'Rejected',
      new__backend: 'Rejected',
      api__backend: 'Done',
    })
    for (const outcome of outcomes)
      if (outcome._tag === 'Rejected') expect(outcome.reason).toContain('too little for 10000 servers')
    expect(urlsIn(await table.get('web__backend'))).toEqual(['http://10.0.0.1:8080'])
  })

  it('reads a table of many pages', async () => {
    const table = await tableOf()
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const name of names) await table.put(itemOf(name, {}, { ballast: { S: 'x'.repeat(300_000) } }))
    const rows = await traefikTable(table).read(signal)
    expect(rows.map(({ value }) => value.name).sort()).toEqual(names)
    expect(rows.map(({ value }) => Object.keys(value.held ?? {}).sort())).toEqual(
      names.map(() => ['backend', 'id', 'name', 'version']),
    )
  })
})

describe('racing for the table', () => {
  it('50 writers lose no server, and the version counts every write', async () => {
    const table = await tableOf()
    const written = await Promise.all(
      many(50).map((address) =>
        reconcileUntilQuiet(
          traefikTable(table),
          backendsOf([backendOf('web', [address], { complete: false })]),
          { complete: false },
        ),
      ),
    )
    const item = await table.get('web__backend')
    expect(Object.keys(serversIn(item))).toHaveLength(50)
    expect(item?.['version']?.N).toBe(String(written.reduce((sum, count) => sum + count, 0) - 1))
  })

  it('a conflict says what is there now, from the refusal itself where the table returns it', async () => {
    const item = itemOf('web', { theirs: serverOf('http://10.0.0.9:1') }, { owner: { S: 'other' } })
    const asked: string[] = []
    const stub = await stubbedTable((operation) => {
      asked.push(operation)
      return {
        __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
        message: 'no',
        Item: item,
      }
    })
    const [[key, after]] = [...stub.sink.render(web(at(1)), new Map())] as [[string, TraefikBackend]]
    const outcomes = await stub.sink.apply([{ _tag: 'Create', key, after }], 'worker', signal)
    expect(outcomes).toMatchObject([{ _tag: 'Conflict', found: { key, owner: 'other', etag: '3' } }])
    expect(asked).toEqual(['PutItem'])
    await stub.close()
  })

  it('a conflict over an item that went away finds none', async () => {
    const table = await tableOf()
    const sink = traefikTable({ table: table.table, client: table.client, prune: 'delete' })
    await reconcileOnce(sink, web(at(1)))
    const [before] = await sink.read(signal)
    await reconcileOnce(sink, backendsOf([]))
    const change = { _tag: 'Update', key: before!.key, before: before!, after: before!.value } as const
    expect(await sink.apply([change], 'worker', signal)).toEqual([
      { _tag: 'Conflict', key: 'web__backend', found: undefined },
    ])
    expect((await table.items()).size).toBe(0)
  })
})

describe('when the table fails', () => {
  const behindProxy = async (maxAttempts = 1) => {
    const table = await tableOf()
    const proxy = await faultProxy({ target: dynamo.url })
    const client = dynamo.client({ endpoint: proxy.url, maxAttempts })
    return { table, proxy, sink: traefikTable({ table: table.table, client }) }
  }
  const losing = (proxy: FaultProxy, operation: string): void => {
    proxy.faults = (asked, count) => (asked === operation && count === 1 ? 'lost-answer' : 'ok')
  }

  it.each([1, 3])('a lost answer is written once, with %i attempts of the client', async (maxAttempts) => {
    const { table, proxy, sink } = await behindProxy(maxAttempts)
    losing(proxy, 'PutItem')
    await reconcileUntilQuiet(sink, web(at(1)))
    losing(proxy, 'UpdateItem')
    await reconcileUntilQuiet(sink, web(at(2)))
    const item = await table.get('web__backend')
    expect(urlsIn(item)).toEqual(['http://10.0.0.2:8080'])
    expect(item?.['version']?.N).toBe('1')
    await proxy.close()
  })

  it('half of the calls throttled or refused: exact in the end, and each write counted once', async () => {
    const { table, proxy, sink } = await behindProxy()
    proxy.faults = half(7)
    const names = ['web', 'api', 'mail', 'shop']
    for (const last of [1, 2, 3])
      await reconcileUntilQuiet(sink, backendsOf(names.map((name) => backendOf(name, [at(last)]))))
    for (const name of names) {
      const item = await table.get(`${name}__backend`)
      expect(urlsIn(item)).toEqual(['http://10.0.0.3:8080'])
      expect(item?.['version']?.N).toBe('2')
    }
    await proxy.close()
  })

  it('what was throttled failed, each for itself', async () => {
    const { proxy, sink } = await behindProxy()
    proxy.faults = (operation, count) => (operation === 'PutItem' && count === 1 ? 'throttle' : 'ok')
    const outcomes = await reconcileOnce(sink, backendsOf([backendOf('web', []), backendOf('api', [])]))
    expect(outcomes.map(({ _tag }) => _tag).sort()).toEqual(['Done', 'Failed'])
    await proxy.close()
  })

  it('a conflict whose refusal does not contain the item is read, and is unread if it cannot be', async () => {
    const refusal = {
      __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
      message: 'no',
    }
    const denial = { __type: 'com.amazon.coral.service#AccessDeniedException', message: 'denied' }
    const found = itemOf('web', {}, { owner: { S: 'other' } })
    for (const [answer, expected] of [
      [{ Item: found }, { owner: 'other' }],
      [denial, 'unread'],
    ] as const) {
      const stub = await stubbedTable((operation) => (operation === 'GetItem' ? answer : refusal))
      const [[key, after]] = [...stub.sink.render(web(at(1)), new Map())] as [[string, TraefikBackend]]
      expect(await stub.sink.apply([{ _tag: 'Create', key, after }], 'worker', signal)).toMatchObject([
        { _tag: 'Conflict', key, found: expected },
      ])
      await stub.close()
    }
  })

  it('a failed page fails the whole read', async () => {
    const { table, proxy, sink } = await behindProxy()
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      await table.put(itemOf(name, {}, { ballast: { S: 'x'.repeat(300_000) } }))
    proxy.faults = (_operation, count) => (count === 2 ? 'throttle' : 'ok')
    await expect(sink.read(signal)).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' })
    await proxy.close()
  })

  it('an abort ends the calls that hang', async () => {
    const { proxy, sink } = await behindProxy()
    const abort = new AbortController()
    const pending = reconcileOnce(sink, web(at(1)), { signal: abort.signal })
    proxy.faults = (operation) => {
      if (operation === 'PutItem') setImmediate(() => abort.abort())
      return operation === 'PutItem' ? 'hang' : 'ok'
    }
    expect(await pending).toMatchObject([{ _tag: 'Failed', error: { name: 'AbortError' } }])
    await expect(sink.read(abort.signal)).rejects.toMatchObject({ name: 'AbortError' })
    await proxy.close()
  })

  it('no more than `concurrency` writes are under way, and all are made', async () => {
    const waiting: (() => void)[] = []
    let most = 0
    // Nobody is answered before three have come.
    const stub = await stubbedTable(async () => {
      const answered = new Promise<void>((resolve) => waiting.push(resolve))
      most = Math.max(most, waiting.length)
      if (waiting.length >= 3) for (const answer of waiting.splice(0)) answer()
      await answered
      return {}
    })
    const names = Array.from({ length: 21 }, (_, n) => `service-${n}`)
    const wanted = stub.sink.render(backendsOf(names.map((name) => backendOf(name, []))), new Map())
    const changes = [...wanted].map(([key, after]) => ({ _tag: 'Create', key, after }) as const)
    expect(await stub.sink.apply(changes, 'worker', signal)).toHaveLength(21)
    expect(most).toBe(3)
    await stub.close()
  })

  it('says which table is missing, and where', async () => {
    const sink = traefikTable({ table: 'nowhere', client: dynamo.client() })
    await expect(sink.read(signal)).rejects.toThrow('no DynamoDB table "nowhere" in us-east-1')
    const [[key, after]] = [...sink.render(web(at(1)), new Map())] as [[string, TraefikBackend]]
    expect(await sink.apply([{ _tag: 'Create', key, after }], 'worker', signal)).toMatchObject([
      { _tag: 'Failed', error: { message: expect.stringContaining('"nowhere"') as string } },
    ])
  })

  it('says which permission is missing', async () => {
    const stub = await stubbedTable(() => ({
      __type: 'com.amazon.coral.service#AccessDeniedException',
      message: 'denied',
    }))
    await expect(stub.sink.read(signal)).rejects.toThrow('dynamodb:Scan on table "stubbed" in us-east-1')
    const [[key, after]] = [...stub.sink.render(web(at(1)), new Map())] as [[string, TraefikBackend]]
    expect(await stub.sink.apply([{ _tag: 'Create', key, after }], 'worker', signal)).toMatchObject([
      { _tag: 'Failed', error: { message: expect.stringContaining('dynamodb:PutItem') as string } },
    ])
    await stub.close()
  })

  it.each([
    { weight: -1 },
    { weight: 1.5 },
    { concurrency: 0 },
    { ownerAttribute: 'version' },
    { ownerAttribute: '' },
  ])('refuses %o at once', (options) => {
    expect(() => traefikTable({ table: 'any', client: dynamo.client(), ...options })).toThrow(RangeError)
  })
})

/** A table that answers as told, for what the embedded server does not do. An answer with `__type` is an error. */
const stubbedTable = async (answer: (operation: string) => object | Promise<object>) => {
  const server = createServer((request, response) => {
    const respond = async (): Promise<void> => {
      await text(request)
      const body = await answer(String(request.headers['x-amz-target']).split('.')[1] ?? '')
      response.writeHead('__type' in body ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify(body))
    }
    void respond()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'stub', secretAccessKey: 'stub' },
  })
  return {
    sink: traefikTable({ table: 'stubbed', client, concurrency: 3 }),
    close: async () => {
      client.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
