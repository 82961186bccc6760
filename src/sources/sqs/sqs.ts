import { OptionError } from '../../core/option-error.js'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { Observable } from 'rxjs'
import type { Clock, Random } from '../../core/clock.js'
import type { Source } from '../../core/source.js'
import { latestTime } from '../../shared/aws/aws-time.js'
import { type Decoded, decodeMessage } from '../ecs-events/ecs-event.js'
import { queueHost } from './queue-host.js'
import { sqsClient } from './sqs-client.js'
import { sqsQueue } from './sqs-queue.js'
import { SqsSession } from './sqs-session.js'

export interface SqsOptions {
  /**
   * `https://sqs.<region>.amazonaws.com/<account>/<name>`, or what a VPC endpoint, FIPS, dual stack, another partition
   * or an emulator has instead. See docs/operating.md for which host is asked.
   */
  readonly queueUrl: string
  /** Where the queue is, if its URL does not tell. Default: as the SDK finds it. */
  readonly region?: string | undefined
  /**
   * Yours, and yours to destroy. Give it `maxAttempts: 1`: what fails is tried again here, with a notice. Default:
   * one for each subscription, for the region in the queue's URL, else `region`; credentials from the SDK's default
   * chain.
   */
  readonly client?: SQSClient
  /** Unique among a worker's sources. Default: `sqs`. */
  readonly name?: string
  /** Long polls at once. Default: 4, beyond which the SDK's CPU time is the limit. */
  readonly polls?: number
  /** How long a poll waits for a first message, in seconds, 0 to 20. Default: 20. */
  readonly waitSeconds?: number
  /**
   * How long a message stays hidden from other consumers after a receive and after each extension, in seconds, at
   * least 1. After a crash messages come again that much later. Default: 30. It goes with each receive: the queue's
   * own setting does not matter.
   */
  readonly visibilitySeconds?: number
  /**
   * Messages delivered and not settled, or settled and not yet deleted. Receiving pauses at the bound. Default:
   * 2,000.
   */
  readonly maxInFlight?: number
  /**
   * What a body says. Default: `decodeMessage`, for events as EventBridge sends them, with an SNS envelope or
   * without.
   */
  readonly decode?: (body: string) => Decoded
  /** Default: the machine's. */
  readonly clock?: Clock
  /** Default: `Math.random`. */
  readonly random?: Random
}

/**
 * Events out of an SQS queue, at least once and in any order.
 *
 * - A delivery is one receive's messages. `ack` deletes them; `nack` hides them for 1 s to 15 min, at random and
 *   longer with each receive.
 * - While unsettled, messages are extended at half-life, for the 12 hours that SQS allows. One that comes again
 *   meanwhile is not delivered again.
 * - A message that is no event is reported, and left to the queue's redrive policy; it holds up no other.
 * - An event of a kind that is not ours is deleted and counted.
 * - Calls that fail are made again, with backoff and a `SourceFailed`. A deletion that failed until its lease ended
 *   is made when the message comes again.
 *
 * Needs `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:ChangeMessageVisibility` and, for a warning at start only,
 * `sqs:GetQueueAttributes`.
 *
 * @throws OptionError for options that SQS would refuse, and for a URL that cannot be one of a queue.
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
  within('polls', polls, 1, 100)
  within('waitSeconds', waitSeconds, 0, 20)
  within('visibilitySeconds', visibilitySeconds, 1, 43_200)
  // Beyond it SQS answers OverLimit.
  within('maxInFlight', maxInFlight, 1, 120_000)
  if (options.client === undefined) queueHost(queueUrl)

  return {
    name,
    covers: [],
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

const within = (option: string, value: number, least: number, most: number): void => {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new OptionError(
      `sqs: ${option} must be a whole number from ${least} to ${most}, and is ${String(value)}`,
    )
}
