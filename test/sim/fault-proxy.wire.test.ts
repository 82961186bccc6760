import {
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2'
import { DescribeTasksCommand, ECSClient } from '@aws-sdk/client-ecs'
import { ReceiveMessageCommand, SendMessageCommand, SQSServiceException } from '@aws-sdk/client-sqs'
import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { faultProxy, half, never, type FaultProxy } from '../../sim/faults/fault-proxy.js'

const TABLE = 'backends'
const configured = (url: string) => ({
  endpoint: url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  maxAttempts: 1,
})

describe('faultProxy', () => {
  let dynamo: EmbeddedDynamoDb
  let proxy: FaultProxy
  let client: DynamoDBClient

  beforeAll(async () => {
    dynamo = await embeddedDynamoDb()
    await dynamo.createTable(TABLE)
  })
  afterAll(() => dynamo.close())
  beforeEach(async () => {
    proxy = await faultProxy({ target: dynamo.url })
    client = dynamo.client(configured(proxy.url))
  })
  afterEach(() => proxy.close())

  const put = (id: string, abortSignal?: AbortSignal) =>
    client.send(
      new PutItemCommand({ TableName: TABLE, Item: { id: { S: id } } }),
      abortSignal ? { abortSignal } : {},
    )
  const stored = async (id: string) =>
    (await dynamo.client().send(new GetItemCommand({ TableName: TABLE, Key: { id: { S: id } } }))).Item !==
    undefined

  it('passes everything on while there is no fault, the errors of the target included', async () => {
    await put('passed')
    expect(await stored('passed')).toBe(true)
    await expect(
      client.send(new PutItemCommand({ TableName: 'no-such-table', Item: { id: { S: 'x' } } })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    expect(proxy.calls.get('PutItem')).toBe(2)
    expect(proxy.forwarded.get('PutItem')).toBe(2)
  })

  it('asks once per request, with the operation and how often it came', async () => {
    const asked: unknown[] = []
    proxy.faults = (operation, count) => {
      asked.push([operation, count])
      return 'ok'
    }
    await put('a')
    await client.send(new ListTablesCommand({}))
    await put('b')
    expect(asked).toEqual([
      ['PutItem', 1],
      ['ListTables', 1],
      ['PutItem', 2],
    ])
  })

  it('throttles as DynamoDB does, and forwards nothing', async () => {
    proxy.faults = () => 'throttle'
    await expect(put('throttled')).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
      $metadata: { httpStatusCode: 400 },
    })
    await expect(client.send(new ListTablesCommand({}))).rejects.toMatchObject({
      name: 'ThrottlingException',
    })
    expect(await stored('throttled')).toBe(false)
    expect(proxy.forwarded.size).toBe(0)
  })

  it('fails as DynamoDB does, and forwards nothing', async () => {
    proxy.faults = () => 'error500'
    await expect(put('failed')).rejects.toMatchObject({
      name: 'InternalServerError',
      $metadata: { httpStatusCode: 500 },
    })
    expect(await stored('failed')).toBe(false)
  })

  it('lets a client retry what it throttled', async () => {
    proxy.faults = (_operation, count) => (count === 1 ? 'throttle' : 'ok')
    const patient = dynamo.client({ ...configured(proxy.url), maxAttempts: 2 })
    await patient.send(new PutItemCommand({ TableName: TABLE, Item: { id: { S: 'retried' } } }))
    expect(await stored('retried')).toBe(true)
    expect(proxy.calls.get('PutItem')).toBe(2)
    expect(proxy.forwarded.get('PutItem')).toBe(1)
  })

  it('resets a connection without forwarding', async () => {
    proxy.faults = () => 'reset'
    await expect(put('reset')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await stored('reset')).toBe(false)
  })

  it('loses the answer to a write that was made', async () => {
    proxy.faults = () => 'lost-answer'
    await expect(put('lost')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(await stored('lost')).toBe(true)
    expect(proxy.forwarded.get('PutItem')).toBe(1)
  })

  it('hangs until the client gives up', async () => {
    const arrived = new Promise<void>((resolve) => {
      proxy.faults = () => {
        resolve()
        return 'hang'
      }
    })
    const abort = new AbortController()
    const hung = put('hung', abort.signal)
    await arrived
    abort.abort()
    await expect(hung).rejects.toMatchObject({ name: 'AbortError' })
    expect(await stored('hung')).toBe(false)
  })

  it('cuts what hangs when it closes', async () => {
    const closing = await faultProxy({ target: dynamo.url })
    const arrived = new Promise<void>((resolve) => {
      closing.faults = () => {
        resolve()
        return 'hang'
      }
    })
    const hung = dynamo
      .client(configured(closing.url))
      .send(new ListTablesCommand({}))
      .catch((error: unknown) => error)
    await arrived
    await closing.close()
    expect(await hung).toMatchObject({ code: 'ECONNRESET' })
    await expect(fetch(closing.url)).rejects.toThrow()
  })

  it('resets everything while it is down, and works again afterwards', async () => {
    await put('before')
    proxy.down = true
    await expect(put('during')).rejects.toThrow(/ECONNRESET|EPIPE|socket hang up/)
    await expect(put('during')).rejects.toThrow(/ECONNRESET|EPIPE|socket hang up/)
    expect(proxy.calls.get('PutItem')).toBe(1)
    proxy.down = false
    await put('afterwards')
    expect(await stored('during')).toBe(false)
    expect(await stored('afterwards')).toBe(true)
  })

  it('delays every request by its latency', async () => {
    proxy.latencyMs = 100
    const started = performance.now()
    await put('late')
    expect(performance.now() - started).toBeGreaterThanOrEqual(99)
  })

  it('looks like a reset when the target cannot be reached', async () => {
    const gone = await embeddedDynamoDb()
    await gone.close()
    const orphan = await faultProxy({ target: gone.url })
    await expect(dynamo.client(configured(orphan.url)).send(new ListTablesCommand({}))).rejects.toMatchObject(
      {
        code: 'ECONNRESET',
      },
    )
    await orphan.close()
  })

  it.each([
    [
      'ECS',
      (url: string) => new ECSClient(configured(url)).send(new DescribeTasksCommand({ tasks: ['t'] })),
      'ServerException',
    ],
    [
      'SSM',
      (url: string) => new SSMClient(configured(url)).send(new DescribeInstanceInformationCommand({})),
      'InternalServerError',
    ],
  ])('throttles and fails as %s does', async (_service, call, internal) => {
    proxy.faults = () => 'throttle'
    await expect(call(proxy.url)).rejects.toMatchObject({
      name: 'ThrottlingException',
      $metadata: { httpStatusCode: 400 },
    })
    proxy.faults = () => 'error500'
    await expect(call(proxy.url)).rejects.toMatchObject({
      name: internal,
      $metadata: { httpStatusCode: 500 },
    })
  })

  it('throttles and fails as EC2 does, by the action in the form', async () => {
    const ec2 = new EC2Client(configured(proxy.url))
    proxy.faults = () => 'throttle'
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'RequestLimitExceeded',
    })
    proxy.faults = () => 'error500'
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({ name: 'InternalError' })
    // Not the whole map: a client of another test may retry at a port that is this proxy's now.
    expect(proxy.calls.get('DescribeInstances')).toBe(2)
    ec2.destroy()
  })

  it('names what is not AWS by method and path', async () => {
    proxy.faults = () => 'throttle'
    expect((await fetch(`${proxy.url}/api/providers?pretty`)).status).toBe(429)
    proxy.faults = () => 'error500'
    expect((await fetch(`${proxy.url}/api/providers`, { method: 'PUT', body: '{}' })).status).toBe(500)
    expect([...proxy.calls.keys()]).toEqual(
      expect.arrayContaining(['GET /api/providers', 'PUT /api/providers']),
    )
  })

  describe('before SQS', () => {
    let sqs: EmbeddedSqs

    beforeAll(async () => {
      sqs = await embeddedSqs()
    })
    afterAll(() => sqs.close())
    beforeEach(async () => {
      await proxy.close()
      proxy = await faultProxy({ target: sqs.url })
    })

    it('throttles as SQS does', async () => {
      const { url } = await sqs.createQueue('throttled')
      proxy.faults = () => 'throttle'
      const refused = sqs.client(configured(proxy.url)).send(new ReceiveMessageCommand({ QueueUrl: url }))
      await expect(refused).rejects.toBeInstanceOf(SQSServiceException)
      await expect(refused).rejects.toMatchObject({
        name: 'RequestThrottled',
        $fault: 'client',
        $metadata: { httpStatusCode: 400 },
      })
    })

    it('fails as SQS does', async () => {
      const { url } = await sqs.createQueue('failed')
      proxy.faults = () => 'error500'
      await expect(
        sqs.client(configured(proxy.url)).send(new ReceiveMessageCommand({ QueueUrl: url })),
      ).rejects.toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } })
    })

    it('really sends the message whose answer it loses', async () => {
      const { url } = await sqs.createQueue('lost')
      proxy.faults = () => 'lost-answer'
      await expect(
        sqs
          .client(configured(proxy.url))
          .send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'sent' })),
      ).rejects.toMatchObject({ code: 'ECONNRESET' })
      expect(await sqs.counts(url)).toEqual({ visible: 1, inFlight: 0 })
    })

    it('ends a long poll at the target when the client aborts it', async () => {
      const { url } = await sqs.createQueue('aborted')
      const arrived = new Promise<void>((resolve) => {
        proxy.faults = () => {
          resolve()
          return 'ok'
        }
      })
      const abort = new AbortController()
      const polled = sqs
        .client(configured(proxy.url))
        .send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }), {
          abortSignal: abort.signal,
        })
      await arrived
      await sqs.counts(url)
      abort.abort()
      await expect(polled).rejects.toMatchObject({ name: 'AbortError' })
      await sqs.counts(url)
      await sqs.send(url, ['for the living'])
      expect(await sqs.counts(url)).toEqual({ visible: 1, inFlight: 0 })
    })
  })
})

describe('half', () => {
  const drawn = (seed: number) => {
    const faults = half(seed)
    return Array.from({ length: 10_000 }, (_, n) => faults('PutItem', n + 1))
  }

  it('refuses half of the requests, by throttling and by errors alike', () => {
    const faults = drawn(1)
    const share = (fault: string) => faults.filter((each) => each === fault).length / faults.length
    expect(share('ok')).toBeCloseTo(0.5, 1)
    expect(share('throttle')).toBeCloseTo(0.25, 1)
    expect(share('error500')).toBeCloseTo(0.25, 1)
  })

  it('repeats itself for a seed and differs between seeds', () => {
    expect(drawn(7)).toEqual(drawn(7))
    expect(drawn(7)).not.toEqual(drawn(8))
  })
})

describe('never', () => {
  it('lets everything pass', () => {
    expect(never('PutItem', 1)).toBe('ok')
  })
})
