import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  ListShardsCommand,
  type ListShardsCommandInput,
  type _Record,
} from '@aws-sdk/client-kinesis'
import type { Clock, Millis } from '../../core/clock.js'
import type { LogPosition } from '../../core/log-position.js'
import { withinTime } from '../../core/within-time.js'
import { isDenied } from '../../shared/aws/aws-failure.js'
import { awsTime, readAnswerDate } from '../../shared/aws/aws-time.js'

export type ShardId = string

/** Where to begin to read a shard. */
export type Start =
  /** With the record at this position, if Kinesis still has it. */
  | { readonly _tag: 'At'; readonly position: LogPosition }
  /** With the first record that arrived at this time, by AWS's clock, or later. */
  | { readonly _tag: 'Since'; readonly time: Millis }
  /** With the oldest record that Kinesis still has. */
  | { readonly _tag: 'Horizon' }

export interface StreamRecord {
  /** Its sequence number. */
  readonly position: LogPosition
  readonly text: string
}

export interface ShardAnswer {
  readonly records: readonly StreamRecord[]
  /** `undefined` at the end of a closed shard. */
  readonly next: string | undefined
  /** At the end of a closed shard, those that follow it; `undefined` if the answer does not say. */
  readonly children: readonly ShardId[] | undefined
  /** Whether the shard has more records. */
  readonly isBehind: boolean
}

/** The calls for one stream. All reject when they fail or time out. */
export interface KinesisStream {
  /** All shards that Kinesis still has, open or closed. */
  shards(signal: AbortSignal): Promise<readonly ShardId[]>
  /** An iterator, which expires after 5 minutes. */
  iterator(shard: ShardId, start: Start, signal: AbortSignal): Promise<string>
  /** Up to `most` records. */
  read(iterator: string, most: number, signal: AbortSignal): Promise<ShardAnswer>
}

export interface KinesisStreamOptions {
  readonly client: KinesisClient
  /** Its name or ARN. */
  readonly stream: string
  readonly clock: Clock
}

/** How long an answer may take. One of 10 MB, the largest, needs most of it on a slow connection. */
const patience: Millis = 15_000

/** The error of a call whose iterator is older than 5 minutes. */
export const isExpired = (error: Error): boolean => error.name === 'ExpiredIteratorException'

/** Readers of a shard share five reads and 2 MB a second. */
export const isThroughputExceeded = (error: Error): boolean =>
  error.name === 'ProvisionedThroughputExceededException'

/** The error of a position that the stream does not know. */
export const isUnknownPosition = (error: Error): boolean => error.name === 'InvalidArgumentException'

/** Adds advice to the errors of Kinesis. Keeps their names. */
const explained = (operation: string, stream: string, error: Error): Error => {
  const advice = (message: string): Error =>
    Object.assign(new Error(message, { cause: error }), { name: error.name })
  if (error.name === 'ResourceNotFoundException')
    return advice(`stream ${stream} does not exist: check its name, region and account (${error.message})`)
  if (isDenied(error))
    return advice(`access to ${stream} was denied: allow kinesis:${operation} (${error.message})`)
  if (isThroughputExceeded(error))
    return advice(
      `a shard of ${stream} has more readers than it allows: raise pollMs, or add shards (${error.message})`,
    )
  return error
}

const iteratorType = (
  start: Start,
): Pick<GetShardIteratorCommandInput, 'ShardIteratorType' | 'StartingSequenceNumber' | 'Timestamp'> => {
  switch (start._tag) {
    case 'At':
      return { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: start.position }
    case 'Since':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(start.time) }
    case 'Horizon':
      return { ShardIteratorType: 'TRIM_HORIZON' }
  }
}

const utf8 = new TextDecoder()

const recordOf = ({ SequenceNumber, Data }: _Record): readonly StreamRecord[] =>
  // Kinesis always sends both, but the SDK's types do not say so.
  SequenceNumber === undefined || Data === undefined
    ? []
    : [{ position: SequenceNumber, text: utf8.decode(Data) }]

export const kinesisStream = ({ client, stream, clock }: KinesisStreamOptions): KinesisStream => {
  const isArn = stream.startsWith('arn:')
  const named = isArn ? { StreamARN: stream } : { StreamName: stream }

  const call = async <A>(
    operation: string,
    signal: AbortSignal,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<A>,
  ): Promise<A> => {
    try {
      return await withinTime(patience, clock, signal, (abortSignal) => send({ abortSignal }))
    } catch (error) {
      throw error instanceof Error ? explained(operation, stream, error) : error
    }
  }

  const page = (input: ListShardsCommandInput, signal: AbortSignal) => {
    const command = new ListShardsCommand(input)
    const sentAt = clock.now()
    command.middlewareStack.add(
      readAnswerDate((date) => {
        if (date !== undefined) awsTime(clock).observe(date, sentAt, clock.now())
      }),
      { step: 'deserialize' },
    )
    return call('ListShards', signal, (http) => client.send(command, http))
  }

  return {
    shards: async (signal) => {
      const ids: ShardId[] = []
      let input: ListShardsCommandInput = named
      for (;;) {
        const { Shards = [], NextToken } = await page(input, signal)
        ids.push(...Shards.flatMap(({ ShardId }) => ShardId ?? []))
        if (NextToken === undefined) return ids
        // A token stands for the stream, too: Kinesis refuses its name beside it.
        input = { NextToken }
      }
    },
    iterator: async (ShardId, start, signal) => {
      const command = new GetShardIteratorCommand({ ...named, ShardId, ...iteratorType(start) })
      const { ShardIterator } = await call('GetShardIterator', signal, (http) => client.send(command, http))
      if (ShardIterator === undefined) throw new Error('GetShardIterator: the answer has no iterator')
      return ShardIterator
    },
    read: async (ShardIterator, Limit, signal) => {
      // An iterator stands for the stream, but a stream of another account must be named.
      const command = new GetRecordsCommand({ ...(isArn ? named : {}), ShardIterator, Limit })
      const {
        Records = [],
        NextShardIterator,
        MillisBehindLatest = 0,
        ChildShards,
      } = await call('GetRecords', signal, (http) => client.send(command, http))
      return {
        records: Records.flatMap(recordOf),
        next: NextShardIterator ?? undefined,
        children: ChildShards?.flatMap(({ ShardId }) => ShardId ?? []),
        isBehind: MillisBehindLatest > 0,
      }
    },
  }
}
