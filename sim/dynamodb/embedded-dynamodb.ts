import dynalite from 'dynalite'
import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { correctConditions } from './dynalite-conditions.js'
import { type DynamoDbTables, dynamoDbTables } from './dynamodb-tables.js'

/** A DynamoDB in this process, in memory, for tests, the demo and the bench. */
export interface EmbeddedDynamoDb extends DynamoDbTables {
  /** Destroys the clients, closes every connection and deletes all data. */
  close(): Promise<void>
}

/**
 * Starts dynalite on 127.0.0.1 and a free port. Unlike DynamoDB, it does not support transactions, time to live, and
 * streams. Conditions of writes behave as in DynamoDB: see `correctConditions`.
 */
export async function embeddedDynamoDb(): Promise<EmbeddedDynamoDb> {
  correctConditions()
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  surviveAbortedRequests(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tables = dynamoDbTables(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return {
    ...tables,
    close: async () => {
      await tables.close()
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      })
    },
  }
}

/**
 * dynalite rethrows a request's 'error' event, so a client that disconnects in the middle of its body would end this
 * process. This replaces that listener, which dynalite adds while it is called.
 */
function surviveAbortedRequests(server: Server): void {
  const [handle] = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    handle?.(request, response)
    request.removeAllListeners('error').on('error', () => undefined)
  })
}
