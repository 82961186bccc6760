import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

export interface TableCall {
  readonly client: DynamoDBClient
  readonly table: string
  /** The key of the table, for people: `the string key "id"`. */
  readonly key: string
  /** The IAM action without its prefix: `PutItem`. */
  readonly action: string
}

/** Explains the common errors of a call to a table; others keep the SDK's message. */
export const tableFailure = async (
  thrown: unknown,
  { client, table, key, action }: TableCall,
): Promise<Error> => {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  if (error.name === 'AccessDeniedException')
    return new Error(
      `not allowed to call dynamodb:${action} on table "${table}" in ${await client.config.region()}: give that action to the role (${error.message})`,
      { cause: error },
    )
  if (error.name === 'ResourceNotFoundException')
    return new Error(
      `there is no DynamoDB table "${table}" in ${await client.config.region()}: create it with ${key}, or correct the table's name or the region`,
      { cause: error },
    )
  return error
}
