import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SQSClient,
  type SQSClientConfig,
} from '@aws-sdk/client-sqs'

/** The queues of a server that speaks SQS, for tests, the demo and the bench. */
export interface SqsQueues {
  /** `http://127.0.0.1:<port>`, for `endpoint` or `AWS_ENDPOINT_URL_SQS`. */
  readonly url: string
  /**
   * A client of this server with invented credentials; `close` destroys it. `overrides` take precedence, even for
   * `endpoint`.
   */
  client(overrides?: SQSClientConfig): SQSClient
  /** Creates a standard queue, with a dead letter queue `<name>-dead` if `redrive` is given. */
  createQueue(name: string, options?: QueueOptions): Promise<Queue>
  /** Sends the bodies in order, ten per request; rejects if SQS refuses one. */
  send(queueUrl: string, bodies: readonly string[]): Promise<void>
  /** The number of messages that can be received now, and of those that are in flight. */
  counts(queueUrl: string): Promise<Counts>
  /** Destroys the clients. */
  close(): Promise<void>
}

export interface QueueOptions {
  /** How long a received message stays hidden, in seconds; 30 by default. */
  readonly visibilitySeconds?: number
  /** After this many receives, the next one moves the message to the dead letter queue. */
  readonly redrive?: { readonly maxReceiveCount: number }
}

export interface Queue {
  readonly url: string
  readonly deadLetterUrl?: string
}

/**
 * `inFlight` still counts a message whose visibility timeout has just ended, until the next receive: approximate, as in
 * SQS.
 */
export interface Counts {
  readonly visible: number
  readonly inFlight: number
}

/** Connects to the server at `url`, which may run in another process. */
export const sqsQueues = (url: string): SqsQueues => {
  const clients: SQSClient[] = []
  const client = (overrides: SQSClientConfig = {}) => {
    const made = new SQSClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
      ...overrides,
    })
    clients.push(made)
    return made
  }
  const admin = client()

  const create = async (name: string, attributes: Record<string, string>): Promise<string> =>
    (await admin.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))).QueueUrl!

  const attributesOf = async (queueUrl: string) =>
    (await admin.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] })))
      .Attributes!

  return {
    url,
    client,
    createQueue: async (name, { visibilitySeconds = 30, redrive } = {}) => {
      const visibility = { VisibilityTimeout: String(visibilitySeconds) }
      if (redrive === undefined) return { url: await create(name, visibility) }
      const deadLetterUrl = await create(`${name}-dead`, {})
      const policy = { deadLetterTargetArn: (await attributesOf(deadLetterUrl)).QueueArn, ...redrive }
      return {
        url: await create(name, { ...visibility, RedrivePolicy: JSON.stringify(policy) }),
        deadLetterUrl,
      }
    },
    send: async (queueUrl, bodies) => {
      for (let from = 0; from < bodies.length; from += 10) {
        const entries = bodies
          .slice(from, from + 10)
          .map((body, n) => ({ Id: String(from + n), MessageBody: body }))
        const { Failed = [] } = await admin.send(
          new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
        )
        const [refused] = Failed
        if (refused) throw new Error(`message ${refused.Id ?? '?'} was refused: ${refused.Code ?? '?'}`)
      }
    },
    counts: async (queueUrl) => {
      const attributes = await attributesOf(queueUrl)
      return {
        visible: Number(attributes.ApproximateNumberOfMessages),
        inFlight: Number(attributes.ApproximateNumberOfMessagesNotVisible),
      }
    },
    close: () => {
      for (const each of clients) each.destroy()
      return Promise.resolve()
    },
  }
}
