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
