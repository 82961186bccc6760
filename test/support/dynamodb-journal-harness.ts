import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoDbJournal } from 'ecs-task-stream/journals/dynamodb'
import { type Access, type JournalHarness, StorageFailure } from 'ecs-task-stream/testing'
import type { DynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'

/** Sends a request again whose answer was lost, as the SDK does. */
const withAccess = (client: DynamoDBClient, access: Access): DynamoDBClient => {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await access(() => next(args))
      } catch (thrown) {
        if (thrown instanceof StorageFailure && thrown.happened) return access(() => next(args))
        throw thrown
      }
    },
    // Inside of what makes an exception of an answer.
    { step: 'deserialize', priority: 'low' },
  )
  return client
}

let made = 0

export interface DynamoDbJournalHarnessOptions {
  readonly table: string
  /** Default: 0, so that readers close each gap as soon as they see it. */
  readonly gapMs?: number
  /** Whether requests are sent one at a time, for a server that does not check conditions atomically. Default: false. */
  readonly serial?: boolean
}

/** Makes one access at a time. */
const oneByOne = (): Access => {
  let last: Promise<unknown> = Promise.resolve()
  return (effect) => {
    const next = last.then(effect)
    last = next.catch(() => undefined)
    return next
  }
}

/** An empty journal in the table. */
export const dynamoDbJournalHarness = (
  tables: DynamoDbTables,
  { table, gapMs = 0, serial = false }: DynamoDbJournalHarnessOptions,
): JournalHarness => {
  const name = `contract-${process.pid}-${++made}`
  let now = Date.UTC(2026, 0, 1)
  const clock = { now: () => now, sleep: () => Promise.resolve() }
  const clients: DynamoDBClient[] = []
  const turn = oneByOne()
  const client = (): DynamoDBClient => {
    const plain = tables.client({ maxAttempts: 1 })
    const one = serial ? withAccess(plain, turn) : plain
    clients.push(one)
    return one
  }
  return {
    open: () => dynamoDbJournal({ table, name, gapMs, clock, client: client() }),
    openFaulty: (access) =>
      dynamoDbJournal({ table, name, gapMs, clock, client: withAccess(client(), access) }),
    advance: (ms) => void (now += ms),
    dispose: () => {
      for (const one of clients) one.destroy()
      return Promise.resolve()
    },
  }
}
