import type { Revision } from './desired.js'

/** A part of a worker's work, with what is known when it begins. */
export type Stage =
  /** From the receipt of a delivery until it is acknowledged, or given back. */
  | { readonly _tag: 'Delivery'; readonly source: string; readonly events: number }
  /** Folding a delivery, or what a journal had of other workers. `source`: the source, or `journal`. */
  | { readonly _tag: 'Fold'; readonly source: string; readonly events: number }
  /** Computing what is desired, for all sinks. */
  | { readonly _tag: 'Projection'; readonly revision: Revision }
  /** Bringing one target to what is desired, with all its attempts. */
  | { readonly _tag: 'Round'; readonly sink: string }
  | { readonly _tag: 'Read'; readonly sink: string }
  | { readonly _tag: 'Plan'; readonly sink: string; readonly revision: Revision }
  | { readonly _tag: 'Apply'; readonly sink: string; readonly changes: number }

/** What a stage has come to. */
export interface StageResult {
  /** Why it failed. */
  readonly error?: Error
  readonly revision?: Revision
  /** Whether a fold changed the state. */
  readonly changed?: boolean
  /** The number of changes that a plan has, or that were applied. */
  readonly changes?: number
  /** The number of changes that a plan skips. */
  readonly skipped?: number
  /** The number of changes that were not applied: lost to another writer, failed or rejected. */
  readonly left?: number
}

/** A stage that has begun. */
export interface Span {
  /** Adds deliveries that led to it. */
  link(spans: readonly Span[]): void
  /** Does work as a part of it, so that what the work calls can find it. Returns what the work returns. */
  run<A>(work: () => A): A
  /** Called exactly once. */
  end(result?: StageResult): void
}

/** How a stage began. */
export interface StageOrigin {
  /** The stage that it is a part of. Default: it is part of none. */
  readonly parent?: Span | undefined
  /** The deliveries that led to it. Default: none. */
  readonly links?: readonly Span[]
}

/**
 * Follows the stages of a worker's work, such as for traces: see `ecs-task-stream/opentelemetry`. Called while the worker
 * works, so it must be quick, and must not throw.
 */
export interface Tracer {
  start(stage: Stage, origin: StageOrigin): Span
}
