import { afterAll, beforeAll } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import { type SrvRecordsContract, srvRecordsHarness } from '../support/srv-records-harness.js'
import { contractRuns } from '../laws/runs.js'

let route53: EmbeddedRoute53
let zones = 0

beforeAll(async () => {
  route53 = await embeddedRoute53()
})
afterAll(() => route53.close())

const harness = (options: SrvRecordsContract) =>
  srvRecordsHarness(route53, `contract-${++zones}.test`, options)

sinkContract('srvRecords', () => harness({}), { runs: contractRuns(10) })
sinkContract('srvRecords, weighted', () => harness({ shape: 'weighted' }), { runs: contractRuns(5) })
sinkContract('srvRecords that adopts from ecssd', () => harness({ adopt: 'ecssd' }), {
  runs: contractRuns(5),
})
sinkContract(
  'srvRecords, weighted, that adopts from ecssd',
  () => harness({ adopt: 'ecssd', shape: 'weighted' }),
  { runs: contractRuns(5) },
)
