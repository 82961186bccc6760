import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { awsApi, type AwsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { type CommandProcess, commandProcess } from './command-process.js'

type Backends = ReadonlyMap<string, readonly string[]>

describe('the worker traefik-table, over the wire', () => {
  const directory = temporaryDirectories()
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

  /** A cluster with one service of each placement, its API, a table and a queue. */
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
    cluster.start()
    cluster.settle()
    const api = await awsApi([cluster])
    apis.push(api)
    const table = `traefik-${++n}`
    await dynamodb.createTable(table)
    const { url: queueUrl } = await queues.createQueue(`events-${n}`, { visibilitySeconds: 5 })
    const env = {
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL_SQS: queues.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      AWS_ENDPOINT_URL_ECS: api.url,
      AWS_ENDPOINT_URL_EC2: api.url,
      AWS_ENDPOINT_URL_SSM: api.url,
      // Where the embedded queue and table are; the clusters' ARNs tell theirs.
      AWS_REGION: 'us-east-1',
      CLUSTER: 'staging',
      TRAEFIK_TABLE: table,
    }
    const command = (argv: readonly string[], more: Record<string, string> = {}) => {
      const process = commandProcess(argv, { ...env, ...more })
      running.push(process)
      return process
    }
    const items = async () =>
      (await dynamodb.client().send(new ScanCommand({ TableName: table }))).Items ?? []
    const backends = async (): Promise<Backends> =>
      new Map(
        (await items()).map((item) => [
          item['name']?.S ?? '',
          Object.keys(item['backend']?.M?.['servers']?.M ?? {}).sort(),
        ]),
      )
    const truth = (): Backends =>
      new Map([...cluster.truth()].map(([service, addresses]) => [service, [...addresses].sort()]))
    return { cluster, api, table, queueUrl, command, items, backends, truth }
  }

  it('brings the table to what a snapshot lists, follows events, and drains when it is stopped', async () => {
    const { cluster, queueUrl, command, items, backends, truth } = await setting()
    const worker = command(['traefik-table'], { QUEUE_URL: queueUrl, PORT: '127.0.0.1:0' })
    const { status } = (await worker.logged('started')) as { status: string }
    await worker.logged('ready: every required sink has reached a complete state')
    await expect.poll(backends).toEqual(truth())
    expect((await fetch(`${status}/health`)).status).toBe(200)
    expect((await fetch(`${status}/ready`)).status).toBe(200)
    for (const item of await items()) expect(item['owner']).toEqual({ S: 'ecs-task-stream/staging' })

    const bodies: string[] = []
    const subscription = cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
    cluster.scale('web', 5)
    cluster.scale('api', 1)
    cluster.settle()
    subscription.unsubscribe()
    await queues.send(queueUrl, ['{"not":"ours"', ...bodies.toReversed()])
    await expect.poll(backends).toEqual(truth())
    // The one that is no event stays, for the queue's redrive policy.
    await expect.poll(() => queues.counts(queueUrl)).toEqual({ visible: 0, inFlight: 1 })

    const metrics = await (await fetch(`${status}/metrics`)).text()
    expect(metrics).toMatch(/events_total\{source="sqs",outcome="undecodable"\} 1/)
    expect(metrics).toMatch(/ecs_task_stream_lag_seconds_count\{sink="traefik-table"\} [1-9]/)
    expect(metrics).toContain('process_cpu_seconds_total')

    worker.signal('SIGTERM')
    const { code, err } = await worker.ended
    expect(code).toBe(0)
    expect(err).toContain('"msg":"stopped"')
    expect(err).not.toContain('not":"ours')
  })

  it('has settled everything that it folded when it ends in the middle of a backlog', async () => {
    const { cluster, queueUrl, command, backends, truth } = await setting()
    const bodies: string[] = []
    cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
    for (let round = 0; round < 20; round++) {
      cluster.scale('web', 1 + (round % 5))
      cluster.settle()
    }
    await queues.send(queueUrl, bodies)
    const worker = command(['traefik-table', '--debug'], { QUEUE_URL: queueUrl })
    await worker.logged('acknowledged')
    worker.signal('SIGTERM')
    const { code, err } = await worker.ended
    expect(code).toBe(err.includes('left for redelivery') ? 75 : 0)
    const lines = err
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { msg: string; deliveries?: number })
    const folded = lines.filter(({ msg }) => msg === 'folded').length
    const settled = lines
      .filter(({ msg }) => !msg.startsWith('stopping: waits'))
      .reduce((sum, { deliveries = 0 }) => sum + deliveries, 0)
    expect(folded).toBeGreaterThan(0)
    // Acknowledged, or left to come again because a lookup had not answered.
    expect(settled).toBe(folded)

    const successor = command(['traefik-table'], { QUEUE_URL: queueUrl })
    await successor.logged('ready: every required sink has reached a complete state')
    await expect.poll(backends).toEqual(truth())
  })

  it('records, when it has a directory for it, what replay turns into the same backends', async () => {
    const { cluster, queueUrl, command, backends, truth } = await setting()
    const recording = await directory()
    const worker = command(['traefik-table', '--record-to', recording], { QUEUE_URL: queueUrl })
    await worker.logged('ready: every required sink has reached a complete state')
    const bodies: string[] = []
    cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
    cluster.scale('web', 5)
    cluster.settle()
    await queues.send(queueUrl, bodies)
    await expect.poll(backends).toEqual(truth())
    worker.signal('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })

    const files = (await readdir(recording)).map((file) => join(recording, file))
    expect(files.some((file) => file.includes('sqs-'))).toBe(true)
    const { code, out } = await command(['replay', ...files, '--format', 'json']).ended
    expect(code).toBe(0)
    const past = JSON.parse(out) as {
      backends: { name: string; endpoints: { host: string; port: number }[] }[]
    }
    expect(
      new Map(
        past.backends.map(({ name, endpoints }) => [
          name,
          endpoints.map(({ host, port }) => `${host}:${port}`).sort(),
        ]),
      ),
    ).toEqual(truth())
  })

  it('plans what it would do: exits 2 and writes nothing, and 0 once it is done', async () => {
    const { queueUrl, command, items, truth } = await setting()
    await queues.send(queueUrl, ['{}'])
    const before = await command(['plan', 'traefik-table', '--format', 'json'], { QUEUE_URL: queueUrl }).ended
    expect(before.code).toBe(2)
    const plan = JSON.parse(before.out) as {
      complete: boolean
      unresolved: unknown[]
      sinks: { changes: { kind: string; key: string; after: { servers: object } }[] }[]
    }
    expect(plan).toMatchObject({ complete: true, unresolved: [] })
    expect(
      new Map(
        plan.sinks[0]?.changes.map(({ key, after }) => [
          key.replace('__backend', ''),
          Object.keys(after.servers).sort(),
        ]),
      ),
    ).toEqual(truth())
    expect(await items()).toEqual([])
    expect(await queues.counts(queueUrl)).toEqual({ visible: 1, inFlight: 0 })

    const worker = command(['traefik-table'])
    await worker.logged('no QUEUE_URL: changes are seen only at the next snapshot')
    await worker.logged('ready: every required sink has reached a complete state')
    await expect.poll(async () => (await items()).length).toBe(3)
    worker.signal('SIGINT')
    expect(await worker.ended).toMatchObject({ code: 0 })

    const after = await command(['plan', 'traefik-table']).ended
    expect(after).toMatchObject({ code: 0, out: expect.stringContaining('nothing would change') as string })
  })

  it('plans no request for a revision before its stage, and says which tasks are held and why', async () => {
    const { cluster, command } = await setting()
    const blue = [...(cluster.truth().get('api') ?? [])].sort()
    cluster.deploy('api', { strategy: 'BLUE_GREEN' })
    while (cluster.services().find(({ name }) => name === 'api')?.current.stage !== 'POST_SCALE_UP')
      if (!cluster.advance('api')) cluster.settleTasks()
    expect(cluster.truth().get('api')).toHaveLength(4)
    const plan = await command(['plan', 'traefik-table', '--format', 'json']).ended
    const { sinks, unresolved } = JSON.parse(plan.out) as {
      sinks: { changes: { key: string; after: { servers: object } }[] }[]
      unresolved: { why: string; detail: string }[]
    }
    const planned = sinks[0]?.changes.find(({ key }) => key === 'api__backend')
    expect(Object.keys(planned?.after.servers ?? {}).sort()).toEqual(blue)
    expect(unresolved.map(({ why }) => why)).toEqual(['held', 'held'])
    expect(unresolved[0]?.detail).toMatch(/\(BLUE_GREEN, IN_PROGRESS\) is in stage POST_SCALE_UP$/)
  })

  it('continues a paused deployment once the table holds its stage, if it is configured so', async () => {
    const { cluster, api, command, backends } = await setting()
    const worker = command(['traefik-table'], { CONTINUE_PAUSED: 'on' })
    await worker.logged('ready: every required sink has reached a complete state')
    cluster.deploy('api', { strategy: 'BLUE_GREEN', pauses: [{ stages: ['POST_TEST_TRAFFIC_SHIFT'] }] })
    const stage = () => cluster.services().find(({ name }) => name === 'api')?.current.stage
    while (stage() !== 'POST_TEST_TRAFFIC_SHIFT') if (!cluster.advance('api')) cluster.settleTasks()
    worker.signal('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })
    expect(api.calls.get('ContinueServiceDeployment')).toBeUndefined()

    // Without a queue, the next snapshot tells of the new tasks.
    const next = command(['traefik-table'], { CONTINUE_PAUSED: 'on' })
    const said = await next.logged('continued: every required sink holds this stage')
    expect(said).toMatchObject({ stage: 'POST_TEST_TRAFFIC_SHIFT' })
    expect((await backends()).get('api-test')).toHaveLength(2)
    expect((await backends()).get('api')).toHaveLength(2)
    expect(api.calls.get('ContinueServiceDeployment')).toBe(1)
  })

  it('prints a plan for people, with what is skipped and why', async () => {
    const { cluster, table, command, truth } = await setting()
    const put = (service: string, owner: string) =>
      dynamodb.client().send(
        new PutItemCommand({
          TableName: table,
          Item: {
            id: { S: `${service}__backend` },
            name: { S: service },
            version: { N: '4' },
            owner: { S: owner },
            backend: {
              M: {
                servers: {
                  M: { '192.0.2.9:1': { M: { url: { S: 'http://192.0.2.9:1' }, weight: { N: '5' } } } },
                },
              },
            },
          },
        }),
      )
    await put('web', 'somebody else')
    await put('api', `ecs-task-stream/${cluster.name}`)
    const { code, out } = await command(['plan', 'traefik-table']).ended
    expect(code).toBe(2)
    expect(out).toContain('traefik-table: 2 changes')
    expect(out).toMatch(
      /~ update web__backend {2}\+3 −1 → 3 {2}\(skipped as foreign: it belongs to another owner/,
    )
    expect(out).toMatch(/~ update api__backend {2}\+2 −1 → 2\n/)
    expect(out).toContain('- http://192.0.2.9:1\n')
    expect(out).toMatch(/\+ create edge__backend {2}\+1 → 1\n {6}\+ http:\S+\n {6}\+ name: "edge"\n/)
    for (const address of truth().get('api') ?? []) expect(out).toContain(`+ http://${address}\n`)
    expect(out).not.toMatch(/\bheld\b/)
  })

  it('exits 64 at once when its cluster does not exist, and says so', async () => {
    const { command } = await setting()
    const { code, err } = await command(['plan', 'traefik-table', '--timeout-seconds', '2'], {
      CLUSTER: 'nowhere',
    }).ended
    expect(code).toBe(64)
    expect(err).toContain('cluster nowhere was not found')
    expect(err).toMatch(/"level":"error".*nowhere.*"msg":"source failed"/)
  })

  it('follows without writing, and without reading its queue, in a dry run', async () => {
    const { queueUrl, command, items } = await setting()
    await queues.send(queueUrl, ['{}'])
    const worker = command(['traefik-table', '--dry-run'], { QUEUE_URL: queueUrl })
    expect(await worker.logged('would change')).toMatchObject({ dry: true })
    expect(await items()).toEqual([])
    expect(await queues.counts(queueUrl)).toEqual({ visible: 1, inFlight: 0 })
    worker.signal('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })
  })
})
