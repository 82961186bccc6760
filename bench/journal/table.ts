import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { emptyState } from '../../src/core/cluster-state.js'
import { fold } from '../../src/core/fold.js'
import { stateEvents } from '../../src/core/state-events.js'
import { counted } from '../counted-client.js'
import { each, heading, race, table } from '../stopwatch.js'
import { clusterArn } from '../synthetic.js'
import { randomTask } from './random-task.js'

const TASKS = 100_000
const EVENTS = 1_000

const opened = (client: DynamoDBClient) => dynamoDbJournal({ table: 'journals', name: 'bench', client })

/** What the journal alone costs, without a worker: its calls, and reading a checkpoint. */
export const benchJournalTable = async (): Promise<void> => {
  const dynamo = await embeddedDynamoDb()
  const { signal } = new AbortController()
  await dynamo.createJournalTable('journals')
  const tasks = Array.from({ length: TASKS }, (_, i) => randomTask(i, i % 500))
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
  heading('A journal in a table, without a worker')
  table([
    ['calls per event, in batches of ten', (appends / EVENTS).toFixed(2)],
    [`calls to store a checkpoint of ${TASKS} tasks`, String(checkpoint)],
    ['to read a task of a checkpoint', each(start?.ms ?? NaN, TASKS)],
    ['to parse the JSON of a task', each(parse?.ms ?? NaN, TASKS)],
    ['start', `${((start?.ms ?? NaN) / 1000).toFixed(1)} s`],
  ])
  await dynamo.close()
}
