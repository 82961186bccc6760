/** The simulated SQS does for the shipped source what SQS does: the same contract, without a socket. */
import { sourceContract } from 'ecs-task-stream/testing'
import { afterAll } from 'vitest'
import { sqsBackend } from '../support/sqs-backend.js'
import { simulatedQueues } from './direct-client.js'
import { contractRuns } from '../laws/runs.js'

const queues = simulatedQueues()
afterAll(() => queues.close())

const maxInFlight = 45

sourceContract('sqs over the simulated SQS', {
  runs: contractRuns(10),
  make: async () => ({ maxInFlight, ...(await sqsBackend(queues, { maxInFlight })) }),
})
