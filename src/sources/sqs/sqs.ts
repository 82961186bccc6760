import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { Observable } from 'rxjs'
import type { Clock, Random } from '../../core/clock.js'
import type { Source } from '../../core/source.js'
import { awsFailure } from '../../shared/aws/aws-failure.js'
import { latestTime } from '../../shared/aws/aws-time.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'
import { type Decoded, decodeMessage } from '../ecs-events/ecs-event.js'
import { queueFindings } from './examine-queue.js'
import { queueHost } from './queue-host.js'
import { sqsClient } from './sqs-client.js'
import { sqsQueue } from './sqs-queue.js'
import { SqsSession } from './sqs-session.js'

export type { DecodeError, Decoded } from '../ecs-events/ecs-event.js'

export interface SqsOptions {
  /**
   * `https://sqs.<region>.amazonaws.com/<account>/<name>`, or the equivalent for a VPC endpoint, FIPS, dual stack,
   * another partition or an emulator. See docs/operating.md for the host that is called.
   */
  readonly queueUrl: string
  /** The region of the queue, if its URL does not contain it. Default: resolved by the AWS SDK. */
  readonly region?: string | undefined
  /**
   * A client of your own, which you must destroy. Give it `maxAttempts: 1`, because the source retries, with a notice.
   * Default: one client per subscription, for the region in the queue's URL or else `region`, with credentials from the
   * SDK's default chain.
   */
  readonly client?: SQSClient
  /** Unique among a worker's sources. Default: `sqs`. */
  readonly name?: string
  /** Number of concurrent long polls. Default: 4, beyond which the SDK's CPU time is the limit. */
  readonly polls?: number
  /** How long a poll waits for a first message, in seconds, 0 to 20. Default: 20. */
  readonly waitSeconds?: number
  /**
   * How long a message stays hidden from other consumers after a receive and after each extension, in seconds, at least
   * 1. After a crash, messages are redelivered after this time. It overrides the queue's own setting. Default: 30.
   */
  readonly visibilitySeconds?: number
  /**
   * Maximum number of messages that are unsettled, or settled and not yet deleted. Receiving pauses at the limit.
   * Default: 2,000.
   */
  readonly maxInFlight?: number
  /** Decodes a message body. Default: `decodeMessage`, for EventBridge events with or without an SNS envelope. */
  readonly decode?: (body: string) => Decoded
  /** Default: the system clock. */
  readonly clock?: Clock
  /** Default: `Math.random`. */
  readonly random?: Random
}

/**
 * Delivers events from an SQS queue, at least once and in any order.
 *
 * - A delivery contains the messages of one receive. `ack` deletes them; `nack` hides them for 1 s to 15 min, with
 *   random jitter, and longer with each receive.
 * - The visibility of unsettled messages is extended at half-life, for up to the 12 hours that SQS allows. A message
 *   that is received again in the meantime is not delivered again.
 * - Messages that are not ECS events are reported and left for the redrive policy. They do not block other messages.
 * - Events of unsupported kinds are deleted and counted.
 * - Failed calls are reported as `SourceFailed` and retried with backoff. If a deletion fails until its lease ends, the
 *   message is deleted when it is received again.
 *
 * IAM: `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:ChangeMessageVisibility`, and, only for a warning at the start,
 * `sqs:GetQueueAttributes`.
 *
 * @throws OptionError for options that SQS would refuse, and for an invalid queue URL.
 */
export const sqs = (options: SqsOptions): Source => {
  const {
    queueUrl,
    name = 'sqs',
    polls = 4,
    waitSeconds = 20,
    visibilitySeconds = 30,
    maxInFlight = 2_000,
  } = options
  wholeNumber('sqs: polls', polls, 1, 100)
  wholeNumber('sqs: waitSeconds', waitSeconds, 0, 20)
  wholeNumber('sqs: visibilitySeconds', visibilitySeconds, 1, 43_200)
  // Beyond this, SQS answers OverLimit.
  wholeNumber('sqs: maxInFlight', maxInFlight, 1, 120_000)
  if (options.client === undefined) queueHost(queueUrl)

  return {
    name,
    covers: [],
    examine: async ({ signal }) => {
      const client = options.client ?? sqsClient(queueUrl, 1, options.region)
      try {
        const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] })
        const { Attributes = {} } = await client.send(command, { abortSignal: signal })
        return queueFindings(Attributes)
      } catch (thrown) {
        return [{ about: 'sqs:GetQueueAttributes', result: 'failed', detail: awsFailure(thrown).message }]
      } finally {
        if (options.client === undefined) client.destroy()
      }
    },
    deliveries: (context) =>
      new Observable((subscriber) => {
        const { clock = context.clock, random = context.random } = options
        const { decode = (body: string) => decodeMessage(body, { latest: latestTime(clock) }) } = options
        const client = options.client ?? sqsClient(queueUrl, polls, options.region)
        const session = new SqsSession(
          {
            queue: sqsQueue({ client, url: queueUrl, waitSeconds, visibilitySeconds, clock }),
            polls,
            visibilitySeconds,
            maxInFlight,
            clock,
            random,
            decode,
            ended: () => {
              if (options.client === undefined) client.destroy()
              subscriber.complete()
            },
          },
          subscriber,
        )
        session.start()
        const stop = (): void => session.stop()
        subscriber.add(context.state$.subscribe({ complete: stop, error: stop }))
        subscriber.add(() => session.abandon())
      }),
  }
}
