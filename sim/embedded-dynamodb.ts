import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
} from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compareMapsByValue } from './dynalite-equality.js'

/** A DynamoDB in this process, in memory, for tests, the demo and the bench. */
export interface EmbeddedDynamoDb {
  /** `http://127.0.0.1:<port>`, for `endpoint` or `AWS_ENDPOINT_URL_DYNAMODB`. */
  readonly url: string
  /** A client of this server with invented credentials; `close` destroys it. `overrides` win, `endpoint` included. */
  client(overrides?: DynamoDBClientConfig): DynamoDBClient
  /** Creates a table with the string hash key `id`, billed by request; it is ACTIVE once this resolves. */
  createTable(name: string): Promise<void>
  /** Cuts every connection and drops all data. */
  close(): Promise<void>
}

/**
 * Starts dynalite on 127.0.0.1 and a free port. What it does not do, unlike DynamoDB: transactions, time to live, streams, and
 * `ReturnValuesOnConditionCheckFailure` (ignored: the error carries no item). Maps compare by value as in DynamoDB, but only in
 * the conditions of writes: see `compareMapsByValue`.
 */
export async function embeddedDynamoDb(): Promise<EmbeddedDynamoDb> {
  compareMapsByValue()
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  surviveAbortedRequests(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const clients: DynamoDBClient[] = []
  const client = (overrides: DynamoDBClientConfig = {}) => {
    const made = new DynamoDBClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
      ...overrides,
    })
    clients.push(made)
    return made
  }
  const admin = client()

  return {
    url,
    client,
    createTable: async (name) => {
      await admin.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        }),
      )
      // CreateTable answers CREATING; the table is ACTIVE at the next turn of dynalite's timers.
      while (
        (await admin.send(new DescribeTableCommand({ TableName: name }))).Table?.TableStatus !== 'ACTIVE'
      );
    },
    close: () => {
      for (const each of clients) each.destroy()
      return new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      })
    },
  }
}

/**
 * dynalite rethrows a request's 'error' event, so that a client which goes away in the middle of its body would end this whole
 * process. An aborted request concerns nobody but its client: replace that listener, which dynalite adds while it is called.
 */
function surviveAbortedRequests(server: Server): void {
  const [handle] = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    handle?.(request, response)
    request.removeAllListeners('error').on('error', () => undefined)
  })
}
