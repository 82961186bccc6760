import { buildApp } from 'fauxqs'
import type { AddressInfo } from 'node:net'
import { correctSqs, reachableQueueUrls } from './sqs-corrections.js'
import { type SqsQueues, sqsQueues } from './sqs-queues.js'

export type { Queue, QueueOptions } from './sqs-queues.js'

/** An SQS in this process, in memory, for tests, the demo and the bench. */
export interface EmbeddedSqs extends SqsQueues {
  /** Destroys the clients, closes every connection, including waiting polls, and deletes all messages. */
  close(): Promise<void>
}

export interface EmbeddedSqsOptions {
  /** Whether to repair the deviations of fauxqs from SQS (see `correctSqs`). Default: true. */
  readonly corrected?: boolean
}

/** Starts fauxqs on 127.0.0.1 and a free port, without its log. */
export async function embeddedSqs({ corrected = true }: EmbeddedSqsOptions = {}): Promise<EmbeddedSqs> {
  // `startFauxqs` would listen on every interface.
  const app = buildApp({ host: 'localhost', logger: false })
  reachableQueueUrls(app)
  if (corrected) correctSqs(app)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const queues = sqsQueues(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`)
  return {
    ...queues,
    close: async () => {
      await queues.close()
      await app.close()
    },
  }
}
