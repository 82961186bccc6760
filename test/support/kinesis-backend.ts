import type { GetShardIteratorCommandInput, KinesisClient } from '@aws-sdk/client-kinesis'
import { type ClusterEvent, emptyState } from 'ecs-task-stream'
import { kinesis, type KinesisOptions } from 'ecs-task-stream/sources/kinesis'
import { sourceContext } from 'ecs-task-stream/testing'
import { BehaviorSubject, filter, firstValueFrom, Subject } from 'rxjs'
import type { KinesisStreams } from '../../sim/kinesis/kinesis-streams.js'
import { isLater } from '../../src/core/log-position.js'
import { skippingClock } from './skipping-clock.js'
import { decodeJson } from './sqs-backend.js'

/** Where a client begins to read shards. */
const iteratorsOf = (client: KinesisClient): Subject<GetShardIteratorCommandInput> => {
  const asked$ = new Subject<GetShardIteratorCommandInput>()
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName === 'GetShardIteratorCommand') asked$.next(args.input as GetShardIteratorCommandInput)
        return next(args)
      },
    { step: 'initialize' },
  )
  return asked$
}

let streams = 0

/** A stream of its own, unless one is given, and a source on it. */
export const kinesisBackend = async (
  server: KinesisStreams,
  { shards = 1, ...options }: Partial<KinesisOptions> & { readonly shards?: number } = {},
) => {
  const stream = options.stream ?? `stream-${streams++}`
  if (options.stream === undefined) await server.createStream(stream, shards)
  const client = options.client ?? server.client({ maxAttempts: 1 })
  const clock = skippingClock()
  const iterators$ = iteratorsOf(client)
  const source = kinesis({
    stream,
    client,
    decode: decodeJson,
    from: 'horizon',
    pollMs: 5,
    clock,
    random: () => 0,
    ...options,
  })
  /** Where another subscription to the source begins to read a shard: behind what is committed. */
  const committed = async (shard: string): Promise<string | undefined> => {
    const asked = firstValueFrom(iterators$.pipe(filter(({ ShardId }) => ShardId === shard)))
    const probe = source.deliveries(sourceContext(new BehaviorSubject(emptyState))).subscribe()
    const { StartingSequenceNumber } = await asked
    probe.unsubscribe()
    return StartingSequenceNumber
  }
  return {
    stream,
    client,
    clock,
    source,
    iterators$,
    publish: (events: readonly ClusterEvent[]) =>
      server.put(
        stream,
        events.map((event) => JSON.stringify(event)),
      ),
    publishGarbage: () => server.put(stream, ['{']),
    /** Plays that the pause after a nack has passed. */
    redeliver: () => {
      clock.skip(1_000)
      return Promise.resolve()
    },
    unacknowledged: async () => {
      const records = await server.records(stream)
      let count = 0
      for (const { ShardId = '' } of await server.shards(stream)) {
        const position = await committed(ShardId)
        count += records.filter(
          (record) =>
            record.shard === ShardId && (position === undefined || isLater(record.position, position)),
        ).length
      }
      return count
    },
    dispose: () => {
      client.destroy()
      return Promise.resolve()
    },
  }
}
