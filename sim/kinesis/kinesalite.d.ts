/** The parts of kinesalite 3 that `sim/` uses; the package ships no types. */
declare module 'kinesalite' {
  import type { Server } from 'node:http'

  interface KinesaliteOptions {
    /** How long a new stream stays in CREATING, in milliseconds; 500 by default. */
    readonly createStreamMs?: number
    /** How long a deleted stream stays in DELETING, in milliseconds; 500 by default. */
    readonly deleteStreamMs?: number
    /** How long a stream whose shards are split or merged stays in UPDATING, in milliseconds; 500 by default. */
    readonly updateStreamMs?: number
    /** Shards of all streams together; 10 by default. */
    readonly shardLimit?: number
  }

  /** A server over a store in memory, not yet listening; closing it also closes the store. */
  export default function kinesalite(options?: KinesaliteOptions): Server
}

declare module 'kinesalite/db/index.js' {
  export interface StoredItem {
    /** The number of the shard in hexadecimal digits, and the sequence number: `<shard>/<number>`. */
    readonly key: string
    readonly value: { readonly ApproximateArrivalTimestamp: number }
  }

  interface Records {
    createReadStream(range: { readonly gt?: string }): NodeJS.ReadableStream
  }

  interface Stream {
    readonly Shards: readonly {
      readonly SequenceNumberRange: { readonly StartingSequenceNumber: string }
    }[]
  }

  interface Store {
    getStreamDb: (name: string) => Records
    readonly getStream: (name: string, found: (error: Error | null, stream?: Stream) => void) => void
  }

  const db: {
    create: (options: unknown) => Store
    readonly parseSequence: (position: string) => object
    readonly incrementSequence: (parsed: object) => string
  }
  export default db
}
