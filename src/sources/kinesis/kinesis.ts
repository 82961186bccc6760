import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { Observable } from 'rxjs'
import { placeOf } from '../../core/arn.js'
import type { Clock, Millis, Random } from '../../core/clock.js'
import { emptyState } from '../../core/cluster-state.js'
import { OptionError } from '../../core/option-error.js'
import type { Source } from '../../core/source.js'
import { clientSettings } from '../../shared/aws/aws-clients.js'
import { latestTime } from '../../shared/aws/aws-time.js'
import { wholeNumber } from '../../shared/codec/whole-number.js'
import { type Decoded, decodeMessage } from '../ecs-events/ecs-event.js'
import { kinesisClient } from './kinesis-client.js'
import { type Beginning, KinesisSession, type StreamProgress } from './kinesis-session.js'
import { kinesisStream } from './kinesis-stream.js'

export type { DecodeError, Decoded } from '../ecs-events/ecs-event.js'

export interface KinesisOptions {
  /**
   * The stream's ARN, or its name. Workers that share a journal must all give the same one, and the ARN if they follow
   * streams of one name in several accounts or regions.
   */
  readonly stream: string
  /** Default: that of the ARN, or else resolved by the AWS SDK. */
  readonly region?: string | undefined
  /**
   * A client of your own, which you must destroy. Give it `maxAttempts: 1`, because the source retries, with a notice,
   * and `NodeHttpHandler` of `@smithy/node-http-handler` unless its endpoint knows HTTP/2. Default: one client per
   * subscription, with credentials from the SDK's default chain.
   */
  readonly client?: KinesisClient
  /** Unique among a worker's sources. Default: `kinesis`. */
  readonly name?: string
  /**
   * The pause between reads of a shard, in milliseconds. All readers of a shard together may read five times a second:
   * with ten workers, set at least 2,000. Default: 1,000.
   */
  readonly pollMs?: Millis
  /** Maximum number of records that are unsettled. Reading pauses at the limit. Default: 2,000. */
  readonly maxInFlight?: number
  /**
   * Where to begin if no position is known: now, with the oldest record that the stream holds, or with those of a time
   * before now. Default: `latest`, because the first snapshot has what happened before.
   */
  readonly from?: 'latest' | 'horizon' | { readonly agoMs: Millis }
  /** Decodes the data of a record. Default: `decodeMessage`, for EventBridge events with or without an SNS envelope. */
  readonly decode?: (text: string) => Decoded
  /** Default: the worker's clock. */
  readonly clock?: Clock
  /** Default: the worker's. */
  readonly random?: Random
}

const streamName = /^[\w.-]{1,128}$/
const streamArn = /^arn:[a-z\d-]+:kinesis:[a-z\d-]+:\d{12}:stream\/[\w.-]{1,128}$/

/** The longest retention of a stream: 365 days. */
const longestRetention: Millis = 365 * 24 * 3_600_000

const beginningOf = (from: KinesisOptions['from'] = 'latest'): Beginning => {
  if (from === 'horizon') return from
  if (from === 'latest') return { agoMs: 0 }
  wholeNumber('kinesis: from.agoMs', from.agoMs, 0, longestRetention)
  return from
}

/**
 * Delivers events from all shards of a Kinesis stream, at least once and in any order. Every worker reads all of it, so
 * that replicas need no queue of their own.
 *
 * - A delivery contains the events of one read, and then `LogRead`: how far the shard has been delivered. A journal holds
 *   both together, and a worker that starts with it continues there. Without a journal, a new process begins at `from`;
 *   a new subscription to the same source continues behind what was acknowledged without a gap.
 * - `nack` has a delivery come again after 1 s to 15 min, with random jitter, and later each time.
 * - When a shard is closed, those that follow it are read.
 * - If the stream no longer holds the record where a worker has stopped, that is a `Warning`, and it continues with the
 *   oldest one.
 * - Records that are not ECS events are reported; events of unsupported kinds are counted. Both are committed past.
 * - Failed calls are reported as `SourceFailed` and retried with backoff. A single refusal for too many reads is expected
 *   with many readers; it is reported if the next read is refused as well.
 *
 * IAM: `kinesis:ListShards`, `kinesis:GetShardIterator`, `kinesis:GetRecords`.
 *
 * @throws OptionError for options that Kinesis would refuse.
 */
export const kinesis = (options: KinesisOptions): Source => {
  const { stream, name = 'kinesis', pollMs = 1_000, maxInFlight = 2_000 } = options
  if (!streamName.test(stream) && !streamArn.test(stream))
    throw new OptionError(
      `kinesis: stream: expected a stream's name or ARN, such as ecs-events, got "${stream}"`,
    )
  wholeNumber('kinesis: pollMs', pollMs, 1, 60_000)
  wholeNumber('kinesis: maxInFlight', maxInFlight, 1, 120_000)
  const from = beginningOf(options.from)
  const region = options.region ?? placeOf(stream).region
  clientSettings({ region })
  const progress: StreamProgress = { begin: undefined, committed: new Map() }

  return {
    name,
    covers: [],
    deliveries: (context) =>
      new Observable((subscriber) => {
        const { clock = context.clock, random = context.random } = options
        const { decode = (text: string) => decodeMessage(text, { latest: latestTime(clock) }) } = options
        const client = options.client ?? kinesisClient(region)
        let state = emptyState
        const session = new KinesisSession(
          {
            stream: kinesisStream({ client, stream, clock }),
            streamName: stream,
            progress,
            state: () => state,
            from,
            pollMs,
            maxInFlight,
            clock,
            random,
            decode,
            ended: () => subscriber.complete(),
          },
          subscriber,
        )
        session.start()
        const stop = (): void => {
          session.stop()
          // Nothing is called after the stop: acknowledging costs no call.
          if (options.client === undefined) client.destroy()
        }
        subscriber.add(
          context.state$.subscribe({
            next: (next) => {
              state = next
            },
            complete: stop,
            error: stop,
          }),
        )
        subscriber.add(stop)
      }),
  }
}
