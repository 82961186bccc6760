import { afterAll, beforeAll } from 'vitest'
import { type SqsQueues, sqsQueues } from '../../sim/sqs/sqs-queues.js'
import { sourceContract } from '../../src/testing/source-contract.js'
import { sqsBackend } from '../support/sqs-backend.js'
import { moto } from './witnesses.js'

let server: SqsQueues
beforeAll(async () => {
  await moto.empty()
  server = sqsQueues(moto.url)
})
afterAll(() => server.close())

const maxInFlight = 45

sourceContract('sqs over moto', {
  make: async () => ({ maxInFlight, ...(await sqsBackend(server, { maxInFlight })) }),
  runs: 5,
})
