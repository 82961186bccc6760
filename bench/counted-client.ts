import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'

/** Counts the calls that a client makes. */
export const counted = (client: DynamoDBClient): { readonly calls: () => number } => {
  let calls = 0
  client.middlewareStack.add(
    (next) => (args) => {
      calls++
      return next(args)
    },
    { step: 'finalizeRequest', name: 'count' },
  )
  return { calls: () => calls }
}
