import { journalContract } from 'ecs-task-stream/testing'
import { afterAll, beforeAll } from 'vitest'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { dynamoDbJournalHarness } from '../support/dynamodb-journal-harness.js'
import { contractRuns } from '../laws/runs.js'

const table = 'journals'
let dynamo: EmbeddedDynamoDb

beforeAll(async () => {
  dynamo = await embeddedDynamoDb()
  await dynamo.createJournalTable(table)
})
afterAll(() => dynamo.close())

const make = (gapMs: number) => () => Promise.resolve(dynamoDbJournalHarness(dynamo, { table, gapMs }))

journalContract('dynamoDbJournal that closes gaps at once', make(0), { runs: contractRuns(30) })
journalContract('dynamoDbJournal that waits at gaps', make(5_000), { runs: contractRuns(10) })
