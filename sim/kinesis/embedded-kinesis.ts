import kinesalite from 'kinesalite'
import type { ServerResponse } from 'node:http'
import { closeLevelServer, startLevelServer } from '../level-server.js'
import { correctTimestamps } from './kinesalite-timestamps.js'
import { type KinesisStreams, kinesisStreams } from './kinesis-streams.js'

/** A Kinesis in this process, in memory, for tests. */
export interface EmbeddedKinesis extends KinesisStreams {
  /** Destroys the clients, closes every connection and deletes all data. */
  close(): Promise<void>
}

/** Node writes the date of a second ago, which a test that sets the date must not see. */
const dateNow = (response: ServerResponse): void => {
  response.setHeader('date', new Date(Date.now()).toUTCString())
}

/**
 * Starts kinesalite on 127.0.0.1 and a free port. Unlike Kinesis, it has no HTTP/2, no ARNs of streams in calls, no limit
 * of reads, and its answers do not name the shards that follow a closed one. Iterators at a time are as in Kinesis: see
 * `correctTimestamps`.
 */
export async function embeddedKinesis(): Promise<EmbeddedKinesis> {
  correctTimestamps()
  const server = kinesalite({ createStreamMs: 0, deleteStreamMs: 0, updateStreamMs: 0, shardLimit: 10_000 })
  const streams = kinesisStreams(await startLevelServer(server, dateNow))
  return {
    ...streams,
    close: async () => {
      await streams.close()
      await closeLevelServer(server)
    },
  }
}
