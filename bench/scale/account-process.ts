/** A process with an AWS account: a large cluster, the API of ECS, a queue of its events, and a table. */
import { paginateScan } from '@aws-sdk/client-dynamodb'
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { lastSegment } from '../../src/testing/ecs-model/place.js'
import { embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { answerWith } from '../peer.js'
import { cpuMs } from '../stopwatch.js'
import { AwaitedWrites, type Held } from './awaited-writes.js'
import { Replacements } from './replacements.js'

export type AccountRequest =
  | { readonly _tag: 'Open'; readonly tasks: number; readonly services: number }
  /** Whether the table holds what runs. */
  | { readonly _tag: 'Compare' }
  /** Begins to replace tasks, and to count calls. */
  | { readonly _tag: 'Begin'; readonly perHour: number }
  | { readonly _tag: 'End' }

export interface AccountAnswer {
  /** Of the worker, so that it calls this account. */
  readonly environment: Readonly<Record<string, string>>
  /** The running tasks that the table does not hold: of `Compare` alone. */
  readonly unheld: number
  readonly held: readonly Held[]
  /** How long those wait that the table does not hold. */
  readonly missingMs: readonly number[]
  readonly calls: Readonly<Record<string, number>>
  readonly events: number
  readonly replaced: number
  readonly seconds: number
  readonly cpuMs: number
}

const TICK_MS = 100
const TABLE = 'traefik'

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly server: Server
}

const [sqs, dynamoDb] = await Promise.all([embeddedSqs(), embeddedDynamoDb()])
const [queue] = await Promise.all([
  sqs.createQueue('ecs-task-events', { redrive: { maxReceiveCount: 50 } }),
  dynamoDb.createTable(TABLE),
])
const reader = dynamoDb.client()
const writes = new AwaitedWrites(reader, TABLE)
const calls = new Map<string, number>()
const state = {
  events: 0,
  began: 0,
  cpu: 0,
  /** By task, those that run. */
  endpoints: new Map<string, string>(),
  /** Scans of this process. */
  scans: 0,
  begin: (_perHour: number): void => undefined,
  end: (): void => undefined,
  replaced: (): number => 0,
}

/** The id of the item that a request is about. */
const idOf = (chunks: readonly Buffer[]): string => {
  const { Key, Item } = JSON.parse(Buffer.concat(chunks).toString()) as Record<
    'Key' | 'Item',
    { readonly id?: { readonly S?: string } } | undefined
  >
  return (Key ?? Item)?.id?.S ?? ''
}

subscribe('http.server.request.start', (message) => {
  const { request, response, server } = message as Exchange
  const operation = String(request.headers['x-amz-target'] ?? 'EC2').replace(/.*\./, '')
  calls.set(operation, (calls.get(operation) ?? 0) + 1)
  if (!/^(?:Update|Put|Delete)Item$/.test(operation)) return
  if (String((server.address() as AddressInfo).port) !== new URL(dynamoDb.url).port) return
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  response.once('finish', () => {
    if (response.statusCode === 200) void writes.written(idOf(chunks), Date.now())
  })
})

const open = async (tasks: number, services: number): Promise<Readonly<Record<string, string>>> => {
  const cluster = simulatedCluster({
    seed: 23,
    name: 'large',
    // The queue was made in this one.
    region: 'us-east-1',
    clock: Date.now,
    services: Array.from({ length: services }, (_, i) => ({
      name: `service-${i}`,
      placement: 'fargate',
      sidecar: true,
      desiredCount: tasks / services,
    })),
  })
  cluster.start()
  cluster.settleTasks()
  const { endpoints } = state
  for (const { id, endpoint } of cluster.tasks()) if (endpoint !== undefined) endpoints.set(id, endpoint)
  state.begin = (perHour) => {
    const replacements = new Replacements(cluster, perHour)
    let bodies: string[] = []
    cluster.events$.subscribe((event) => {
      bodies.push(JSON.stringify(event))
      state.events++
      const { taskArn } = event.detail
      const task = typeof taskArn === 'string' ? cluster.task(lastSegment(taskArn)) : undefined
      if (task === undefined) return
      const before = endpoints.get(task.id)
      const { endpoint, updatedAt: at, service } = task
      if (endpoint === before) return
      if (endpoint !== undefined) {
        writes.expect(service.name, { endpoint, isServed: true, at })
        replacements.runs(service.name)
      } else if (before !== undefined) writes.expect(service.name, { endpoint: before, isServed: false, at })
      if (endpoint === undefined) endpoints.delete(task.id)
      else endpoints.set(task.id, endpoint)
    })
    const ticks = setInterval(() => {
      replacements.pass(TICK_MS)
      const told = bodies
      bodies = []
      if (told.length > 0) void sqs.send(queue.url, told)
    }, TICK_MS)
    state.end = () => clearInterval(ticks)
    state.replaced = () => replacements.count
  }
  const api = await awsApi([cluster])
  return {
    CLUSTER: cluster.name,
    QUEUE_URL: queue.url,
    TRAEFIK_TABLE: TABLE,
    AWS_REGION: cluster.place.region,
    AWS_ENDPOINT_URL_SQS: sqs.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
    AWS_ENDPOINT_URL_ECS: api.url,
    AWS_ENDPOINT_URL_EC2: api.url,
    AWS_ENDPOINT_URL_SSM: api.url,
    AWS_ACCESS_KEY_ID: 'embedded',
    AWS_SECRET_ACCESS_KEY: 'embedded',
  }
}

/** How many running tasks the table does not hold. */
const compare = async (): Promise<number> => {
  const urls = new Set<string | undefined>()
  for await (const { Items = [] } of paginateScan({ client: reader }, { TableName: TABLE })) {
    state.scans++
    for (const { backend } of Items)
      for (const { M } of Object.values(backend?.M?.['servers']?.M ?? {})) urls.add(M?.['url']?.S)
  }
  return [...state.endpoints.values()].filter((endpoint) => !urls.has(`http://${endpoint}`)).length
}

const answer = (environment: Readonly<Record<string, string>>, unheld = 0): AccountAnswer => ({
  environment,
  unheld,
  held: writes.held,
  missingMs: writes.missing.map((at) => Date.now() - at),
  // Its own reads do not count.
  calls: {
    ...Object.fromEntries(calls),
    GetItem: (calls.get('GetItem') ?? 0) - writes.reads,
    Scan: (calls.get('Scan') ?? 0) - state.scans,
    SendMessageBatch: 0,
  },
  events: state.events,
  replaced: state.replaced(),
  seconds: (performance.now() - state.began) / 1_000,
  cpuMs: cpuMs() - state.cpu,
})

answerWith(async (request: AccountRequest): Promise<AccountAnswer> => {
  switch (request._tag) {
    case 'Open':
      return answer(await open(request.tasks, request.services))
    case 'Compare':
      return answer({}, await compare())
    case 'Begin': {
      const before = answer({})
      calls.clear()
      state.scans = 0
      state.began = performance.now()
      state.cpu = cpuMs()
      state.begin(request.perHour)
      // What the start of the worker took.
      return before
    }
    case 'End': {
      const all = answer({})
      state.end()
      return all
    }
  }
})
