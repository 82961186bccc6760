import type { Millis } from '../../src/core/clock.js'

/** Other programs and people, who write to the target: records of their own, and now and then ours. */
export interface Stranger {
  /** Does something, or nothing. */
  act(): void
  /** Whether it had taken the record of a service of ours at some time since. */
  occupied(service: string, since: Millis): boolean
  /** Gives back the names of ours that it occupies. */
  leave(): void
  /** The keys of its own records that are not as it left them. */
  damaged(): readonly string[]
}
