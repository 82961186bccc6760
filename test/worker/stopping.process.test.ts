import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { awsApi, type AwsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { type FaultProxy, faultProxy, never } from '../../sim/faults/fault-proxy.js'
import { embeddedSqs, type EmbeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { type CommandProcess, commandProcess } from './command-process.js'

let dynamodb: EmbeddedDynamoDb
let queues: EmbeddedSqs
let table: FaultProxy
let n = 0
const apis: AwsApi[] = []
const running: CommandProcess[] = []

beforeAll(async () => {
  ;[dynamodb, queues] = await Promise.all([embeddedDynamoDb(), embeddedSqs()])
  table = await faultProxy({ target: dynamodb.url })
})
afterEach(async () => {
  for (const each of running) each.signal('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  await Promise.all(apis.splice(0).map((api) => api.close()))
  table.faults = never
  table.down = false
})
afterAll(async () => {
  await table.close()
  await Promise.all([dynamodb.close(), queues.close()])
})

const ready = 'ready: every required sink has reached a complete state'

/** A worker with a table and a queue of its own, and what happens in its cluster. */
const started = async (more: Readonly<Record<string, string>> = {}) => {
  const cluster = new SimulatedCluster({
    seed: 7,
    name: 'staging',
    clock: () => Date.now(),
    services: [{ name: 'web', placement: 'fargate', desiredCount: 2 }],
  })
  cluster.start()
  cluster.settle()
  const api = await awsApi([cluster])
  apis.push(api)
  const name = `traefik-${++n}`
  await dynamodb.createTable(name)
  const { url } = await queues.createQueue(`events-${n}`)
  const worker = commandProcess(['traefik-table'], {
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_SQS: queues.url,
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    AWS_ENDPOINT_URL_ECS: api.url,
    AWS_ENDPOINT_URL_EC2: api.url,
    AWS_ENDPOINT_URL_SSM: api.url,
    AWS_REGION: 'us-east-1',
    CLUSTER: 'staging',
    QUEUE_URL: url,
    TRAEFIK_TABLE: name,
    ...more,
  })
  running.push(worker)
  return {
    worker,
    /** Starts another task, and sends its events. */
    scale: async (count: number) => {
      const bodies: string[] = []
      const subscription = cluster.events$.subscribe((event) => bodies.push(JSON.stringify(event)))
      cluster.scale('web', count)
      cluster.settle()
      subscription.unsubscribe()
      await queues.send(url, bodies)
    },
  }
}

const waits = (err: string): number => err.split('"msg":"stopping: waits for ').length - 1

describe('SIGTERM', () => {
  it('ends a healthy worker with 0', async () => {
    const { worker } = await started()
    await worker.logged(ready)
    worker.signal('SIGTERM')
    const { code, err } = await worker.ended
    expect(code).toBe(0)
    expect(waits(err)).toBe(0)
    expect(err).toContain('"msg":"stopped"')
  })

  it.each(['down', 'hang', 'throttle'] as const)(
    'waits for no target that has never worked (%s), and the exit code says that something was left',
    async (fault) => {
      if (fault === 'down') table.down = true
      else table.faults = () => fault
      const { worker } = await started({ DEBUG: 'on' })
      await worker.logged('folded')
      worker.signal('SIGTERM')
      const { code, err } = await worker.ended
      expect(code).toBe(75)
      expect(waits(err)).toBe(0)
      expect(err).toContain('not applied before the stop; left for redelivery')
    },
  )

  it.each(['down', 'hang'] as const)(
    'waits for no target, if nothing is unsettled, even when it does not answer any more (%s)',
    async (fault) => {
      const { worker } = await started()
      await worker.logged(ready)
      if (fault === 'down') table.down = true
      else table.faults = () => fault
      worker.signal('SIGTERM')
      const { code, err } = await worker.ended
      expect(code).toBe(0)
      expect(waits(err)).toBe(0)
    },
  )

  it('says what it waits for while a target that has worked is to get something, and settles it', async () => {
    const { worker, scale } = await started({ DEBUG: 'on' })
    await worker.logged(ready)
    table.down = true
    await scale(3)
    await worker.logged('sink failed')
    worker.signal('SIGTERM')
    expect(await worker.logged('stopping: waits for traefik-table')).toMatchObject({
      level: 'info',
      sinks: ['traefik-table'],
      sources: [],
    })
    table.down = false
    const { code } = await worker.ended
    expect(code).toBe(0)
  })

  it('ends at once when it comes again', async () => {
    const { worker, scale } = await started({ DEBUG: 'on' })
    await worker.logged(ready)
    table.down = true
    await scale(3)
    await worker.logged('sink failed')
    worker.signal('SIGTERM')
    await worker.logged('stopping: waits for traefik-table')
    worker.signal('SIGTERM')
    expect((await worker.ended).code).toBe(1)
  })
})
