import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { clientSettings } from '../../../shared/aws/aws-clients.js'

/**
 * A client of DynamoDB with the environment's credentials. The SDK does the retries: it knows best how DynamoDB wants
 * them, and `run` limits the time of a whole write.
 *
 * @param region If empty: as resolved by the AWS SDK.
 */
export const tableClient = (region: string): DynamoDBClient =>
  new DynamoDBClient({ ...clientSettings({ region }), maxAttempts: 3 })
