/** The simulated Route 53 does for the shipped sink what Route 53 does: the same contract, without a socket. */
import { sinkContract } from 'ecs-task-stream/testing'
import { type SrvRecordsContract, srvRecordsHarness } from '../support/srv-records-harness.js'
import { contractRuns } from '../laws/runs.js'
import { simulatedZones } from './direct-client.js'

let made = 0

const harness = (options: SrvRecordsContract) =>
  srvRecordsHarness(simulatedZones(), `contract-${++made}.test`, options)

sinkContract('srvRecords over the simulated Route 53', () => harness({}), { runs: contractRuns(10) })
sinkContract('srvRecords, weighted, over the simulated Route 53', () => harness({ shape: 'weighted' }), {
  runs: contractRuns(5),
})
