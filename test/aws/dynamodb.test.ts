/**
 * What the table's sink relies on, at DynamoDB Local, which is Amazon's own, at moto, and at the server that our
 * other tests run against.
 */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  PutItemCommand,
  type PutItemCommandInput,
  ScanCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DynamoDbTables, dynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import type { Address } from '../../src/core/desired.js'
import { traefikTable } from '../../src/sinks/traefik/table/index.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import { contractRuns } from '../laws/runs.js'
import { unknownAttributes } from '../support/attribute-values.js'
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
import { traefikTableHarness } from '../support/traefik-table-harness.js'
import { type Candidate, lawsFor } from './candidates.js'
import { dynamoDbLocalUrl, moto } from './witnesses.js'

const reference = (url: string): Candidate<DynamoDbTables> => ({
  name: 'DynamoDB Local',
  open: () => Promise.resolve(dynamoDbTables(url)),
})

const candidates: readonly Candidate<DynamoDbTables>[] = [
  ...(dynamoDbLocalUrl === undefined ? [] : [reference(dynamoDbLocalUrl)]),
  {
    name: 'moto',
    open: async () => {
      await moto.empty()
      return dynamoDbTables(moto.url)
    },
    deviations: {
      'are written back in one spelling': 'moto keeps the spelling',
      'is refused when it grows': 'moto limits items that are put, not those that are updated',
      'is rejected by the sink': 'moto limits items that are put, not those that are updated',
      'attributes that are not ours': 'moto respells numbers and reorders sets that are written again',
      'racing writers': 'moto looks at the condition and writes in two steps, with no lock around them',
    },
  },
  { name: 'the embedded server', open: embeddedDynamoDb },
]

describe.skipIf(dynamoDbLocalUrl !== undefined)('DynamoDB Local', () => {
  it.skip('is the reference, and is not here: it needs a JDK and Maven', () => undefined)
})

const key = { id: { S: 'web__backend' } }
const at = (last: number): Address => ({ host: `10.0.0.${last}`, port: 8080 })
const many = (count: number): Address[] =>
  Array.from({ length: count }, (_, n) => ({ host: `10.0.${n >> 8}.${n % 256}`, port: 8080 }))
const web = (...addresses: Address[]) => backendsOf([backendOf('web', addresses)])

