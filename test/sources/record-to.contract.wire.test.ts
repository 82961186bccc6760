import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { recordTo } from 'ecs-task-stream/sources/record-to'
import { type EmbeddedSqs, embeddedSqs } from '../../sim/sqs/embedded-sqs.js'
import { sourceContract } from '../../src/testing/source-contract.js'
import { sqsBackend } from '../support/sqs-backend.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { contractRuns } from '../laws/runs.js'

const temporary = temporaryDirectories()

let server: EmbeddedSqs
beforeAll(async () => {
  server = await embeddedSqs()
})
afterAll(() => server.close())

const maxInFlight = 45

sourceContract('recordTo of a queue', {
  runs: contractRuns(3),
  make: async () => {
    const backend = await sqsBackend(server, { maxInFlight })
    const directory = join(await temporary(), 'journal')
    return { maxInFlight, ...backend, source: recordTo(backend.source, { directory, fsync: 'every' }) }
  },
})
