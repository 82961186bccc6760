/** The simulated services without a wire: a request is answered at once. For contracts, which check the models. */
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs'
import { prng } from '../../sim/prng.js'
import type { DynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { type Route53Zones, route53Zones } from '../../sim/route53/route53-zones.js'
import type { SqsQueues } from '../../sim/sqs/sqs-queues.js'
import { Faults } from '../../simulate/engine/faults.js'
import { SimulatedProcess } from '../../simulate/engine/simulated-process.js'
import { Timeline } from '../../simulate/engine/timeline.js'
import { bodyText, operationOf, queryText, type SdkRequest } from '../../simulate/network/sdk-request.js'
import type { SimulatedService } from '../../simulate/network/wire.js'
import { SimulatedDynamoDb } from '../../simulate/servers/dynamodb.js'
import { SimulatedRoute53 } from '../../simulate/servers/route53.js'
import { SimulatedSqs } from '../../simulate/servers/sqs.js'
import { Table } from '../../simulate/servers/table.js'

const caller = () =>
  new SimulatedProcess('test', new Timeline(0, prng(1)), {
    seed: 1,
    wrong: { aheadMs: 0, rate: 1 },
    died: () => undefined,
  })

/** `hungUp`: what the service does when a caller has closed its connection without waiting for the answer. */
const handlerOf = (
  service: SimulatedService,
  hungUp: (by: SimulatedProcess) => void = () => undefined,
  by = caller(),
) => ({
  metadata: { handlerProtocol: 'http/1.1' },
  handle: async (sdk: SdkRequest, { abortSignal }: { readonly abortSignal?: unknown } = {}) => {
    const body = bodyText(sdk.body)
    const request = {
      service: 'sqs' as const,
      operation: operationOf(sdk, body),
      method: sdk.method,
      path: `${sdk.path}${queryText(sdk.query)}`,
      body,
    }
    const aborted = new Promise<never>((_, reject) => {
      if (abortSignal instanceof AbortSignal)
        abortSignal.addEventListener('abort', () => {
          hungUp(by)
          reject(Object.assign(new Error('aborted'), { name: 'AbortError' }))
        })
    })
    const answer = await Promise.race([service.answer(request, by), aborted])
    return {
      response: {
        statusCode: answer.status,
        headers: { ...answer.headers, date: new Date().toUTCString() },
        body: new TextEncoder().encode(answer.body),
      },
    }
  },
  destroy: () => undefined,
  updateHttpClientConfig: () => undefined,
  httpHandlerConfigs: () => ({}),
})

const settings = (service: SimulatedService, hungUp?: (by: SimulatedProcess) => void) => ({
  region: 'eu-west-1',
  credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
  endpoint: 'https://simulated.eu-west-1.amazonaws.com',
  requestHandler: handlerOf(service, hungUp),
})

const noFaults = (): Faults => new Faults({ seed: 1, without: new Set(), most: 0 }, () => undefined)

/** Tables of the simulated DynamoDB. */
export const simulatedTables = (): DynamoDbTables => {
  const tables = new Map<string, Table>()
  const service = new SimulatedDynamoDb(tables)
  return {
    url: 'nowhere',
    client: (overrides: DynamoDBClientConfig = {}) =>
      new DynamoDBClient({ ...settings(service), ...overrides }),
    createTable: (name) => {
      tables.set(name, new Table(name, { hash: 'id' }))
      return Promise.resolve()
    },
    createJournalTable: (name) => {
      tables.set(name, new Table(name, { hash: 'journal', range: 'number' }))
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
}

/** Zones of the simulated Route 53, where each call is seconds after the one before. */
export const simulatedZones = (): Route53Zones => {
  let now = 0
  const service = new SimulatedRoute53({
    now: () => (now += 10_000),
    faults: noFaults(),
    changed: () => undefined,
  })
  return route53Zones('https://simulated.us-east-1.amazonaws.com', settings(service))
}

/** Queues of the simulated SQS, in real time. */
export const simulatedQueues = (): SqsQueues => {
  const timers = new Set<NodeJS.Timeout>()
  const service = new SimulatedSqs<undefined>(
    {
      timeline: {
        get now() {
          return Date.now()
        },
        after: (ms, run) => {
          const timer = setTimeout(() => {
            timers.delete(timer)
            run()
          }, ms)
          timers.add(timer)
          return { due: 0, luck: 0, sequence: 0, run }
        },
      },
      faults: noFaults(),
      random: prng(1),
      maxReceives: Infinity,
    },
    { deleted: () => undefined },
  )
  const nameOf = (url: string): string => url.slice(url.lastIndexOf('/') + 1)
  return {
    url: 'nowhere',
    client: (overrides: SQSClientConfig = {}) =>
      new SQSClient({ ...settings(service, (by) => service.hangUp(by)), ...overrides }),
    createQueue: (name) => Promise.resolve({ url: service.createQueue(name) }),
    send: (url, bodies) => {
      for (const body of bodies) service.send(nameOf(url), undefined, body)
      return Promise.resolve()
    },
    counts: (url) => Promise.resolve({ visible: service.depth(nameOf(url)), inFlight: 0 }),
    close: () => {
      for (const timer of timers) clearTimeout(timer)
      return Promise.resolve()
    },
  }
}
