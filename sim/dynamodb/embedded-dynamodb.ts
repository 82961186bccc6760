import dynalite from 'dynalite'
import { closeLevelServer, startLevelServer } from '../level-server.js'
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
  const tables = dynamoDbTables(await startLevelServer(server))
  return {
    ...tables,
    close: async () => {
      await tables.close()
      await closeLevelServer(server)
    },
  }
}
