/**
 * Many workers on one queue with a journal in Amazon's own DynamoDB, whose conditions and consistency are its own.
 */
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { expect, it, onTestFinished } from 'vitest'
import { type DynamoDbTables, dynamoDbTables } from '../../sim/dynamodb/dynamodb-tables.js'
import { half } from '../../sim/faults/fault-proxy.js'
import { systemClock } from '../../src/shared/async/system-clock.js'
import { account, journalTable, table } from '../system/account.js'
import { missingServers } from '../system/missing-servers.js'
import { workerProcess } from '../system/worker-process.js'
import { dynamoDbLocalUrl } from './witnesses.js'

const workers = 8
/** CI has 25 minutes for everything. */
const events = process.env['CI'] === undefined ? 5_000 : 2_000
const killEveryMs = 3_000
/** Between two turns of events, so that workers are killed while there is something to do. */
const paceMs = 50

/** DynamoDB Local, whose tables of an account are deleted when the test is over. */
const localTables = (): DynamoDbTables => {
  const database = dynamoDbTables(dynamoDbLocalUrl ?? '')
  onTestFinished(async () => {
    const client = database.client()
    for (const TableName of [table, journalTable]) await client.send(new DeleteTableCommand({ TableName }))
    client.destroy()
  })
  return database
}

it.skipIf(dynamoDbLocalUrl === undefined)(
  `${workers} workers on one queue, without snapshots, while half of all calls fail and one is killed every few seconds: no live server is ever missing, and the table ends exact`,
  { timeout: 600_000 },
  async () => {
    const here = await account({ seed: 41, pace: 1, database: localTables() })
    here.proxies.dynamodb.faults = half(3)
    here.proxies.sqs.faults = half(4)
    const launch = () =>
      workerProcess(here, {
        JOURNAL: `dynamodb:${journalTable}`,
        RESYNC_SECONDS: '0',
        // DynamoDB Local keeps the tables of each access key apart.
        AWS_ACCESS_KEY_ID: 'embedded',
        AWS_ENDPOINT_URL_SQS: here.proxies.sqs.url,
        AWS_ENDPOINT_URL_DYNAMODB: here.proxies.dynamodb.url,
      })
    const running = Array.from({ length: workers }, launch)
    const removed = missingServers(here)
    const startedAt = systemClock.now()
    let killed = 0
    here.cluster.start()
    while (here.happened() < events) {
      for (let i = 0; i < 20; i++) here.cluster.step()
      await here.publish()
      await systemClock.sleep(paceMs, new AbortController().signal)
      if (systemClock.now() - startedAt > (killed + 1) * killEveryMs) {
        const [gone] = running.splice(killed++ % workers, 1, launch())
        gone?.signal('SIGKILL')
      }
    }
    here.cluster.settle()
    await here.publish()
    await here.agrees()
    const tookMs = systemClock.now() - startedAt
    expect(await removed()).toEqual([])
    expect(killed).toBeGreaterThan(0)
    console.log(`${here.happened()} events, ${killed} kills, exact after ${Math.round(tookMs / 1000)} s`)
  },
)
