import { type DynamoDbTables, dynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { type SqsQueues, sqsQueues } from '../../sim/sqs/sqs-queues.js'
import { peer } from '../peer.js'
import type { Counts, ServerRequest, ServerUrls, Traffic } from './server-process.js'

export const journalTable = 'journals'

/** The servers, in a process of their own, so that they do not stall what is measured here. */
export interface Servers {
  readonly urls: ServerUrls
  readonly sqs: SqsQueues
  readonly journals: DynamoDbTables
  readonly targets: DynamoDbTables
  /** What has happened since the last call. */
  takeCounts(): Promise<Counts>
  close(): Promise<void>
}

export const startServers = async (): Promise<Servers> => {
  const server = peer<ServerRequest, ServerUrls & Counts>(new URL('server-process.ts', import.meta.url))
  const urls = await server.ask({ _tag: 'Urls' })
  const sqs = sqsQueues(urls.sqs)
  const journals = dynamoDbTables(urls.journals)
  const targets = dynamoDbTables(urls.targets)
  await journals.createJournalTable(journalTable)
  return {
    urls,
    sqs,
    journals,
    targets,
    takeCounts: () => server.ask({ _tag: 'TakeCounts' }),
    close: async () => {
      await Promise.all([sqs.close(), journals.close(), targets.close()])
      await server.close()
    },
  }
}

export const callsOf = ({ calls }: Traffic): number => Object.values(calls).reduce((a, b) => a + b, 0)
