import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { clientSettings } from './aws-clients.js'

/**
 * A client of DynamoDB with the environment's credentials. The SDK does the retries: it knows best how DynamoDB wants
 * them, and its callers limit the time of a whole call.
 *
 * @param region If empty: as resolved by the AWS SDK.
 */
export const dynamoDbClient = (region: string): DynamoDBClient =>
  new DynamoDBClient({ ...clientSettings({ region }), maxAttempts: 3 })
