import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { Clock, Millis } from '../../core/clock.js'
import { awsTime, readAnswerDate } from '../../shared/aws/aws-time.js'
import { withinTime } from '../../core/within-time.js'

/** Maximum number of entries per call and of messages per receive; a limit of SQS. */
export const batchSize = 10

export interface ReceivedMessage {
  readonly id: string
  /** The receipt handle. Each receive of the message returns a new one, and only the newest is valid. */
  readonly handle: string
  readonly body: string
  /** ApproximateReceiveCount, including this receive. */
  readonly receives: number
}

/** SQS's error for one entry of a batch. */
export interface Refusal {
  /** The index of the entry in the call. */
  readonly index: number
  readonly code: string
  /** Whether a retry may succeed: the error is not the sender's fault, or is throttling. */
  readonly transient: boolean
}

export interface VisibilityChange {
  readonly handle: string
  /** How long the message stays hidden, from now. */
  readonly seconds: number
}

/**
 * The calls for one queue. All reject when they fail as a whole or time out. Batches have at most `batchSize` entries.
 */
export interface SqsQueue {
  /** Long-polls for up to `most` messages. */
  receive(most: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]>
  /** Resolves to the entries that were not deleted. */
  remove(handles: readonly string[]): Promise<readonly Refusal[]>
  /** Resolves to the entries whose visibility was not changed. */
  hide(changes: readonly VisibilityChange[]): Promise<readonly Refusal[]>
  /** Whether the queue has a redrive policy, so that messages that cannot be settled end in a dead letter queue. */
  hasRedrive(signal: AbortSignal): Promise<boolean>
}

export interface SqsQueueOptions {
  readonly client: SQSClient
  readonly url: string
  readonly waitSeconds: number
  readonly visibilitySeconds: number
  readonly clock: Clock
}

/** How long a response may take in addition to the requested wait. */
const patience: Millis = 10_000

/** One for each call: one for all would collect the listeners of all that are under way. */
const never = (): AbortSignal => new AbortController().signal

const received = ({ MessageId, ReceiptHandle, Body = '', Attributes }: Message): readonly ReceivedMessage[] =>
  // SQS always sends both, but the SDK's types do not say so.
  MessageId === undefined || ReceiptHandle === undefined
    ? []
    : [
        {
          id: MessageId,
          handle: ReceiptHandle,
          body: Body,
          receives: Number(Attributes?.ApproximateReceiveCount ?? 1),
        },
      ]

const refusal = ({ Id, Code = 'Unknown', SenderFault = false }: BatchResultErrorEntry): Refusal => ({
  index: Number(Id),
  code: Code,
  transient: !SenderFault || /throttl/i.test(Code),
})

/** Adds advice to SQS's errors. */
const explained = (operation: string, url: string, error: Error): Error => {
  switch (error.name) {
    case 'QueueDoesNotExist':
    case 'AWS.SimpleQueueService.NonExistentQueue':
      return new Error(`queue ${url} does not exist: check its URL, region and account`, { cause: error })
    case 'AccessDenied':
    case 'AccessDeniedException':
      return new Error(
        `access to ${url} was denied: allow sqs:${operation.replace(/Batch$/, '')} (${error.message})`,
        { cause: error },
      )
    default:
      return error
  }
}

export const sqsQueue = (options: SqsQueueOptions): SqsQueue => {
  const { client, url: QueueUrl, waitSeconds, visibilitySeconds, clock } = options
  // A hung call must leave time for another one before leases expire.
  const limit = Math.max(1_000, Math.min(patience, (visibilitySeconds * 1_000) / 4))

  const call = async <A>(
    operation: string,
    ms: Millis,
    signal: AbortSignal,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<A>,
  ): Promise<A> => {
    try {
      return await withinTime(ms, clock, signal, (abortSignal) => send({ abortSignal }))
    } catch (error) {
      throw error instanceof Error ? explained(operation, QueueUrl, error) : error
    }
  }

  return {
    receive: async (most, signal) => {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: most,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: visibilitySeconds,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      })
      let date: Millis | undefined
      command.middlewareStack.add(
        readAnswerDate((found) => (date = found)),
        { step: 'deserialize' },
      )
      const sentAt = clock.now()
      const { Messages = [] } = await call('ReceiveMessage', waitSeconds * 1_000 + patience, signal, (http) =>
        client.send(command, http),
      )
      if (date !== undefined) awsTime(clock).observe(date, sentAt, clock.now())
      return Messages.flatMap(received)
    },
    remove: async (handles) => {
      const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }))
      const command = new DeleteMessageBatchCommand({ QueueUrl, Entries })
      const { Failed = [] } = await call('DeleteMessageBatch', limit, never(), (http) =>
        client.send(command, http),
      )
      return Failed.map(refusal)
    },
    hide: async (changes) => {
      const Entries = changes.map(({ handle, seconds }, index) => ({
        Id: String(index),
        ReceiptHandle: handle,
        VisibilityTimeout: seconds,
      }))
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })
      const { Failed = [] } = await call('ChangeMessageVisibilityBatch', limit, never(), (http) =>
        client.send(command, http),
      )
      return Failed.map(refusal)
    },
    hasRedrive: async (signal) => {
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] })
      const { Attributes } = await call('GetQueueAttributes', patience, signal, (http) =>
        client.send(command, http),
      )
      return Attributes?.RedrivePolicy !== undefined
    },
  }
}
