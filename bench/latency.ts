import {
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { run, servicePorts } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import { embeddedDynamoDb } from '../sim/dynamodb/embedded-dynamodb.js'
import { type Effort, fullEffort } from './effort.js'
import { type Finding, measured } from './finding.js'
import { medianOf, ratios, spread } from './spread.js'
import { against, heading, table } from './stopwatch.js'
import { changed, clusterArn, task } from './synthetic.js'

const SERVERS = 10
const CHANGES = 200
const ROUNDS = 7

/**
 * From the delivery of a change by its source until the table holds it, against the bare conditional write of the
 * same item: the very request that the worker has sent, to another table that holds the same.
 */
export const benchLatency = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const changes = effort.pick(CHANGES, 20)
  const database = await embeddedDynamoDb()
  await database.createTable('traefik')
  await database.createTable('bare')
  const client = database.client()
  /** The requests of the worker for the last change. */
  const sent: UpdateItemCommandInput[] = []
  client.middlewareStack.add(
    (next) => (args) => {
      if ('UpdateExpression' in args.input) sent.push(args.input)
      return next(args)
    },
    { step: 'initialize', name: 'note' },
  )
  const bareClient = database.client()
  const source = memorySource()
  const worker = run({
    sources: [source],
    sinks: [traefikTable({ table: 'traefik', client })],
    expose: servicePorts(),
    // Every change here is a first one: no minimum write interval applies.
    minWriteIntervalMs: 0,
  })
  await worker.ready
  await source.push({ _tag: 'TasksListed', cluster: clusterArn, at: 0, tasks: [] })
  await source.push(...Array.from({ length: SERVERS }, (_, i) => changed(task(i, 0, 1))))
  sent.splice(0)
  // The other table begins as this one.
  const { Items = [] } = await bareClient.send(new ScanCommand({ TableName: 'traefik' }))
  for (const Item of Items) await bareClient.send(new PutItemCommand({ TableName: 'bare', Item }))

  /** One task stops and the next one starts: the item has as many servers after each change. */
  const change = (n: number): Promise<'acked' | 'nacked'> =>
    source.push(changed(task(n, 0, 2, 'STOPPED')), changed(task(n + SERVERS, 0, 1)))
  const bare: number[] = []
  const ours: number[] = []
  for (let round = 0; round <= effort.rounds(ROUNDS); round++) {
    const ourTimes: number[] = []
    const bareTimes: number[] = []
    for (let i = 0; i < changes; i++) {
      const start = performance.now()
      if ((await change(round * changes + i)) !== 'acked') throw new Error('a change was not acknowledged')
      const held = performance.now()
      const [request, ...others] = sent.splice(0)
      if (request === undefined || others.length > 0) throw new Error('a change is not one write')
      const command = new UpdateItemCommand({ ...request, TableName: 'bare' })
      const before = performance.now()
      await bareClient.send(command)
      bareTimes.push(performance.now() - before)
      ourTimes.push(held - start)
    }
    // The first round warms up.
    if (round === 0) continue
    ours.push(medianOf(ourTimes))
    bare.push(medianOf(bareTimes))
  }
  await worker.stop()
  await database.close()
  heading(
    `One change, from its delivery until the table holds it and it is acknowledged (${SERVERS} servers in the item)`,
  )
  const ms = (value: number): string => `${value.toFixed(2)} ms`
  table([
    ['the bare conditional write of the same size', spread(bare, ms)],
    ['through fold, plan and apply', `${spread(ours, ms)}  ${against(ours, bare, 1.2)}`],
  ])
  return [measured('latency', ratios(ours, bare))]
}
