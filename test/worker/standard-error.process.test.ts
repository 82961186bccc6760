import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import {
  type EmbeddedEventBridge,
  embeddedEventBridge,
} from '../../sim/event-bridge/embedded-event-bridge.js'
import { embeddedRoute53, type EmbeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { bundled } from '../../src/worker/runner/bundled.js'
import { commandProcess } from './command-process.js'

const zoneId = 'Z0123456789ABCDEFGHIJ'
let dynamodb: EmbeddedDynamoDb
let queues: EmbeddedSqs
let route53: EmbeddedRoute53
let bridge: EmbeddedEventBridge
let path: string
beforeAll(async () => {
  ;[dynamodb, queues, route53, bridge] = await Promise.all([
    embeddedDynamoDb(),
    embeddedSqs(),
    embeddedRoute53({ zones: [{ id: zoneId, name: 'example.com' }] }),
    embeddedEventBridge(),
  ])
  await dynamodb.createTable('traefik')
  path = new URL((await queues.createQueue('events')).url).pathname
})
afterAll(() => Promise.all([dynamodb.close(), queues.close(), route53.close(), bridge.close()]))

/** What each worker needs beside the settings of all. */
const own: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'srv-records': { ZONE_ID: zoneId },
  target: { TARGET: 'event-bridge' },
  'task-proxy': { NAME: 'app', SERVICE: 'web', LISTEN_HOST: '127.0.0.1' },
}

interface Line {
  readonly level: string
  readonly msg: string
  readonly worker: string
  readonly origin?: string
  readonly name?: string
  readonly text?: string
}

/** Every line of what was written; fails for one that is not a JSON object. */
const linesOf = (err: string): readonly Line[] =>
  err
    .trimEnd()
    .split('\n')
    .map((line) => {
      if (!line.startsWith('{')) throw new Error(`not a line of JSON: ${line}`)
      return JSON.parse(line) as Line
    })

const started = async (worker: string, more: Readonly<Record<string, string>> = {}, talkative = false) => {
  const cluster = simulatedCluster({
    seed: 1,
    name: 'staging',
    clock: () => Date.now(),
    services: [{ name: 'web', placement: 'fargate', desiredCount: 2 }],
  })
  cluster.start()
  cluster.settle()
  const api = await awsApi([cluster])
  onTestFinished(() => api.close())
  const running = commandProcess([worker], {
    ...(talkative ? { NODE_OPTIONS: '--import ./test/worker/talkative.mjs' } : {}),
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_SQS: queues.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_ROUTE_53: route53.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: bridge.url,
    AWS_ENDPOINT_URL_ECS: api.url,
    AWS_ENDPOINT_URL_EC2: api.url,
    AWS_ENDPOINT_URL_SSM: api.url,
    AWS_REGION: 'us-east-1',
    CLUSTER: 'staging',
    TRAEFIK_TABLE: 'traefik',
    PORT: '127.0.0.1:0',
    DEBUG: 'on',
    ...own[worker],
    ...more,
  })
  onTestFinished(async () => {
    running.signal('SIGKILL')
    await running.ended
  })
  return running
}

describe('standard error of a worker', () => {
  it.each(bundled.map(({ name }) => name))('is JSON lines alone: %s', async (worker) => {
    const running = await started(
      worker,
      { QUEUE_URL: `https://sqs-fips.us-east-1.amazonaws.com${path}` },
      true,
    )
    await running.logged('started')
    await running.logged('ready: every required sink has reached a complete state')
    running.signal('SIGUSR2')
    await running.said('old')
    running.signal('SIGTERM')
    const { code, err } = await running.ended
    expect(code).toBe(0)
    const lines = linesOf(err)
    expect(new Set(lines.map((line) => line.worker))).toEqual(new Set([worker]))
    const strays = lines.filter(({ msg }) => msg === 'printed outside the log')
    for (const [origin, text] of [
      ['console', 'console.error\nin two lines'],
      ['console', "{ an: 'object' }"],
      ['console', 'console.log'],
      ['stderr', 'process.stderr.write'],
      ['warning', 'emitted'],
      ['warning', 'old'],
    ])
      expect(strays).toContainEqual(expect.objectContaining({ level: 'warn', origin, text }))
    expect(strays).toContainEqual(expect.objectContaining({ name: 'DeprecationWarning DEP9999' }))
    // The SDK's own, on versions of Node that it will not support for long.
    if (Number(process.versions.node.split('.')[0]) < 22)
      expect(strays).toContainEqual(
        expect.objectContaining({ text: expect.stringContaining('NodeVersionSupportWarning') as string }),
      )
    expect(strays.filter(({ text }) => text === 'again and again')).toHaveLength(1)
  })

  it.each([
    'https://sqs.us-east-1.api.aws',
    'https://vpce-1a-2b.sqs.us-east-1.vpce.amazonaws.com',
    'https://queue.amazonaws.com',
  ])('is JSON lines alone with a queue at %s, which is read', async (origin) => {
    const running = await started('traefik-table', { QUEUE_URL: `${origin}${path}` })
    await queues.send(new URL(path, queues.url).href, ['{}'])
    await running.logged('undecodable message, left in place')
    running.signal('SIGTERM')
    const { code, err } = await running.ended
    expect(code).toBe(0)
    expect(linesOf(err).filter(({ msg }) => msg === 'source failed')).toEqual([])
  })

  it.each([
    ['throw', 'TypeError', 'thrown in a timer'],
    ['reject', 'RangeError', 'rejected'],
  ])('reports an uncaught error (%s), and the process ends', async (FATAL, name, message) => {
    const running = await started('traefik-table', { FATAL }, true)
    await running.logged('started')
    running.signal('SIGUSR2')
    const { code, err } = await running.ended
    expect(code).toBe(1)
    expect(linesOf(err).find(({ origin }) => origin === 'fatal')).toMatchObject({
      level: 'error',
      msg: 'uncaught error: the process ends',
      origin: 'fatal',
      name,
      text: expect.stringMatching(new RegExp(`^${name}: ${message}\\n +at `)) as string,
    })
  })

  it('says why a worker cannot start, as a line of the log', async () => {
    const running = await started('traefik-table', { PORT: '192.0.2.1:1' })
    const { code, err } = await running.ended
    expect(code).toBe(1)
    expect(linesOf(err)).toContainEqual(
      expect.objectContaining({
        level: 'error',
        msg: 'the worker failed',
        reason: expect.stringContaining('EADDRNOTAVAIL') as string,
      }),
    )
  })
})
