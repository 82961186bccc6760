import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { awsApi, type AwsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { type CommandProcess, commandProcess } from './command-process.js'

describe('the worker traefik-table on a queue that brings a cluster of the same name, too', () => {
  let dynamodb: EmbeddedDynamoDb
  let queues: EmbeddedSqs
  let n = 0
  const apis: AwsApi[] = []
  const running: CommandProcess[] = []

  beforeAll(async () => {
    dynamodb = await embeddedDynamoDb()
    queues = await embeddedSqs()
  })
  afterEach(async () => {
    for (const each of running) each.signal('SIGKILL')
    await Promise.all(running.splice(0).map(({ ended }) => ended))
    await Promise.all(apis.splice(0).map((api) => api.close()))
  })
  afterAll(() => Promise.all([dynamodb.close(), queues.close()]))

  const clusterIn = (account: string, region = 'eu-west-1'): SimulatedCluster => {
    const cluster = new SimulatedCluster({
      seed: Number(account.slice(0, 3)),
      account,
      region,
      name: 'main',
      clock: () => Date.now(),
      services: [{ name: 'web', placement: 'bridge', desiredCount: 2 }],
      instances: { ec2: 2 },
    })
    return cluster
  }

  /** The events of what happens in a cluster. */
  const told = (cluster: SimulatedCluster, act: (cluster: SimulatedCluster) => void): readonly string[] => {
    const bodies: string[] = []
    const subscription = cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
    act(cluster)
    cluster.settle()
    subscription.unsubscribe()
    return bodies
  }

  const setting = async () => {
    const ours = clusterIn('777777777777')
    told(ours, (cluster) => cluster.start())
    const api = await awsApi([ours])
    apis.push(api)
    const table = `traefik-${++n}`
    await dynamodb.createTable(table)
    const { url: queueUrl } = await queues.createQueue(`events-${n}`, { visibilitySeconds: 5 })
    const start = (more: Readonly<Record<string, string>> = {}) => {
      const process = commandProcess(['traefik-table'], {
        AWS_ACCESS_KEY_ID: 'x',
        AWS_SECRET_ACCESS_KEY: 'x',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_ENDPOINT_URL_SQS: queues.url,
        AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
        AWS_ENDPOINT_URL_ECS: api.url,
        AWS_ENDPOINT_URL_EC2: api.url,
        AWS_ENDPOINT_URL_SSM: api.url,
        AWS_REGION: 'us-east-1',
        CLUSTER: 'main',
        TRAEFIK_TABLE: table,
        QUEUE_URL: queueUrl,
        PORT: '127.0.0.1:0',
        ...more,
      })
      running.push(process)
      return process
    }
    const backends = async () =>
      Object.fromEntries(
        ((await dynamodb.client().send(new ScanCommand({ TableName: table }))).Items ?? []).map((item) => [
          item['name']?.S ?? '',
          Object.keys(item['backend']?.M?.['servers']?.M ?? {}).sort(),
        ]),
      )
    return {
      ours,
      send: (bodies: readonly string[]) => queues.send(queueUrl, bodies),
      emptied: () => expect.poll(() => queues.counts(queueUrl)).toEqual({ visible: 0, inFlight: 0 }),
      start,
      backends,
      truth: () => Object.fromEntries([...ours.truth()].map(([name, all]) => [name, [...all].sort()])),
    }
  }

  it.each([
    ['account', clusterIn('111111111111')],
    ['region', clusterIn('777777777777', 'eu-north-1')],
  ])('of another %s, keeps to its own through a rolling deployment, and says so', async (_, theirs) => {
    const { ours, send, emptied, start, backends, truth } = await setting()
    // Before anybody can know which cluster is meant.
    await send(told(theirs, (cluster) => cluster.start()))
    const worker = start()
    const { status } = (await worker.logged('started')) as { status: string }
    await worker.logged('ready: every required sink has reached a complete state')
    await expect.poll(backends).toEqual(truth())
    await emptied()

    const deployments = [
      ...told(theirs, (cluster) => cluster.deploy('web')),
      ...told(ours, (cluster) => cluster.deploy('web')),
      ...told(theirs, (cluster) => cluster.scale('web', 1)),
    ]
    await send(deployments)
    await emptied()
    await expect.poll(backends).toEqual(truth())
    expect(truth()['web']).toHaveLength(2)
    expect((await fetch(`${status}/ready`)).status).toBe(200)
    const metrics = await (await fetch(`${status}/metrics`)).text()
    expect(metrics).toMatch(/events_total\{source="sqs",outcome="elsewhere"\} [1-9]/)
    expect(metrics).not.toMatch(/name-taken"\} [1-9]/)

    worker.signal('SIGTERM')
    const { code, err } = await worker.ended
    expect(code).toBe(0)
    expect(err.split('\n').filter((line) => line.includes(`events of ${theirs.arn} arrive`))).toHaveLength(1)
  })
})
