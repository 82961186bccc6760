import type { RunSetup } from '../core/run.js'
import type { Owner } from '../core/sink.js'
import type { Source } from '../core/source.js'

/**
 * What a worker is made of. Its sources are of two kinds, because looking must not take: receiving from a queue without
 * acknowledging would push its messages towards the dead letter queue. `plan` and dry runs use `knowledge` alone.
 */
export interface Composition extends Omit<RunSetup, 'sources' | 'owner'> {
  /** What brings events and is told that they may be forgotten: queues, webhooks. */
  readonly inbound: readonly Source[]
  /** What only asks: snapshots and lookups. */
  readonly knowledge: readonly Source[]
  /** Who writes: see `RunSetup.owner`. */
  readonly owner: Owner
  /** What is set up so that it will hurt later, for people; logged at the start. */
  readonly warnings?: readonly string[]
}
