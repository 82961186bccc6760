/** The simulated DynamoDB does for the shipped code what DynamoDB does: the same contracts, without a socket. */
import { journalContract, sinkContract } from 'ecs-task-stream/testing'
import { dynamoDbJournalHarness } from '../support/dynamodb-journal-harness.js'
import { traefikTableHarness } from '../support/traefik-table-harness.js'
import { simulatedTables } from './direct-client.js'
import { contractRuns } from '../laws/runs.js'

let made = 0

sinkContract(
  'traefik-table over the simulated DynamoDB',
  () => traefikTableHarness(simulatedTables(), `traefik-${++made}`),
  { runs: contractRuns(30) },
)

journalContract(
  'dynamoDbJournal over the simulated DynamoDB',
  async () => {
    const tables = simulatedTables()
    await tables.createJournalTable('journals')
    return dynamoDbJournalHarness(tables, { table: 'journals' })
  },
  { runs: contractRuns(30) },
)
