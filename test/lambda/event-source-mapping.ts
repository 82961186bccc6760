import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { LambdaHandler, LambdaResult } from '../../src/lambda/index.js'

/** A record of a queue as Lambda delivers it. */
export const sqsRecord = (message: Message) => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body,
  attributes: {
    ApproximateReceiveCount: message.Attributes?.ApproximateReceiveCount ?? '1',
    SentTimestamp: '1784023200000',
    SenderId: 'AIDAIENQZJOLO23YVJ4VO',
    ApproximateFirstReceiveTimestamp: '1784023200010',
  },
  messageAttributes: {},
  md5OfBody: message.MD5OfBody,
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:ecs-events',
  awsRegion: 'eu-west-1',
})

/** Lambda's pollers try again, too: a server may close a connection that is being used again. */
const patiently = async <A>(call: () => Promise<A>): Promise<A> => {
  for (let attempt = 1; ; attempt++)
    try {
      return await call()
    } catch (thrown) {
      if (attempt === 5) throw thrown
    }
}

/**
 * What Lambda does with a queue, where the mapping has `ReportBatchItemFailures`: receives, invokes, deletes what
 * succeeded, and leaves the rest to come again (at once, where AWS waits for the visibility timeout). Resolves when
 * the queue gives nothing more.
 *
 * @param remainingMs What an invocation has; Lambda allows 15 minutes, and a busy machine may need more than a few seconds.
 */
export const drainQueue = async (
  client: SQSClient,
  QueueUrl: string,
  handler: LambdaHandler,
  remainingMs = 150_000,
): Promise<readonly LambdaResult[]> => {
  const results: LambdaResult[] = []
  for (;;) {
    const { Messages: messages = [] } = await patiently(() =>
      client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
      ),
    )
    if (messages.length === 0) return results
    const deadline = Date.now() + remainingMs
    const result = await handler(
      { Records: messages.map(sqsRecord) },
      { getRemainingTimeInMillis: () => deadline - Date.now() },
    )
    results.push(result)
    const failed = new Set(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const { MessageId = '', ReceiptHandle } of messages)
      await patiently(async () => {
        if (failed.has(MessageId))
          await client.send(
            new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }),
          )
        else await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      })
  }
}
