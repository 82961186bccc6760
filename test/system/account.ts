/**
 * A whole account on this machine: a simulated cluster, a topic with a queue for each worker, a table, and faults in
 * between.
 */
import { type AttributeValue, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient } from '@aws-sdk/client-ecs'
import { SSMClient } from '@aws-sdk/client-ssm'
import type { SQSClient } from '@aws-sdk/client-sqs'
import {
  type AnySink,
  type Clock,
  type Journal,
  type Report,
  run,
  servicePorts,
  type Source,
  type Worker,
} from 'ecs-task-stream'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import { ecsSnapshots } from 'ecs-task-stream/sources/ecs-snapshots'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { onTestFinished, vi } from 'vitest'
import { type ApiFaults, type AwsApi, awsApi } from '../../sim/aws-api/aws-api.js'
import { FaultyDelivery } from '../../sim/faults/delivery-faults.js'
import type { DynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { type FaultProxy, faultProxy } from '../../sim/faults/fault-proxy.js'
import { simulatedCluster, type SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { tokenBucket } from '../../src/shared/aws/token-bucket.js'
import { acceleratedClock } from '../support/accelerated-clock.js'

export const table = 'traefik'
export const journalTable = 'journal'
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

/** One attempt a call: the faults are for our own retries to overcome, not for the SDK's. */
/** Less than the time limit of a test. On a busy machine, what takes half a minute on an idle one may take two. */
const patienceMs = 150_000

const settings = (endpoint: string) => ({ endpoint, credentials, maxAttempts: 1 })

export interface Account {
  readonly cluster: SimulatedCluster
  readonly api: AwsApi
  readonly clock: Clock
  /** Before the table and the queues. */
  readonly proxies: { readonly dynamodb: FaultProxy; readonly sqs: FaultProxy }
  readonly urls: { readonly sqs: string; readonly dynamodb: string; readonly api: string }
  readonly queues: readonly string[]
  /** How many events have happened. */
  readonly happened: () => number
  /** Sends what has happened since to every queue, each in its own disorder. */
  readonly publish: () => Promise<void>
  /** Starts a worker on one of the queues. It is stopped when the test is over, unless it was before. */
  readonly work: (
    queue: number,
    options?: {
      /** 0: it takes no snapshots. */
      readonly resyncMs?: number
      /** Whether it shares the journal. Default: false. */
      readonly journal?: boolean
    },
  ) => { readonly worker: Worker; readonly reports: Report[] }
  /** The lookups, the sink and the journal of one worker, and a client of the queues. */
  readonly parts: (clock?: Clock) => {
    readonly lookups: readonly Source[]
    readonly sink: AnySink
    readonly journal: Journal
    readonly queue: SQSClient
  }
  /** What Traefik would read: by backend, the servers; without empty backends. */
  readonly servers: () => Promise<Readonly<Record<string, readonly string[]>>>
  readonly items: () => Promise<readonly Readonly<Record<string, AttributeValue>>[]>
  readonly put: (item: Readonly<Record<string, AttributeValue>>) => Promise<void>
  /** Waits until no call of DynamoDB or SQS is made any more. */
  readonly quiet: () => Promise<void>
  /** Waits until the table says what is live, and nothing else. */
  readonly agrees: () => Promise<void>
}

/** By service, what is live; without services that have nothing. */
export const live = (cluster: SimulatedCluster): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    [...cluster.truth()]
      .filter(([, endpoints]) => endpoints.length > 0)
      .map(([name, endpoints]) => [name, [...endpoints].sort()]),
  )

export interface AccountOptions {
  readonly seed: number
  readonly queues?: number
  /** How often faster than real time the workers' waits are. Default: 20. */
  readonly pace?: number
  readonly faults?: ApiFaults
  /** Where the tables are. Default: a server of its own, in this process. */
  readonly database?: DynamoDbTables
}

export const account = async ({
  seed,
  queues = 1,
  pace = 20,
  faults,
  ...options
}: AccountOptions): Promise<Account> => {
  const clock = acceleratedClock(pace)
  const cluster = simulatedCluster({
    seed,
    name: 'staging',
    clock: () => clock.now(),
    instances: { ec2: 3, external: 1 },
    services: [
      { name: 'web', placement: 'bridge', desiredCount: 6, sidecar: true },
      { name: 'api', placement: 'fargate', desiredCount: 5, sidecar: true },
      { name: 'edge', placement: 'external', desiredCount: 3 },
      { name: 'jobs', placement: 'awsvpc', desiredCount: 2, dualStack: true },
    ],
  })
  const [database, messages, api] = await Promise.all([
    options.database ?? embeddedDynamoDb(),
    embeddedSqs(),
    awsApi([cluster], faults === undefined ? {} : { faults }),
  ])
  const [dynamodb, sqsProxy] = await Promise.all([
    faultProxy({ target: database.url }),
    faultProxy({ target: messages.url }),
  ])
  onTestFinished(async () => {
    await Promise.all([dynamodb.close(), sqsProxy.close()])
    await Promise.all([database.close(), messages.close(), api.close()])
  })
  await database.createTable(table)
  await database.createJournalTable(journalTable)
  const made = await Promise.all(
    Array.from({ length: queues }, (_, i) =>
      messages.createQueue(`events-${i}`, { redrive: { maxReceiveCount: 50 } }),
    ),
  )
  const topics = made.map(({ url }, i) => ({
    url,
    transport: new FaultyDelivery<string>({ seed: seed + i, duplicate: 0.2, delay: 40 }),
  }))
  let sent = 0
  cluster.events$.subscribe((event) => {
    sent++
    for (const { transport } of topics) transport.push(JSON.stringify(event), sent)
  })
  const direct = database.client()
  const scan = async (): Promise<readonly Readonly<Record<string, AttributeValue>>[]> =>
    (await direct.send(new ScanCommand({ TableName: table, ConsistentRead: true }))).Items ?? []
  const clients = ({ region }: { readonly region: string }) => ({
    ecs: new ECSClient({ ...settings(api.url), region }),
    ec2: new EC2Client({ ...settings(api.url), region }),
    ssm: new SSMClient({ ...settings(api.url), region }),
  })

  const servers: Account['servers'] = async () =>
    Object.fromEntries(
      (await scan())
        .map(
          (item) =>
            [
              item['name']?.S ?? '',
              Object.values(item['backend']?.M?.['servers']?.M ?? {})
                .map((server) => (server.M?.['url']?.S ?? '').replace('http://', ''))
                .sort(),
            ] as const,
        )
        .filter(([, urls]) => urls.length > 0),
    )

  const parts = (own: Clock = clock) => {
    // Rationed as by default, in the workers' time; each worker's calls for themselves.
    const bucket = tokenBucket({ burst: 50, perSecond: 20, clock: own })
    const shared = { clients, clock: own, bucket: () => bucket }
    const client = database.client(settings(dynamodb.url))
    return {
      shared,
      lookups: [instanceAddresses(shared), taskDefinitions(shared)],
      sink: traefikTable({ table, client }),
      journal: dynamoDbJournal({ table: journalTable, name: 'staging', client, clock: own }),
      queue: messages.client(settings(sqsProxy.url)),
    }
  }

  return {
    cluster,
    api,
    clock,
    proxies: { dynamodb, sqs: sqsProxy },
    urls: { sqs: messages.url, dynamodb: database.url, api: api.url },
    queues: made.map(({ url }) => url),
    happened: () => sent,
    publish: async () => {
      for (const { url, transport } of topics) await messages.send(url, transport.take(Infinity))
    },
    parts,
    work: (queue, { resyncMs = 60_000, journal: shares = false } = {}) => {
      const { shared, lookups, sink, journal, queue: client } = parts()
      const worker = run(
        {
          sources: [
            sqs({ queueUrl: made[queue]!.url, client, clock, waitSeconds: 1, visibilitySeconds: 5 }),
            ...(resyncMs === 0
              ? []
              : [ecsSnapshots({ ...shared, clusters: [cluster.arn], intervalMs: resyncMs })]),
            ...lookups,
          ],
          sinks: [sink],
          expose: servicePorts(),
          clusters: [cluster.arn],
          ...(shares ? { journal } : {}),
        },
        { clock },
      )
      const reports: Report[] = []
      worker.reports$.subscribe((report) => reports.push(report))
      onTestFinished(() => worker.stop())
      return { worker, reports }
    },
    servers,
    items: scan,
    put: async (item) => {
      await direct.send(new PutItemCommand({ TableName: table, Item: item }))
    },
    quiet: () => {
      let before = -1
      return vi.waitFor(
        () => {
          const made = [dynamodb, sqsProxy].reduce(
            (sum, { calls }) => [...calls.values()].reduce((a, b) => a + b, sum),
            0,
          )
          const isQuiet = made === before
          before = made
          if (!isQuiet) throw new Error(`${made} calls were made, and more may come`)
        },
        { timeout: patienceMs, interval: 100 },
      )
    },
    agrees: () =>
      vi.waitFor(
        async () => {
          const [held, truth] = [await servers(), live(cluster)]
          if (JSON.stringify(sorted(held)) !== JSON.stringify(sorted(truth)))
            throw new Error(`table ${JSON.stringify(sorted(held))}\nlive  ${JSON.stringify(sorted(truth))}`)
        },
        { timeout: patienceMs, interval: 25 },
      ),
  }
}

const sorted = (backends: Readonly<Record<string, readonly string[]>>): readonly unknown[] =>
  Object.entries(backends).sort(([a], [b]) => (a < b ? -1 : 1))
