import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, describe, expect, it, type MockInstance, vi } from 'vitest'
import { awsApi, type AwsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { LambdaContext, LambdaHandler } from '../../src/lambda/index.js'
import { drainQueue } from './event-source-mapping.js'

const context: LambdaContext = { getRemainingTimeInMillis: () => 30_000 }
const scheduled = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '123456789012',
  time: '2026-11-21T12:00:00Z',
  region: 'eu-west-1',
  resources: ['arn:aws:events:eu-west-1:123456789012:rule/resync'],
  detail: {},
}

describe('the example of a Lambda function, over the wire', () => {
  let dynamodb: EmbeddedDynamoDb
  let queues: EmbeddedSqs
  let n = 0
  const apis: AwsApi[] = []
  let timers: MockInstance<typeof setTimeout>

  beforeAll(async () => {
    dynamodb = await embeddedDynamoDb()
    queues = await embeddedSqs()
    // The function logs to where Lambda looks.
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
    timers = vi.spyOn(globalThis, 'setTimeout')
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await Promise.all(apis.splice(0).map((api) => api.close()))
  })
  afterAll(async () => {
    // A function never stops: Lambda freezes its container, and removes it with its timers.
    for (const { value } of timers.mock.results) clearTimeout(value as NodeJS.Timeout)
    vi.restoreAllMocks()
    await Promise.all([dynamodb.close(), queues.close()])
  })

  /** A cluster with one service of each placement, its API, a table, a queue, and a function. */
  const setting = async () => {
    const cluster = new SimulatedCluster({
      seed: 7,
      name: 'staging',
      clock: () => Date.now(),
      services: [
        { name: 'web', placement: 'bridge', desiredCount: 3 },
        { name: 'api', placement: 'fargate', desiredCount: 2 },
        { name: 'edge', placement: 'external', desiredCount: 1 },
      ],
      instances: { ec2: 2, external: 1 },
    })
    const bodies: string[] = []
    cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
    cluster.start()
    cluster.settle()
    const api = await awsApi([cluster])
    apis.push(api)
    const table = `traefik-${++n}`
    await dynamodb.createTable(table)
    const queue = await queues.createQueue(`events-${n}`, { redrive: { maxReceiveCount: 3 } })
    for (const [name, value] of Object.entries({
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      AWS_ENDPOINT_URL_ECS: api.url,
      AWS_ENDPOINT_URL_EC2: api.url,
      AWS_ENDPOINT_URL_SSM: api.url,
      AWS_REGION: 'us-east-1',
      CLUSTER: 'staging',
      TRAEFIK_TABLE: table,
    }))
      vi.stubEnv(name, value)
    /** A container of its own: everything is loaded anew. */
    const coldStart = async (): Promise<LambdaHandler> => {
      vi.resetModules()
      const { handler } = await import('../../examples/lambda.js')
      return handler
    }
    const backends = async () =>
      new Map(
        ((await dynamodb.client().send(new ScanCommand({ TableName: table }))).Items ?? []).map((item) => [
          item['name']?.S ?? '',
          Object.keys(item['backend']?.M?.['servers']?.M ?? {}).sort(),
        ]),
      )
    const truth = () =>
      new Map([...cluster.truth()].map(([service, addresses]) => [service, [...addresses].sort()]))
    const deliver = async (handler: LambdaHandler, more: readonly string[] = []) => {
      // Late ones first, and each twice.
      const sent = [...bodies.toReversed(), ...bodies, ...more]
      bodies.length = 0
      await queues.send(queue.url, sent)
      return drainQueue(queues.client(), queue.url, handler)
    }
    return { cluster, api, queue, coldStart, backends, truth, deliver }
  }

  it('brings the table from nothing to what is live with its first batch, and deletes every message', async () => {
    const { coldStart, deliver, backends, truth, queue } = await setting()
    const results = await deliver(await coldStart())
    expect(await backends()).toEqual(truth())
    expect(results.flatMap(({ batchItemFailures }) => batchItemFailures)).toEqual([])
    expect(await queues.counts(queue.url)).toEqual({ visible: 0, inFlight: 0 })
  })

  it('follows a deployment from one warm invocation to the next, with one snapshot', async () => {
    const { cluster, api, coldStart, deliver, backends, truth } = await setting()
    const handler = await coldStart()
    await deliver(handler)
    for (const [web, count] of [
      [5, 1],
      [2, 4],
    ] as const) {
      cluster.scale('web', web)
      cluster.scale('api', count)
      cluster.settle()
      await deliver(handler)
      expect(await backends()).toEqual(truth())
    }
    expect(api.calls.get('ListTasks')).toBe(1)
  })

  it('goes on in a second container, started cold in the middle of a deployment', async () => {
    const { cluster, coldStart, deliver, backends, truth } = await setting()
    await deliver(await coldStart())
    cluster.scale('web', 6)
    cluster.scale('edge', 0)
    cluster.settle()
    await deliver(await coldStart())
    expect(await backends()).toEqual(truth())
  })

  it('leaves a message that is not an event to the dead letter queue, and applies the others', async () => {
    const { coldStart, deliver, backends, truth, queue } = await setting()
    const results = await deliver(await coldStart(), ['{"not":"ours"'])
    expect(await backends()).toEqual(truth())
    expect(results.flatMap(({ batchItemFailures }) => batchItemFailures).length).toBeGreaterThanOrEqual(3)
    expect(await queues.counts(queue.url)).toEqual({ visible: 0, inFlight: 0 })
    expect(await queues.counts(queue.deadLetterUrl!)).toEqual({ visible: 1, inFlight: 0 })
  })

  it('makes up for lost events when it is scheduled', async () => {
    const { cluster, coldStart, backends, truth } = await setting()
    const handler = await coldStart()
    await handler(scheduled, context)
    expect(await backends()).toEqual(truth())
    cluster.scale('api', 5)
    cluster.settle()
    await handler(scheduled, context)
    expect(await backends()).toEqual(truth())
  })

  it('gives everything back while snapshots are refused, and removes nothing', async () => {
    const { cluster, api, coldStart, backends, truth, queue } = await setting()
    await (
      await coldStart()
    )(scheduled, context)
    const before = await backends()
    expect(before).toEqual(truth())
    const bodies: string[] = []
    cluster.events$.subscribe((event) => {
      if (event['detail-type'] === 'ECS Task State Change') bodies.push(JSON.stringify(event))
    })
    cluster.scale('web', 1)
    cluster.settle()
    api.inject((operation) => (operation === 'ListTasks' ? 'throttle' : 'ok'))
    const handler = await coldStart()
    const Records = bodies.map((body, i) => ({ messageId: `m${i}`, eventSource: 'aws:sqs', body }))
    const result = await handler({ Records }, { getRemainingTimeInMillis: () => 4_000 })
    expect(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(
      Records.map(({ messageId }) => messageId),
    )
    expect(await backends()).toEqual(before)
    await expect(handler(scheduled, { getRemainingTimeInMillis: () => 3_000 })).rejects.toThrow(
      /not applied within the invocation/,
    )
    api.inject(() => 'ok')
    expect(await handler({ Records }, context)).toEqual({ batchItemFailures: [] })
    expect(await backends()).toEqual(truth())
    expect(await queues.counts(queue.url)).toEqual({ visible: 0, inFlight: 0 })
  })

  it('refuses to load without its settings, and names them all', async () => {
    vi.stubEnv('CLUSTER', '')
    vi.stubEnv('TRAEFIK_TABLE', '')
    vi.resetModules()
    await expect(import('../../examples/lambda.js')).rejects.toThrow(
      /CLUSTER \(--cluster\)[\s\S]*TRAEFIK_TABLE \(--traefik-table\)/,
    )
  })
})
