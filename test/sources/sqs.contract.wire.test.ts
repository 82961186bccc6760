import { afterAll, beforeAll } from 'vitest'
import { type EmbeddedSqs, embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { sourceContract } from '../../src/testing/source-contract.js'
import { sqsBackend } from '../support/sqs-backend.js'

let server: EmbeddedSqs
beforeAll(async () => {
  server = await embeddedSqs()
})
afterAll(() => server.close())

const maxInFlight = 45

sourceContract('sqs', {
  make: async () => ({ maxInFlight, ...(await sqsBackend(server, { maxInFlight })) }),
})
