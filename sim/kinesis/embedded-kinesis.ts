import kinesalite from 'kinesalite'
import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { correctTimestamps } from './kinesalite-timestamps.js'
import { type KinesisStreams, kinesisStreams } from './kinesis-streams.js'

/** A Kinesis in this process, in memory, for tests. */
export interface EmbeddedKinesis extends KinesisStreams {
  /** Destroys the clients, closes every connection and deletes all data. */
  close(): Promise<void>
}

/**
 * Starts kinesalite on 127.0.0.1 and a free port. Unlike Kinesis, it has no HTTP/2, no ARNs of streams in calls, no limit
 * of reads, and its answers do not name the shards that follow a closed one. Iterators at a time are as in Kinesis: see
 * `correctTimestamps`.
 */
export async function embeddedKinesis(): Promise<EmbeddedKinesis> {
  correctTimestamps()
  const server = kinesalite({ createStreamMs: 0, deleteStreamMs: 0, updateStreamMs: 0, shardLimit: 10_000 })
  surviveAbortedRequests(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const streams = kinesisStreams(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return {
    ...streams,
    close: async () => {
      await streams.close()
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      })
    },
  }
}

/**
 * kinesalite rethrows a request's 'error' event, so a client that disconnects in the middle of its body would end this
 * process. This replaces that listener, which kinesalite adds while it is called.
 */
function surviveAbortedRequests(server: Server): void {
  const [handle] = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    // Node writes the date of a second ago, which a test that sets the date must not see.
    response.setHeader('date', new Date(Date.now()).toUTCString())
    handle?.(request, response)
    request.removeAllListeners('error').on('error', () => undefined)
  })
}
