import { afterAll, beforeAll } from 'vitest'
import { type EmbeddedKinesis, embeddedKinesis } from '../../sim/kinesis/embedded-kinesis.js'
import { sourceContract } from '../../src/testing/source-contract.js'
import { kinesisBackend } from '../support/kinesis-backend.js'
import { contractRuns } from '../laws/runs.js'

let server: EmbeddedKinesis
beforeAll(async () => {
  server = await embeddedKinesis()
})
afterAll(() => server.close())

const maxInFlight = 45

sourceContract('kinesis', {
  runs: contractRuns(10),
  lacks: ['singleAcks'],
  make: async () => ({ maxInFlight, ...(await kinesisBackend(server, { maxInFlight })) }),
})
