import { afterAll, beforeAll } from 'vitest'
import { type EmbeddedSqs, embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { sourceContract } from '../../src/testing/source-contract.js'
import { sqsBackend } from '../support/sqs-backend.js'
import { contractRuns } from '../laws/runs.js'

let server: EmbeddedSqs
beforeAll(async () => {
  server = await embeddedSqs()
})
afterAll(() => server.close())

const maxInFlight = 45

sourceContract('sqs', {
  runs: contractRuns(10),
  make: async () => ({ maxInFlight, ...(await sqsBackend(server, { maxInFlight })) }),
})
