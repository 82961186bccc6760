import type { Observable } from 'rxjs'
import type { ClusterArn } from './arn.js'
import type { Clock, Millis, Random } from './clock.js'
import type { ClusterState } from './cluster-state.js'
import type { Endpoint } from './desired.js'
import type { ClusterEvent } from './event.js'
import type { ExaminationContext, Finding } from './finding.js'
import type { PersistentMap } from './persistent-map.js'
import type { HealthChecks } from './health-checks.js'
import type { PolicyNeeds } from './policy.js'

/**
 * Events with their acknowledgement. The first call of `ack` or `nack` counts, and later ones do nothing. Neither
 * throws.
 */
export interface Delivery {
  readonly _tag: 'Delivery'
  readonly events: readonly ClusterEvent[]
  /** Acknowledges the delivery: every required sink holds its effect, and the source may forget it. */
  ack(): void
  /** Rejects the delivery: this process will not settle it, and the source should deliver it again later. */
  nack(reason: Error): void
}

/** Information for people that needs no acknowledgement. */
export type Notice =
  /**
   * A message that is not an event. It was not acknowledged, and is left in place, such as for the redrive policy. Only
   * a log is committed past it, because it would hold up every later commit.
   */
  | {
      readonly _tag: 'Undecodable'
      readonly id: string
      /** Every failing path, with what was expected and what was received. */
      readonly reason: string
      /** How often it has been received, if known. */
      readonly receives: number | undefined
    }
  /** A well-formed event of an unsupported kind; it was acknowledged. */
  | { readonly _tag: 'Ignored'; readonly kind: string; readonly count: number }
  /** A call failed. It is retried after `retryIn`, if that is set. */
  | {
      readonly _tag: 'SourceFailed'
      readonly operation: string
      readonly error: Error
      readonly retryIn: Millis | undefined
    }
  /**
   * A call has succeeded: for the first time, or for the first time after it failed. Not every source says so.
   * `operation` as in `SourceFailed`.
   */
  | { readonly _tag: 'Answered'; readonly operation: string }
  /** So many calls of AWS are made now, whatever comes of them. Not every source says so. */
  | { readonly _tag: 'Called'; readonly calls: number }
  /** This worker has taken a complete snapshot of a cluster, and delivered it. */
  | {
      readonly _tag: 'SnapshotTaken'
      readonly cluster: ClusterArn
      readonly tasks: number
      readonly tookMs: Millis
    }
  /**
   * When the next snapshot of a cluster is due, by this machine's clock. Told again when it changes: later while events
   * tell everything, and earlier when one is lost.
   */
  | { readonly _tag: 'SnapshotDue'; readonly cluster: ClusterArn; readonly at: Millis }
  /**
   * How far a long piece of work is, such as a snapshot of a cluster with thousands of tasks: `done` of `of`, which is
   * `undefined` while it is not known. `what` names the work and its unit: `tasks of production described`. It is reported
   * often; work that is soon done is not reported.
   */
  | {
      readonly _tag: 'Progressed'
      readonly what: string
      readonly done: number
      readonly of: number | undefined
    }
  /**
   * How far this machine's clock is ahead of AWS's, in milliseconds; negative if it is behind. Measured with AWS's
   * responses, and reported again when it changes by a second or more.
   */
  | { readonly _tag: 'ClockSkew'; readonly aheadMs: Millis }
  /** A risky setup or condition. The message says what to do. */
  | { readonly _tag: 'Warning'; readonly message: string }

/**
 * What a source may look up: task definitions, addresses of container instances, deployments of services, the health of
 * tasks between snapshots.
 */
export type Lookup = 'definitions' | 'addresses' | 'deployments' | 'health'

/** What a worker gives to each of its sources. */
export interface SourceContext {
  /**
   * The folded state: the current one at once, then the state after every delivery. It completes when the worker stops.
   */
  readonly state$: Observable<ClusterState>
  /**
   * The endpoints that the policy exposes in `state$`, by id, healthy or not. Emits when they change. Costs a
   * projection, but only while there is a subscriber.
   */
  readonly endpoints$: Observable<PersistentMap<Endpoint>>
  readonly clock: Clock
  readonly random: Random
  /**
   * Does work that one of the workers that share a journal should do at a time, such as taking a snapshot. Resolves to
   * `undefined` at once if another does it, or if the journal cannot say; ask again. Without a journal, this worker does
   * everything. If its process is killed, another may begin after `leaseMs`.
   */
  readonly alone: <A extends object>(work: string, make: () => Promise<A>) => Promise<A | undefined>
  /** Aborts when the worker no longer waits for the source, which is also when it unsubscribes from the deliveries. */
  readonly signal: AbortSignal
  /** The policy's needs: see `Policy.needs`. With `healthChecks: 'required'`, all definitions are needed. */
  readonly needs: PolicyNeeds
  /** Whether the policy follows the deployments of services: see `Policy.deployments`. */
  readonly followsDeployments: boolean
  /** Whether tasks wait for their first HEALTHY: see `RunSetup.healthChecks`. */
  readonly healthChecks: HealthChecks
}

/**
 * A source of events: a queue, a webhook, a poll, a lookup. To write one, copy `sources/memory.ts` and run
 * `sourceContract` against it.
 *
 * `run` subscribes to `deliveries` once, with a context.
 *
 * - *Stop*: when `state$` completes, stop receiving. Complete once every delivery is settled, and acknowledged messages
 *   are deleted at their origin. Unsubscribing means the same without waiting: open calls are aborted.
 * - *Errors*: the stream never errors. Retry internally, with backoff and a `SourceFailed`; report problems with single
 *   messages as notices.
 * - *Back-pressure*: unsettled deliveries are the only buffer. Bound them, and stop receiving at the bound.
 *
 * Not its job: order, duplicates, liveness.
 */
export interface Source {
  /** Unique among a worker's sources; appears in reports and metrics. */
  readonly name: string
  /** Clusters, by name, pattern or ARN, for which it promises complete snapshots (`TasksListed`). */
  readonly covers: readonly string[]
  /**
   * Names and patterns that it promises to identify (`ClusterIdentified`), or to report as impossible to identify
   * (`LookupRefused` with the name). Until then, deliveries of clusters with such a name are held back, because they
   * may be of another account. Default: none.
   */
  readonly identifies?: readonly string[]
  /**
   * Requests new snapshots of the covered clusters, soon. Called when the newest ones imply something so unlikely that
   * it should be confirmed. Must not throw.
   */
  refresh?(): void
  /** What it looks up, or may deliver by itself. Default: nothing. */
  readonly provides?: readonly Lookup[]
  deliveries(context: SourceContext): Observable<Delivery | Notice>
  /**
   * Finds out whether it could do its work: permissions, and the setup of what it reads. `doctor` calls it once, in
   * place of `deliveries`. It changes nothing and takes nothing out of a queue. A rejection counts as a failure. Default:
   * nothing is examined.
   */
  examine?(context: ExaminationContext): Promise<readonly Finding[]>
}
