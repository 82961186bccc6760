import type { Observable } from 'rxjs'
import type { Clock, Millis, Random } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import type { Endpoint } from './desired.js'
import type { ClusterEvent } from './event.js'
import type { PersistentMap } from './persistent-map.js'
import type { PolicyNeeds } from './policy.js'

/**
 * Events, and the way to say what became of them. The first of `ack` and `nack` wins, later calls do nothing, and
 * neither throws.
 */
export interface Delivery {
  readonly _tag: 'Delivery'
  readonly events: readonly ClusterEvent[]
  /** Forget it: every required sink holds what follows from it. */
  ack(): void
  /** It will not be settled by this process: let it come again, later. */
  nack(reason: Error): void
}

/** What people should know and nobody has to settle. */
export type Notice =
  /** A message that is no event. It was left where it is (to the queue's redrive policy, say), not acknowledged. */
  | {
      readonly _tag: 'Undecodable'
      readonly id: string
      /** Every failing path, with what was expected and what came. */
      readonly reason: string
      /** How often it has been received, where that is known. */
      readonly receives: number | undefined
    }
  /** A well-formed event of a kind that is not ours; it was acknowledged. */
  | { readonly _tag: 'Ignored'; readonly kind: string; readonly count: number }
  /** A call failed. It is made again after `retryIn`, if that is given. */
  | {
      readonly _tag: 'SourceFailed'
      readonly operation: string
      readonly error: Error
      readonly retryIn: Millis | undefined
    }
  /**
   * How far this machine's clock is ahead of AWS's, in milliseconds; negative when it is behind. Measured with answers
   * of AWS, and told again when it changes by a second or more.
   */
  | { readonly _tag: 'ClockSkew'; readonly aheadMs: Millis }
  /** Something is set up so that it will hurt later. Says what to do. */
  | { readonly _tag: 'Warning'; readonly message: string }

/** What a source may look up for tasks: task definitions, or addresses of container instances. */
export type Lookup = 'definitions' | 'addresses'

/** What a worker gives to each of its sources. */
export interface SourceContext {
  /**
   * The folded state: the current one at once, then the state after every delivery. It completes when the worker stops.
   */
  readonly state$: Observable<ClusterState>
  /**
   * The endpoints that the policy offers in `state$`, by id, healthy or not. Emits when they change. It costs a
   * projection, and only while someone subscribes.
   */
  readonly endpoints$: Observable<PersistentMap<Endpoint>>
  readonly clock: Clock
  readonly random: Random
  /** Aborts when the worker no longer waits for the source: its deliveries are unsubscribed from at the same time. */
  readonly signal: AbortSignal
  /** What the policy needs: see `Policy.needs`. */
  readonly needs: PolicyNeeds
}

/**
 * Where events come from: a queue, a webhook, a poll, a lookup. Copy `sources/memory.ts` and run `sourceContract`
 * against it.
 *
 * `run` subscribes to `deliveries` once. It subscribes again, after a backoff, if the stream errors.
 *
 * - *Stop*: when `state$` completes, receive nothing more. Complete once every delivery is settled and the origin has
 *   forgotten what was acknowledged. Unsubscribing means the same without waiting: abort open calls.
 * - *Errors*: the stream should never error. Retry inside, with backoff and a `SourceFailed` notice. Report what
 *   concerns one message as a notice about that message.
 * - *Back-pressure*: unsettled deliveries are the only buffer. Bound them, and stop receiving at the bound.
 *
 * Not its job: order, duplicates, deciding what is live.
 */
export interface Source {
  /** Unique among a worker's sources; appears in reports and metrics. */
  readonly name: string
  /** Clusters, by name, pattern or ARN, for which it promises whole snapshots (`TasksListed`). */
  readonly covers: readonly string[]
  /**
   * Names and patterns of which it promises to tell which clusters they stand for (`ClusterIdentified`), or that this
   * can never be told (`LookupRefused` of the name). Until then, deliveries that tell of a cluster with such a name
   * are held back: it may be one of another account. Default: none.
   */
  readonly identifies?: readonly string[]
  /**
   * Asks for whole snapshots of what it covers, soon: called when the newest ones say something so unlikely that it
   * should be said twice. Must not throw.
   */
  refresh?(): void
  /** What it looks up, or may deliver by itself. Default: nothing. */
  readonly provides?: readonly Lookup[]
  deliveries(context: SourceContext): Observable<Delivery | Notice>
}
