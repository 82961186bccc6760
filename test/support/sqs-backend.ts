import {
  ChangeMessageVisibilityBatchCommand,
  type ReceiveMessageCommandOutput,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { ClusterEvent } from 'ecs-task-stream'
import { sqs, type SqsOptions } from 'ecs-task-stream/sources/sqs'
import type { QueueOptions, SqsQueues } from '../../sim/sqs/sqs-queues.js'
import type { Decoded } from '../../src/sources/ecs-events/ecs-event.js'

/** Bodies that are `ClusterEvent`s in JSON, and garbage that is not JSON. */
export const decodeJson = (body: string): Decoded => {
  try {
    return { _tag: 'Event', event: JSON.parse(body) as ClusterEvent }
  } catch {
    return { _tag: 'Undecodable', errors: [{ path: '$', expected: 'JSON', received: 'garbage' }] }
  }
}

/**
 * Remembers the newest handle of each message that the client receives, so that a test can play the passing of time.
 */
const watchHandles = (client: SQSClient): ReadonlyMap<string, string> => {
  const handles = new Map<string, string>()
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args)
        if (commandName === 'ReceiveMessageCommand')
          for (const { MessageId, ReceiptHandle } of (result.output as ReceiveMessageCommandOutput)
            .Messages ?? [])
            handles.set(MessageId!, ReceiptHandle!)
        return result
      },
    { step: 'initialize', name: 'watchHandles' },
  )
  return handles
}

let queues = 0

/** A queue of its own, and a source on it. */
export const sqsBackend = async (
  server: SqsQueues,
  options: Partial<SqsOptions> & { readonly queue?: QueueOptions } = {},
) => {
  const { queue: queueOptions, ...sourceOptions } = options
  const queue = await server.createQueue(`queue-${queues++}`, queueOptions)
  const client = options.client ?? server.client({ maxAttempts: 1 })
  const handles = watchHandles(client)
  const source = sqs({
    queueUrl: queue.url,
    client,
    decode: decodeJson,
    random: () => 0,
    visibilitySeconds: 2,
    ...sourceOptions,
  })
  return {
    ...queue,
    source,
    /** The newest receipt handle of each message received, by message id. */
    handles,
    publish: (events: readonly ClusterEvent[]) =>
      server.send(
        queue.url,
        events.map((event) => JSON.stringify(event)),
      ),
    publishGarbage: () => server.send(queue.url, ['{']),
    /** Plays that the visibility of all that was received has run out. */
    redeliver: async () => {
      const all = [...handles.values()]
      for (let from = 0; from < all.length; from += 10)
        await client.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: queue.url,
            Entries: all
              .slice(from, from + 10)
              .map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle, VisibilityTimeout: 0 })),
          }),
        )
    },
    unacknowledged: async () => {
      const { visible, inFlight } = await server.counts(queue.url)
      return visible + inFlight
    },
    dispose: () => {
      client.destroy()
      return Promise.resolve()
    },
  }
}
