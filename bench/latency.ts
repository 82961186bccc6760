import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { run, servicePorts } from 'ecs-task-stream'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import { embeddedDynamoDb } from '../sim/dynamodb/embedded-dynamodb.js'
import { heading, ratio, table } from './stopwatch.js'
import { changed, clusterArn, task } from './synthetic.js'

const SERVERS = 10
const ROUNDS = 600

const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!

/**
 * From the delivery of a change by its source until the table holds it, against the bare conditional write of the
 * same item.
 */
export const benchLatency = async (): Promise<void> => {
  const database = await embeddedDynamoDb()
  await database.createTable('traefik')
  const client = database.client()
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
  for (let i = 0; i < SERVERS; i++) await source.push(changed(task(i, 0, 1)))

  const servers = (n: number) => ({
    M: Object.fromEntries(
      Array.from({ length: SERVERS }, (_, i) => [
        `10.0.${n % 250}.${i}:80`,
        { M: { url: { S: `http://10.0.${n % 250}.${i}:80` }, weight: { N: '0' } } },
      ]),
    ),
  })
  const item = { id: { S: 'bare__backend' }, name: { S: 'bare' }, version: { N: '0' }, owner: { S: 'bench' } }
  await client.send(
    new PutItemCommand({ TableName: 'traefik', Item: { ...item, backend: { M: { servers: servers(0) } } } }),
  )
  const bareWrite = async (n: number): Promise<void> => {
    await client.send(
      new UpdateItemCommand({
        TableName: 'traefik',
        Key: { id: item.id },
        UpdateExpression: 'SET #version = :next, #backend.#servers = :after, #name = :name, #owner = :owner',
        ConditionExpression:
          '#version = :read AND #backend.#servers = :before AND #name = :name AND #owner = :owner',
        ExpressionAttributeNames: {
          '#version': 'version',
          '#backend': 'backend',
          '#servers': 'servers',
          '#name': 'name',
          '#owner': 'owner',
        },
        ExpressionAttributeValues: {
          ':next': { N: String(n + 1) },
          ':read': { N: String(n) },
          ':before': servers(n),
          ':after': servers(n + 1),
          ':name': item.name,
          ':owner': item.owner,
        },
      }),
    )
  }

  const bare: number[] = []
  const ours: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const a = performance.now()
    await bareWrite(round)
    const b = performance.now()
    // One task stops, the next one starts: every event changes the table.
    await source.push(
      changed(task(round % SERVERS, 0, 2 + round, round % (2 * SERVERS) < SERVERS ? 'STOPPED' : 'RUNNING')),
    )
    const c = performance.now()
    // The first third warms up.
    if (round >= ROUNDS / 3) {
      bare.push(b - a)
      ours.push(c - b)
    }
  }
  await worker.stop()
  await database.close()
  heading(
    `One change, from its delivery until the table holds it and it is acknowledged (${SERVERS} servers in the item)`,
  )
  table([
    ['bare conditional UpdateItem, median', `${median(bare).toFixed(2)} ms  ${ratio(1)}`],
    [
      'through fold, plan and apply, median',
      `${median(ours).toFixed(2)} ms  ${ratio(median(ours) / median(bare), 1.2)}`,
    ],
  ])
}
