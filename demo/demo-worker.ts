import type { RunSetup } from 'ecs-task-stream'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { formatProblems } from 'ecs-task-stream/worker'
import traefikTable from '../examples/traefik-table.js'
import { type Account, journalTableName, tableName } from './account.js'

/** Outside of the demo, the default is 300 s. */
export const resyncSeconds = 5

/**
 * The default is 30 s, for clock differences and delays in ECS. The simulated cluster has neither, and a longer
 * allowance would only hide how snapshots repair the table.
 */
const graceMs = 1_000

/** The default is 30 s. The messages of a killed worker return after this time, and the demo is short. */
export const visibilitySeconds = 3

type Queue = Pick<Account, 'queueUrl'>

/** The bundled worker's parts, configured by its environment variables, as a user would do it. */
const compose = (cluster: string, { queueUrl }: Queue, more: Readonly<Record<string, string>>) => {
  const reading = traefikTable.read({}, 'npm start', [], {
    CLUSTER: cluster,
    TRAEFIK_TABLE: tableName,
    QUEUE_URL: queueUrl,
    RESYNC_SECONDS: String(resyncSeconds),
    ...more,
  })
  switch (reading._tag) {
    case 'Help':
      throw new Error(reading.text)
    case 'Problems':
      throw new Error(formatProblems('the bundled worker', reading.problems))
    case 'Settings':
      return reading.compose()
  }
}

/** What the bundled worker runs. `more`: further environment variables. */
export const demoWorker = async (
  cluster: string,
  queue: Queue,
  more: Readonly<Record<string, string>> = {},
): Promise<RunSetup> => {
  const { eventSources, lookups, ...composition } = await compose(cluster, queue, more)
  return { ...composition, sources: [...eventSources, ...lookups], skewAllowanceMs: graceMs }
}

/** What one of several workers on the same queue runs, which share what they hear through a journal. */
export const sharingWorker = async (cluster: string, queue: Queue): Promise<RunSetup> => {
  const { eventSources: _, lookups, ...composition } = await compose(cluster, queue, {})
  return {
    ...composition,
    sources: [sqs({ queueUrl: queue.queueUrl, visibilitySeconds }), ...lookups],
    journal: dynamoDbJournal({ table: journalTableName, name: cluster }),
    skewAllowanceMs: graceMs,
  }
}
