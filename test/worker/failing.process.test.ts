import { DeleteQueueCommand } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { awsApi, type AwsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { type FaultProxy, faultProxy, never } from '../../sim/faults/fault-proxy.js'
import { embeddedRoute53, type EmbeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { freePort } from '../support/free-port.js'
import { type CommandProcess, commandProcess } from './command-process.js'

const zoneId = 'Z0123456789ABCDEFGHIJ'
let api: AwsApi
let dynamodb: EmbeddedDynamoDb
let queues: EmbeddedSqs
let route53: EmbeddedRoute53
let proxies: Readonly<Record<'ecs' | 'sqs' | 'dynamodb' | 'route53', FaultProxy>>
let queueUrl: string
const running: CommandProcess[] = []

beforeAll(async () => {
  const cluster = new SimulatedCluster({
    seed: 7,
    name: 'staging',
    clock: () => Date.now(),
    services: [{ name: 'web', placement: 'fargate', desiredCount: 2 }],
  })
  cluster.start()
  cluster.settle()
  ;[api, dynamodb, queues, route53] = await Promise.all([
    awsApi([cluster]),
    embeddedDynamoDb(),
    embeddedSqs(),
    embeddedRoute53({ zones: [{ id: zoneId, name: 'example.com' }] }),
  ])
  await dynamodb.createTable('traefik')
  queueUrl = (await queues.createQueue('events')).url
  const [ecs, sqs, table, zone] = await Promise.all(
    [api, queues, dynamodb, route53].map(({ url }) => faultProxy({ target: url })),
  )
  if (ecs === undefined || sqs === undefined || table === undefined || zone === undefined) throw new Error()
  proxies = { ecs, sqs, dynamodb: table, route53: zone }
})
afterEach(async () => {
  for (const each of running) each.signal('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  for (const proxy of Object.values(proxies)) {
    proxy.faults = never
    proxy.down = false
  }
})
afterAll(async () => {
  await Promise.all(Object.values(proxies).map((proxy) => proxy.close()))
  await Promise.all([api.close(), dynamodb.close(), queues.close(), route53.close()])
})

/** Starts the command with everything right, apart from `wrong`. Empty texts unset a variable. */
const command = (argv: readonly string[], wrong: Readonly<Record<string, string>> = {}) => {
  const env = {
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_SQS: proxies.sqs.url,
    AWS_ENDPOINT_URL_DYNAMODB: proxies.dynamodb.url,
    AWS_ENDPOINT_URL_ROUTE_53: proxies.route53.url,
    AWS_ENDPOINT_URL_ECS: proxies.ecs.url,
    AWS_ENDPOINT_URL_EC2: api.url,
    AWS_ENDPOINT_URL_SSM: api.url,
    AWS_REGION: 'us-east-1',
    CLUSTER: 'staging',
    QUEUE_URL: queueUrl,
    TRAEFIK_TABLE: 'traefik',
    ZONE_ID: zoneId,
    ...wrong,
  }
  const process = commandProcess(
    argv,
    Object.fromEntries(Object.entries(env).filter(([, text]) => text !== '')),
  )
  running.push(process)
  return process
}

/** The line that says why the worker ended. */
const lastWords = (err: string): Record<string, unknown> => {
  const lines = err.split('\n').filter((line) => line.includes('"msg":"the worker cannot work, and ends"'))
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>
}

const noCredentials = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }

describe('a worker that cannot work', () => {
  it.each([
    ['without a region', 'traefik-table', { AWS_REGION: '' }, 64, 'Region is missing', 'set the region'],
    [
      'without credentials',
      'traefik-table',
      noCredentials,
      69,
      'credentials',
      'give the process credentials',
    ],
    [
      'without its queue',
      'traefik-table',
      { QUEUE_URL: 'http://127.0.0.1:1/000000000000/none' },
      64,
      'none does not exist',
      'check its name',
    ],
    [
      'without its table',
      'traefik-table',
      { TRAEFIK_TABLE: 'none' },
      64,
      'no DynamoDB table "none"',
      'check its name',
    ],
    [
      'without its cluster',
      'traefik-table',
      { CLUSTER: 'none' },
      64,
      'cluster none was not found',
      'check its name',
    ],
    [
      'without its zone',
      'srv-records',
      { ZONE_ID: 'Z9999999999ABCDEFGHIJ' },
      64,
      'no hosted zone',
      'check its name',
    ],
    [
      'without its journal',
      'traefik-table',
      { JOURNAL: 'dynamodb:none' },
      64,
      'no DynamoDB table "none"',
      'check its name',
    ],
  ])('ends %s, and says what to do', async (_, worker, wrong, code, reason, nextStep) => {
    const ended = await command([worker], wrong).ended
    expect(ended.code).toBe(code)
    expect(lastWords(ended.err)).toMatchObject({
      level: 'error',
      reason: expect.stringContaining(reason) as string,
      nextStep: expect.stringContaining(nextStep) as string,
    })
  })

  it.each([
    ['ecs', 'denied', 'grant the action'],
    ['ecs', 'expired', 'have expired'],
    ['sqs', 'denied', 'grant the action'],
    ['sqs', 'expired', 'have expired'],
    ['dynamodb', 'denied', 'grant the action'],
    ['dynamodb', 'expired', 'have expired'],
  ] as const)('ends when every call of %s is %s', async (service, fault, nextStep) => {
    proxies[service].faults = () => fault
    const ended = await command(['traefik-table']).ended
    expect(ended.code).toBe(69)
    expect(lastWords(ended.err)['nextStep']).toContain(nextStep)
  })

  it('ends when it may read its table, and not write', async () => {
    await dynamodb.createTable('unwritable')
    proxies.dynamodb.faults = (operation) => (operation === 'Scan' ? 'ok' : 'denied')
    const ended = await command(['traefik-table'], { TRAEFIK_TABLE: 'unwritable' }).ended
    expect(ended.code).toBe(69)
    expect(lastWords(ended.err)).toMatchObject({
      part: 'sink traefik-table: apply',
      reason: expect.stringContaining('dynamodb:PutItem') as string,
    })
  })
})

describe('a worker that could recover', () => {
  it('says what fails, tells it at /ready with its age, and works as soon as it can', async () => {
    proxies.ecs.down = true
    proxies.dynamodb.faults = () => 'throttle'
    const port = await freePort()
    const worker = command(['traefik-table'], { PORT: `127.0.0.1:${port}` })
    expect(await worker.logged('sink failed')).toMatchObject({
      nextStep: expect.stringContaining('retried') as string,
    })
    const failed = await worker.logged('source failed')
    expect(failed).toMatchObject({
      operation: 'snapshot of staging',
      nextStep: 'check the endpoint and the network',
    })
    const answer = await fetch(`http://127.0.0.1:${port}/ready`)
    const { reasons } = (await answer.json()) as { reasons: readonly string[] }
    expect(reasons.join('\n')).toMatch(/sink traefik-table: read failed: .+, for \d+ s/)
    expect(reasons.join('\n')).toMatch(/source ecs-snapshots: snapshot of staging failed: .+, for \d+ s/)
    proxies.ecs.down = false
    proxies.dynamodb.faults = never
    await worker.logged('ready: every required sink has reached a complete state')
  })

  it.each(['denied', 'expired'] as const)(
    'goes on when its target has worked once, and is %s then',
    async (fault) => {
      const worker = command(['traefik-table'])
      await worker.logged('ready: every required sink has reached a complete state')
      proxies.sqs.faults = () => fault
      await queues.send(queueUrl, ['{}'])
      await worker.logged('source failed')
      worker.signal('SIGTERM')
      expect((await worker.ended).code).toBe(0)
    },
  )

  it('goes on when its queue is deleted, which is not the same as one that never was', async () => {
    const { url } = await queues.createQueue('deleted')
    const worker = command(['traefik-table'], { QUEUE_URL: url })
    await worker.logged('ready: every required sink has reached a complete state')
    // Ends the long polls, which would not notice.
    proxies.sqs.down = true
    await worker.logged('source failed')
    await queues.client().send(new DeleteQueueCommand({ QueueUrl: url }))
    proxies.sqs.down = false
    expect(await worker.failed('QueueDoesNotExist')).toMatchObject({ operation: 'ReceiveMessage' })
    worker.signal('SIGTERM')
    expect((await worker.ended).code).toBe(0)
  })
})

describe('a plan', () => {
  it.each([
    ['a missing region', { AWS_REGION: '' }, 64, 'Region is missing'],
    ['missing credentials', noCredentials, 69, 'Could not load credentials'],
    ['a missing cluster', { CLUSTER: 'none' }, 64, 'cluster none was not found'],
    ['a missing table', { TRAEFIK_TABLE: 'none' }, 64, 'no DynamoDB table "none"'],
  ])('ends at %s, and says so', async (_, wrong, code, reason) => {
    const ended = await command(['plan', 'traefik-table'], wrong).ended
    expect(ended.code).toBe(code)
    expect(ended.err).toContain(reason)
  })

  it.each(['denied', 'expired'] as const)('ends at the first call that is %s', async (fault) => {
    proxies.ecs.faults = (operation) => (operation === 'ListTasks' ? fault : 'ok')
    const ended = await command(['plan', 'traefik-table']).ended
    expect(ended.code).toBe(69)
    expect(ended.err).toContain('ecs-task-stream plan traefik-table: ListTasks')
  })

  it('says what kept it from ending in time', async () => {
    proxies.ecs.down = true
    const ended = await command(['plan', 'traefik-table'], { TIMEOUT_SECONDS: '2' }).ended
    expect(ended.code).toBe(69)
    expect(ended.err).toMatch(
      /no complete snapshot of every cluster within 2 s: .+\(check the endpoint and the network\)/,
    )
  })
})
