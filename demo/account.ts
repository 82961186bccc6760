import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { awsApi } from '../sim/aws-api/aws-api.js'
import { awsEnvironment } from '../sim/aws-environment.js'
import { embeddedDynamoDb } from '../sim/dynamodb/embedded-dynamodb.js'
import { embeddedSqs } from '../sim/sqs/embedded-sqs.js'
import type { SimulatedCluster } from '../sim/ecs/simulated-cluster.js'
import { readTable, type TableView } from './table-view.js'

export const tableName = 'traefik'

export const journalTableName = 'journal'

/** An AWS account in this process: servers on 127.0.0.1 that speak AWS's wire protocols, with a queue and a table. */
export interface Account {
  readonly urls: { readonly sqs: string; readonly dynamoDb: string; readonly ecs: string }
  readonly queueUrl: string
  /** Environment variables that make the AWS SDK and CLI use this account only. */
  readonly environment: Readonly<Record<string, string>>
  send(bodies: readonly string[]): Promise<void>
  /** The number of messages that have not been deleted. */
  unacknowledged(): Promise<number>
  /** A client for the table. Separate, so that reading it does not depend on the worker's connections. */
  readonly reader: DynamoDBClient
  readTable(): Promise<TableView>
  /** Creates the table for a journal. */
  createJournal(): Promise<void>
  close(): Promise<void>
}

export const openAccount = async (cluster: SimulatedCluster): Promise<Account> => {
  const [sqs, dynamoDb, ecs] = await Promise.all([embeddedSqs(), embeddedDynamoDb(), awsApi([cluster])])
  const [queue] = await Promise.all([
    sqs.createQueue('ecs-task-events', { redrive: { maxReceiveCount: 50 } }),
    dynamoDb.createTable(tableName),
  ])
  const reader = dynamoDb.client()

  return {
    urls: { sqs: sqs.url, dynamoDb: dynamoDb.url, ecs: ecs.url },
    queueUrl: queue.url,
    environment: awsEnvironment({ sqs: sqs.url, dynamoDb: dynamoDb.url, ecs: ecs.url }, cluster.place.region),
    send: (bodies) => sqs.send(queue.url, bodies),
    unacknowledged: async () => {
      const { visible, inFlight } = await sqs.counts(queue.url)
      return visible + inFlight
    },
    reader,
    readTable: () => readTable(reader, tableName),
    createJournal: () => dynamoDb.createJournalTable(journalTableName),
    close: async () => {
      await Promise.all([sqs.close(), dynamoDb.close(), ecs.close()])
    },
  }
}

/** Environment variables of the user's own AWS account, which must not affect the demo. */
const strangers = /^AWS_|^(https?|no|all)_proxy$/i

/** Removes the user's credentials, profiles and proxies, so that no call can use them or leave the machine. */
export const isolate = (): void => {
  for (const name of Object.keys(process.env))
    if (strangers.test(name)) Reflect.deleteProperty(process.env, name)
  // The SDK's warning about Node versions is irrelevant here. It comes with the first client.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
}
