import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { emptyState } from '../../src/core/cluster-state.js'
import { fold } from '../../src/core/fold.js'
import { stateEvents } from '../../src/core/state-events.js'
import { counted } from '../counted-client.js'
import { type Effort, fullEffort } from '../effort.js'
import { spread } from '../spread.js'
import { each, heading, race, table } from '../stopwatch.js'
import { clusterArn } from '../synthetic.js'
import { randomTask } from './random-task.js'

const TASKS = 100_000
const EVENTS = 1_000

const opened = (client: DynamoDBClient) => dynamoDbJournal({ table: 'journals', name: 'bench', client })

/** What the journal alone costs, without a worker: its calls, and reading a checkpoint. */
export const benchJournalTable = async (effort: Effort = fullEffort): Promise<void> => {
  const count = effort.pick(TASKS, 2_000)
  const dynamo = await embeddedDynamoDb()
  const { signal } = new AbortController()
  await dynamo.createJournalTable('journals')
  const tasks = Array.from({ length: count }, (_, i) => randomTask(i, i % 500))
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
    effort.rounds(5),
  )
  heading('A journal in a table, without a worker')
  table([
    ['calls per event, in batches of ten', (appends / EVENTS).toFixed(2)],
    [`calls to store a checkpoint of ${count} tasks`, String(checkpoint)],
    ['to read a task of a checkpoint', each(start?.wall ?? [], count)],
    ['to parse the JSON of a task', each(parse?.wall ?? [], count)],
    ['start', spread(start?.wall ?? [], (ms) => `${(ms / 1_000).toFixed(2)} s`)],
  ])
  await dynamo.close()
}
