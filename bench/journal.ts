import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { createHash } from 'node:crypto'
import type { Task } from 'ecs-task-stream'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { embeddedDynamoDb } from '../sim/dynamodb/embedded-dynamodb.js'
import { emptyState } from '../src/core/cluster-state.js'
import { fold } from '../src/core/fold.js'
import { stateEvents } from '../src/core/state-events.js'
import { counted } from './counted-client.js'
import { clusterArn, task as synthetic } from './synthetic.js'
import { each, heading, race, table } from './stopwatch.js'

const TASKS = 100_000
const EVENTS = 1_000

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Ids as random as those of ECS, which compression cannot shorten. */
const task = (i: number): Task => {
  const plain = synthetic(i, i % 500, 5)
  const id = digest(String(i))
  return {
    ...plain,
    arn: `arn:aws:ecs:eu-west-1:123456789012:task/bench/${id.slice(0, 32)}`,
    capacityProvider: 'FARGATE',
    zone: `eu-west-1${'abc'.charAt(i % 3)}`,
    startedBy: `ecs-svc/${digest(String(i % 500)).slice(0, 16)}`,
    createdAt: 1_700_000_000_000 + Number.parseInt(id.slice(0, 7), 16),
    containers: ['log_router', 'web'].flatMap((name) =>
      plain.containers.map((one) => ({
        ...one,
        name,
        arn: `arn:aws:ecs:eu-west-1:123456789012:container/bench/${id.slice(0, 32)}/${digest(name + id).slice(0, 32)}`,
        runtimeId: `${id.slice(0, 32)}-${Number.parseInt(digest(name + id).slice(32, 40), 16)}`,
      })),
    ),
  }
}

const opened = (client: DynamoDBClient) => dynamoDbJournal({ table: 'journals', name: 'bench', client })

/** What a journal in a table costs: its calls, and the start of a worker. */
export const benchJournal = async (): Promise<void> => {
  const dynamo = await embeddedDynamoDb()
  const { signal } = new AbortController()
  await dynamo.createJournalTable('journals')
  const tasks = Array.from({ length: TASKS }, (_, i) => task(i))
  const snapshot = { _tag: 'TasksListed' as const, cluster: clusterArn, at: 1, order: 1, tasks }
  const state = fold(emptyState, snapshot)

  const client = dynamo.client()
  const { calls } = counted(client)
  const journal = opened(client)
  const { position } = await journal.catchUp(undefined, signal)
  const before = calls()
  // Ten messages of a queue are one batch.
  for (let i = 0; i < EVENTS; i += 10)
    await journal.append(
      tasks
        .slice(i, i + 10)
        .map((one) => ({ at: 1, source: 'sqs', events: [{ _tag: 'TaskChanged', task: one }] })),
      signal,
    )
  const appends = calls() - before
  const read = await journal.catchUp(position, signal)
  const storing = calls()
  await journal.checkpoint(stateEvents(state), read.position, signal)
  const checkpoint = calls() - storing

  const json = tasks.map((one) => JSON.stringify(one))
  const [parse, start] = await race(
    [
      {
        name: 'JSON.parse',
        run: () => {
          for (const text of json) JSON.parse(text)
        },
      },
      {
        name: 'start',
        run: async () => {
          await opened(dynamo.client()).catchUp(undefined, signal)
        },
      },
    ],
    3,
  )
  heading('A journal in a table')
  table([
    ['calls per event, in batches of ten', (appends / EVENTS).toFixed(2)],
    [`calls to store a checkpoint of ${TASKS} tasks`, String(checkpoint)],
    ['to read a task of a checkpoint', each(start?.ms ?? NaN, TASKS)],
    ['to parse the JSON of a task', each(parse?.ms ?? NaN, TASKS)],
    ['start', `${((start?.ms ?? NaN) / 1000).toFixed(1)} s`],
  ])
  await dynamo.close()
}