describe.each(candidates)('$name', (candidate) => {
  const law = lawsFor(candidate)
  let tables: DynamoDbTables
  let made = 0
  beforeAll(async () => {
    tables = await candidate.open()
  })
  afterAll(() => tables.close())

  const tableOf = async (...items: readonly Item[]): Promise<TableOfBackends> => {
    const table = new TableOfBackends(tables.client({ maxAttempts: 1 }), `table-${process.pid}-${++made}`)
    await tables.createTable(table.table)
    for (const item of items) await table.put(item)
    return table
  }
  const put = ({ client, table }: TableOfBackends, input: Omit<PutItemCommandInput, 'TableName'>) =>
    client.send(new PutItemCommand({ TableName: table, ...input }))
  const update = (
    { client, table }: TableOfBackends,
    input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
  ) => client.send(new UpdateItemCommand({ TableName: table, Key: key, ...input }))
  /** Whether a write under the condition that `attribute` has this value is done. */
  const holds = async (item: Item, attribute: string, value: AttributeValue): Promise<boolean> => {
    const table = await tableOf(item)
    const write = update(table, {
      UpdateExpression: 'SET touched = :touched',
      ConditionExpression: `${attribute} = :value`,
      ExpressionAttributeValues: { ':value': value, ':touched': { BOOL: true } },
    })
    return write.then(
      () => true,
      (error: unknown) => {
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      },
    )
  }
  const refusal = (write: Promise<unknown>): Promise<Error> =>
    write.then(
      () => new Error('it was done'),
      (error: unknown) => error as Error,
    )

  describe('conditions', () => {
    const servers = { a: serverOf('http://10.0.0.1:80', '7'), b: serverOf('http://10.0.0.2:80') }
    const item = itemOf('web', servers)

    law('on a map hold for the same map, whatever the order of its keys', async () => {
      const { a, b } = servers
      expect(await holds(item, 'backend.servers', { M: { a, b } })).toBe(true)
      expect(await holds(item, 'backend.servers', { M: { b, a } })).toBe(true)
      expect(await holds(itemOf('web', {}), 'backend.servers', { M: {} })).toBe(true)
    })

    law('on a map do not hold for another map: fewer, more, or different entries', async () => {
      const { a, b } = servers
      for (const other of [
        {},
        { a },
        { a, b, c: a },
        { a, b: a },
        { a, b: serverOf('http://10.0.0.2:80', '1') },
      ])
        expect(await holds(item, 'backend.servers', { M: other })).toBe(false)
    })

    law('on sets and lists in a map compare members: of sets in any order, of lists in theirs', async () => {
      const held = {
        ...item,
        backend: { M: { servers: { M: { s: { SS: ['x', 'y'] }, l: { L: [{ N: '1' }, { N: '2' }] } } } } },
      }
      const same = { s: { SS: ['y', 'x'] }, l: { L: [{ N: '1' }, { N: '2' }] } }
      expect(await holds(held, 'backend.servers', { M: same })).toBe(true)
      expect(
        await holds(held, 'backend.servers', { M: { ...same, l: { L: [{ N: '2' }, { N: '1' }] } } }),
      ).toBe(false)
      expect(await holds(held, 'backend.servers', { M: { ...same, s: { SS: ['x'] } } })).toBe(false)
    })

    law('on numbers compare values, not texts, also inside maps', async () => {
      expect(await holds(item, 'version', { N: '3.0' })).toBe(true)
      expect(await holds(item, 'version', { N: '03' })).toBe(true)
      expect(await holds(item, 'version', { N: '4' })).toBe(false)
      const respelled = { ...servers, a: serverOf('http://10.0.0.1:80', '7.0') }
      expect(await holds(item, 'backend.servers', { M: respelled })).toBe(true)
    })

    law('distinguish types: a number is not the same text', async () => {
      expect(await holds(item, 'version', { S: '3' })).toBe(false)
    })

    law('fail for an attribute that there is not, and for an item that there is not', async () => {
      expect(await holds(item, 'absent', { S: '' })).toBe(false)
      expect(await holds({ id: { S: 'another' } }, 'version', { N: '3' })).toBe(false)
    })

    law('that fail carry the item, if that is asked for', async () => {
      const table = await tableOf(item)
      const create = put(table, {
        Item: itemOf('web', {}),
        ConditionExpression: 'attribute_not_exists(id)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
      expect(await refusal(create)).toMatchObject({ name: 'ConditionalCheckFailedException', Item: item })
      const change = update(table, {
        UpdateExpression: 'SET version = :next',
        ConditionExpression: 'version = :read',
        ExpressionAttributeValues: { ':read': { N: '2' }, ':next': { N: '3' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
      expect(await refusal(change)).toMatchObject({ name: 'ConditionalCheckFailedException', Item: item })
    })

    law('that fail over an item that there is not carry none', async () => {
      const change = update(await tableOf(), {
        UpdateExpression: 'SET version = :next',
        ConditionExpression: 'attribute_exists(id)',
        ExpressionAttributeValues: { ':next': { N: '3' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
      const error = await refusal(change)
      expect(error.name).toBe('ConditionalCheckFailedException')
      expect(error).not.toHaveProperty('Item.id')
    })
  })

  describe('updates', () => {
    law('answer with the whole new item, the rest of it as it was', async () => {
      const table = await tableOf(itemOf('web', {}, { other: { SS: ['x'] } }))
      const { Attributes } = await update(table, {
        UpdateExpression: 'SET #version = #version + :one, #backend.#servers = :servers',
        ExpressionAttributeNames: { '#version': 'version', '#backend': 'backend', '#servers': 'servers' },
        ExpressionAttributeValues: {
          ':one': { N: '1' },
          ':servers': { M: { a: serverOf('http://10.0.0.1:80') } },
        },
        ReturnValues: 'ALL_NEW',
      })
      const expected = itemOf(
        'web',
        { a: serverOf('http://10.0.0.1:80') },
        { other: { SS: ['x'] }, version: { N: '4' } },
      )
      expect(Attributes).toEqual(expected)
      expect(await table.get('web__backend')).toEqual(expected)
    })

    law('count with 38 digits', async () => {
      const table = await tableOf(itemOf('web', {}, { version: { N: '9007199254740993' } }))
      const { Attributes } = await update(table, {
        UpdateExpression: 'SET version = version + :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      })
      expect(Attributes?.['version']).toEqual({ N: '9007199254740994' })
    })

    law('into a map that there is not are refused as invalid', async () => {
      const table = await tableOf({ ...key, name: { S: 'web' } })
      const into = update(table, {
        UpdateExpression: 'SET backend.servers = :servers',
        ExpressionAttributeValues: { ':servers': { M: {} } },
      })
      expect(await refusal(into)).toMatchObject({ name: 'ValidationException' })
    })
  })

  describe('numbers', () => {
    law('are written back in one spelling', async () => {
      const spellings = { a: '1e3', b: '1.50', c: '007', d: '-0', e: '100.00' }
      const table = await tableOf({
        ...key,
        ...Object.fromEntries(Object.entries(spellings).map(([name, N]) => [name, { N }])),
      })
      expect(await table.get('web__backend')).toEqual({
        ...key,
        a: { N: '1000' },
        b: { N: '1.5' },
        c: { N: '7' },
        d: { N: '0' },
        e: { N: '100' },
      })
    })
  })

  describe('an item larger than 400 KB', () => {
    const large = { S: 'x'.repeat(410_000) }

    law('is refused when it is put, and the reason says size', async () => {
      const table = await tableOf()
      expect(await refusal(put(table, { Item: { ...key, ballast: large } }))).toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(/size/i) as string,
      })
    })

    law('is refused when it grows to that, and the reason says size', async () => {
      const table = await tableOf(itemOf('web', {}))
      const grow = update(table, {
        UpdateExpression: 'SET ballast = :large',
        ExpressionAttributeValues: { ':large': large },
      })
      expect(await refusal(grow)).toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(/size/i) as string,
      })
      expect(await table.get('web__backend')).toEqual(itemOf('web', {}))
    })

    law('is rejected by the sink, which says what to do, and the others are written', async () => {
      const table = await tableOf()
      const sink = traefikTable(table)
      await reconcileOnce(sink, web(at(1)))
      const outcomes = await reconcileOnce(
        sink,
        backendsOf([backendOf('web', many(9_000)), backendOf('new', many(9_000)), backendOf('api', [at(2)])]),
      )
      expect(Object.fromEntries(outcomes.map(({ key: id, _tag }) => [id, _tag]))).toEqual({
        web__backend: 'Rejected',
        new__backend: 'Rejected',
        api__backend: 'Done',
      })
      for (const outcome of outcomes)
        if (outcome._tag === 'Rejected')
          expect(outcome.reason).toContain('expose them under several backend names')
      expect(urlsIn(await table.get('web__backend'))).toEqual(['http://10.0.0.1:8080'])
    })
  })

  describe('a scan', () => {
    law('comes in pages of 1 MB, of which the sink reads all', async () => {
      const names = ['a', 'b', 'c', 'd', 'e']
      const table = await tableOf(
        ...names.map((name) => itemOf(name, {}, { ballast: { S: 'x'.repeat(300_000) } })),
      )
      const { LastEvaluatedKey } = await table.client.send(new ScanCommand({ TableName: table.table }))
      expect(LastEvaluatedKey).toBeDefined()
      const rows = await traefikTable(table).read(new AbortController().signal)
      expect(rows.map(({ value }) => value.name).sort()).toEqual(names)
    })

    law('leaves frontends out', async () => {
      const frontend = {
        id: { S: 'web__frontend' },
        name: { S: 'web' },
        frontend: { M: { backend: { S: 'web' } } },
      }
      const table = await tableOf(itemOf('web', {}), frontend, { id: { S: 'bare__backend' } })
      const rows = await traefikTable(table).read(new AbortController().signal)
      expect(rows.map((row) => row.key).sort()).toEqual(['bare__backend', 'web__backend'])
    })

    law('of a table that there is not says so', async () => {
      const sink = traefikTable({ table: 'nowhere', client: tables.client() })
      await expect(sink.read(new AbortController().signal)).rejects.toThrow('no DynamoDB table "nowhere"')
    })
  })

  law('attributes that are not ours stay as they were, of every type and at every depth', async () => {
    const table = await tableOf()
    const sink = traefikTable(table)
    await fc.assert(
      fc.asyncProperty(
        unknownAttributes,
        unknownAttributes,
        unknownAttributes,
        async (aside, settings, ofServer) => {
          const item = itemOf('web', { 'by hand': serverOf('http://10.0.0.1:8080', '7', ofServer) }, aside)
          await table.put({ ...item, backend: { M: { ...settings, ...item['backend']?.M } } })
          const before = (await table.get('web__backend')) ?? {}
          const outcomes = await reconcileOnce(sink, web(at(1), at(2)))
          expect(outcomes.map(({ _tag }) => _tag)).toEqual(['Done'])
          const held = before['backend']?.M
          const added = { '10.0.0.2:8080': serverOf('http://10.0.0.2:8080') }
          const expected = {
            ...before,
            version: { N: '4' },
            owner: { S: 'worker' },
            backend: { M: { ...held, servers: { M: { ...serversIn(before), ...added } } } },
          }
          expect(await table.get('web__backend')).toEqual(expected)
        },
      ),
      { numRuns: contractRuns(50) },
    )
  })

  law('racing writers lose no server, and the version counts every write', async () => {
    const table = await tableOf()
    const written = await Promise.all(
      many(20).map((address) =>
        reconcileUntilQuiet(
          traefikTable(table),
          backendsOf([backendOf('web', [address], { complete: false })]),
          {
            complete: false,
          },
        ),
      ),
    )
    const item = await table.get('web__backend')
    expect(Object.keys(serversIn(item))).toHaveLength(20)
    expect(item?.['version']?.N).toBe(String(written.reduce((sum, count) => sum + count, 0) - 1))
  })

  const contract = (options: Parameters<typeof traefikTableHarness>[2]) => () =>
    traefikTableHarness(tables, `contract-${process.pid}-${++made}`, options)
  sinkContract('traefikTable', contract({}), { runs: contractRuns(8) })
  sinkContract('traefikTable that does not adopt and deletes', contract({ adopt: false, prune: 'delete' }), {
    runs: contractRuns(8),
  })
})
