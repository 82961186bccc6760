import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'

const TABLE = 'backends'

const server = (url: string, weight = '1'): AttributeValue => ({
  M: { url: { S: url }, weight: { N: weight } },
})
const servers: AttributeValue = { M: { a: server('http://10.0.0.1'), b: server('http://10.0.0.2') } }

describe('embeddedDynamoDb', () => {
  let dynamo: EmbeddedDynamoDb

  beforeAll(async () => {
    dynamo = await embeddedDynamoDb()
    await dynamo.createTable(TABLE)
  })
  afterAll(() => dynamo.close())

  const put = (id: string, rest: Record<string, AttributeValue> = {}) =>
    dynamo.client().send(new PutItemCommand({ TableName: TABLE, Item: { id: { S: id }, ...rest } }))
  const get = async (id: string) =>
    (await dynamo.client().send(new GetItemCommand({ TableName: TABLE, Key: { id: { S: id } } }))).Item
  const update = (id: string, input: Partial<UpdateItemCommandInput>) =>
    dynamo.client().send(new UpdateItemCommand({ TableName: TABLE, Key: { id: { S: id } }, ...input }))
  const marksIf = (id: string, condition: string, value: AttributeValue) =>
    update(id, {
      UpdateExpression: 'SET marked = :one',
      ConditionExpression: condition,
      ExpressionAttributeValues: { ':one': { N: '1' }, ':v': value },
    })

  it('refuses a create of what exists, and takes a create of what does not', async () => {
    const create = () =>
      dynamo.client().send(
        new PutItemCommand({
          TableName: TABLE,
          Item: { id: { S: 'created' }, version: { N: '1' } },
          ConditionExpression: 'attribute_not_exists(version)',
        }),
      )
    await create()
    await expect(create()).rejects.toThrow(ConditionalCheckFailedException)
  })

  it('lets one of many racing writers win on a version', async () => {
    await put('raced', { version: { N: '1' } })
    const race = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        update('raced', {
          UpdateExpression: 'ADD version :one',
          ConditionExpression: 'version = :v',
          ExpressionAttributeValues: { ':one': { N: '1' }, ':v': { N: '1' } },
        }),
      ),
    )
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await get('raced'))?.['version']).toEqual({ N: '2' })
  })

  it('returns the item over which a write was refused, if it is asked to and the item exists', async () => {
    await put('refused', { version: { N: '1' } })
    const refusal = (id: string, tell?: 'ALL_OLD') =>
      update(id, {
        UpdateExpression: 'ADD version :one',
        ConditionExpression: 'version = :v',
        ExpressionAttributeValues: { ':one': { N: '1' }, ':v': { N: '7' } },
        ReturnValuesOnConditionCheckFailure: tell,
      }).then(
        () => undefined,
        (error: unknown) => error as ConditionalCheckFailedException,
      )
    expect((await refusal('refused', 'ALL_OLD'))?.Item).toEqual({ id: { S: 'refused' }, version: { N: '1' } })
    for (const untold of [await refusal('refused'), await refusal('nothing', 'ALL_OLD')]) {
      expect(untold).toBeInstanceOf(ConditionalCheckFailedException)
      expect(untold?.Item).toBeUndefined()
    }
  })

  it('sets a nested map whole and keeps its siblings', async () => {
    await put('nested', { backend: { M: { servers, loadBalancer: { M: { method: { S: 'drr' } } } } } })
    const only: AttributeValue = { M: { c: server('http://10.0.0.3') } }
    await update('nested', {
      UpdateExpression: 'SET backend.servers = :only',
      ExpressionAttributeValues: { ':only': only },
    })
    expect((await get('nested'))?.['backend']).toEqual({
      M: { servers: only, loadBalancer: { M: { method: { S: 'drr' } } } },
    })
  })

  it.each([
    ['the same map', servers],
    ['its keys in another order', { M: { b: server('http://10.0.0.2'), a: server('http://10.0.0.1') } }],
    [
      'its numbers written otherwise',
      { M: { a: server('http://10.0.0.1', '1.0'), b: server('http://10.0.0.2', '1e0') } },
    ],
  ])('holds a nested map equal to %s', async (_case, value) => {
    await put('equal', { backend: { M: { servers } } })
    await marksIf('equal', 'backend.servers = :v', value)
    await expect(marksIf('equal', 'NOT backend.servers = :v', value)).rejects.toThrow(
      ConditionalCheckFailedException,
    )
    await expect(marksIf('equal', 'backend.servers <> :v', value)).rejects.toThrow(
      ConditionalCheckFailedException,
    )
  })

  it.each([
    ['a map with less', { M: { a: server('http://10.0.0.1') } }],
    [
      'a map with another value inside',
      { M: { a: server('http://10.0.0.1'), b: server('http://10.0.0.9') } },
    ],
    ['an empty map', { M: {} }],
    ['a list', { L: [] }],
    ['a string', { S: '{}' }],
  ] as [string, AttributeValue][])('holds a nested map unequal to %s', async (_case, value) => {
    await put('unequal', { backend: { M: { servers } } })
    await expect(marksIf('unequal', 'backend.servers = :v', value)).rejects.toThrow(
      ConditionalCheckFailedException,
    )
    await marksIf('unequal', 'backend.servers <> :v', value)
  })

  it('compares empty maps and lists in order', async () => {
    await put('lists', { nothing: { M: {} }, ordered: { L: [servers, { N: '1' }] } })
    await marksIf('lists', 'nothing = :v', { M: {} })
    await marksIf('lists', 'ordered = :v', { L: [servers, { N: '1' }] })
    await expect(marksIf('lists', 'ordered = :v', { L: [{ N: '1' }, servers] })).rejects.toThrow(
      ConditionalCheckFailedException,
    )
  })

  it('corrects dynalite once, though its module is loaded twice', async () => {
    vi.resetModules()
    const loaded = await import('../../sim/dynamodb/embedded-dynamodb.js')
    const again = await loaded.embeddedDynamoDb()
    await put('twice', { ordered: { L: [{ N: '1' }] } })
    await marksIf('twice', 'ordered = :v', { L: [{ N: '1' }] })
    await again.close()
  })

  it('holds nothing equal to an attribute, or an item, that is absent', async () => {
    await put('bare')
    for (const id of ['bare', 'nowhere'])
      await expect(marksIf(id, 'backend.servers = :v', { M: {} })).rejects.toThrow(
        ConditionalCheckFailedException,
      )
  })

  it('normalises numbers and compares them by value', async () => {
    await put('numbers', { version: { N: '1.50' }, big: { N: '1e3' } })
    expect(await get('numbers')).toMatchObject({ version: { N: '1.5' }, big: { N: '1000' } })
    await marksIf('numbers', 'version = :v', { N: '001.500' })
  })

  it('writes and reads in batches', async () => {
    const ids = Array.from({ length: 25 }, (_, n) => `batch-${n}`)
    const client = dynamo.client()
    await client.send(
      new BatchWriteItemCommand({
        RequestItems: { [TABLE]: ids.map((id) => ({ PutRequest: { Item: { id: { S: id } } } })) },
      }),
    )
    const { Responses } = await client.send(
      new BatchGetItemCommand({ RequestItems: { [TABLE]: { Keys: ids.map((id) => ({ id: { S: id } })) } } }),
    )
    expect(Responses?.[TABLE]?.map((item) => item['id']?.S).sort()).toEqual([...ids].sort())
  })

  it('survives a client that goes away in the middle of its request', async () => {
    const socket = connect(Number(new URL(dynamo.url).port), '127.0.0.1')
    await once(socket, 'connect')
    // The server says 100 Continue when it has read the head, so that the body is cut while it is awaited.
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n')
    await once(socket, 'data')
    socket.resetAndDestroy()
    await put('after')
    expect(await get('after')).toEqual({ id: { S: 'after' } })
  })

  it('answers no more once closed, and starts again empty', async () => {
    const first = await embeddedDynamoDb()
    await first.createTable(TABLE)
    await first.close()
    await expect(fetch(first.url)).rejects.toThrow()
    const second = await embeddedDynamoDb()
    await expect(
      second.client().send(new GetItemCommand({ TableName: TABLE, Key: { id: { S: 'x' } } })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    await second.close()
  })
})
