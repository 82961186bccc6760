/** The journal in a table, at Amazon's own DynamoDB Local and at moto. */
import { journalContract } from 'ecs-task-stream/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type DynamoDbTables, dynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { dynamoDbJournalHarness } from '../support/dynamodb-journal-harness.js'
import { dynamoDbLocalUrl, moto } from './witnesses.js'

const contractAt = (name: string, url: string, serial: boolean): void => {
  const table = `journals-${process.pid}`
  let tables: DynamoDbTables
  beforeAll(async () => {
    tables = dynamoDbTables(url)
    await tables.createJournalTable(table)
  })
  afterAll(() => tables.close())
  journalContract(
    `dynamoDbJournal at ${name}`,
    () => Promise.resolve(dynamoDbJournalHarness(tables, { table, serial })),
    {
      runs: 10,
    },
  )
}

describe('moto', () => {
  beforeAll(() => moto.empty())
  // moto looks at the condition and writes in two steps.
  contractAt('moto', moto.url, true)
})

describe.skipIf(dynamoDbLocalUrl === undefined)('DynamoDB Local', () => {
  if (dynamoDbLocalUrl === undefined) it('is not here: it needs a JDK and Maven', () => undefined)
  else contractAt('DynamoDB Local', dynamoDbLocalUrl, false)
})
