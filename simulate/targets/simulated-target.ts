import type { Millis } from '../../src/core/clock.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Stranger } from './stranger.js'
import type { TargetRecord, TargetWrite, WorkerWrite } from './target-record.js'

interface Target {
  /** What it holds now. */
  records(): Iterable<TargetRecord>
}

/** A place into which workers write, and others too: what was written is there at once. */
export interface WrittenTarget extends Target {
  readonly _tag: 'Written'
  readonly stranger: Stranger
  /** The key of the record that a change of a plan is of. Default: that of the change. */
  recordKey?(key: string): string
  /** What a plan has read at a key: as `TargetRecord.parts`. */
  readParts(key: string, value: unknown): readonly string[]
}

/**
 * A reader that asks a worker, and holds what it was last answered. Nobody else writes into what a worker serves, so
 * nothing can be lost by a write; and what a worker has acknowledged shows with the next answer.
 */
export interface AskedTarget extends Target {
  readonly _tag: 'Asked'
}

/** What a worker keeps in sync, as the simulation looks at it. */
export type SimulatedTarget = WrittenTarget | AskedTarget

/** Whoever watches a target. */
export interface TargetObserver {
  /** A worker has written, or a reader has taken its answer. */
  wrote(write: WorkerWrite): void
  /** Somebody else has written. */
  noted(write: TargetWrite): void
  /** A reader holds what the worker has answered at that time. */
  shown(by: SimulatedProcess, answeredAt: Millis): void
  /** Takes what a check of the target itself throws. */
  defect(thrown: unknown): void
}
