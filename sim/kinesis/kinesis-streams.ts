import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  type KinesisClientConfig,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'

/** A record as a stream holds it. */
export interface StoredRecord {
  readonly shard: string
  /** Its sequence number. */
  readonly position: string
  readonly text: string
}

/** The streams of a server that speaks Kinesis. */
export interface KinesisStreams {
  /** `http://127.0.0.1:<port>`, for `endpoint` or `AWS_ENDPOINT_URL_KINESIS`. */
  readonly url: string
  /** A client of this server with invented credentials; `close` destroys it. `overrides` take precedence. */
  client(overrides?: KinesisClientConfig): KinesisClient
  createStream(name: string, shards?: number): Promise<void>
  /** Puts records, in order, each on the shard that its text hashes to. */
  put(stream: string, texts: readonly string[]): Promise<void>
  /** All records that the stream holds, by shard. */
  records(stream: string): Promise<readonly StoredRecord[]>
  /** All shards that the stream has, open or closed. */
  shards(stream: string): Promise<readonly Shard[]>
  /** Closes a shard, in the middle of which two others begin. */
  split(stream: string, shard: string): Promise<void>
  /** Closes two adjacent shards, which another one follows. */
  merge(stream: string, shard: string, adjacent: string): Promise<void>
  /** Destroys the clients. */
  close(): Promise<void>
}

/** The most records of one request. */
const mostPuts = 500

/** Connects to the server at `url`, which may run in another process. */
export const kinesisStreams = (url: string): KinesisStreams => {
  const clients: KinesisClient[] = []
  const client = (overrides: KinesisClientConfig = {}): KinesisClient => {
    const made = new KinesisClient({
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'embedded', secretAccessKey: 'embedded' },
      requestHandler: new NodeHttpHandler(),
      ...overrides,
    })
    clients.push(made)
    return made
  }
  const admin = client()

  const active = async (StreamName: string): Promise<void> => {
    for (;;) {
      const { StreamDescriptionSummary } = await admin.send(new DescribeStreamSummaryCommand({ StreamName }))
      if (StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return
    }
  }

  const shards = async (StreamName: string): Promise<readonly Shard[]> =>
    (await admin.send(new ListShardsCommand({ StreamName }))).Shards!

  const readShard = async (StreamName: string, ShardId: string): Promise<readonly StoredRecord[]> => {
    const all: StoredRecord[] = []
    const begin = new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' })
    let { ShardIterator: next } = await admin.send(begin)
    while (next !== undefined) {
      const { Records = [], NextShardIterator } = await admin.send(
        new GetRecordsCommand({ ShardIterator: next }),
      )
      for (const { SequenceNumber, Data } of Records)
        all.push({ shard: ShardId, position: SequenceNumber!, text: new TextDecoder().decode(Data) })
      next = Records.length === 0 ? undefined : NextShardIterator
    }
    return all
  }

  return {
    url,
    client,
    shards,
    createStream: async (StreamName, ShardCount = 1) => {
      await admin.send(new CreateStreamCommand({ StreamName, ShardCount }))
      await active(StreamName)
    },
    put: async (StreamName, texts) => {
      for (let from = 0; from < texts.length; from += mostPuts) {
        const Records = texts
          .slice(from, from + mostPuts)
          .map((text) => ({ Data: Buffer.from(text), PartitionKey: text.slice(0, 256) }))
        const { FailedRecordCount = 0 } = await admin.send(new PutRecordsCommand({ StreamName, Records }))
        if (FailedRecordCount > 0) throw new Error(`${FailedRecordCount} records were refused`)
      }
    },
    records: async (stream) => {
      const ids = (await shards(stream)).map(({ ShardId }) => ShardId!)
      return (await Promise.all(ids.map((id) => readShard(stream, id)))).flat()
    },
    split: async (StreamName, ShardToSplit) => {
      const { HashKeyRange } = (await shards(StreamName)).find(({ ShardId }) => ShardId === ShardToSplit)!
      const [first, last] = [HashKeyRange!.StartingHashKey!, HashKeyRange!.EndingHashKey!].map(BigInt)
      const NewStartingHashKey = String((first! + last!) / 2n)
      await admin.send(new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey }))
      await active(StreamName)
    },
    merge: async (StreamName, ShardToMerge, AdjacentShardToMerge) => {
      await admin.send(new MergeShardsCommand({ StreamName, ShardToMerge, AdjacentShardToMerge }))
      await active(StreamName)
    },
    close: () => {
      for (const each of clients) each.destroy()
      return Promise.resolve()
    },
  }
}
