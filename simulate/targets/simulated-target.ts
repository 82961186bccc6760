import type { Stranger } from './stranger.js'
import type { TargetRecord, TargetWrite, WorkerWrite } from './target-record.js'

/** What a worker keeps in sync, as the simulation looks at it. */
export interface SimulatedTarget {
  readonly stranger: Stranger
  /** What it holds now. */
  records(): Iterable<TargetRecord>
  /** What a plan has read: as `TargetRecord.parts`. */
  readParts(value: unknown): readonly string[]
}

/** Whoever watches a target. */
export interface TargetObserver {
  /** A worker has written. */
  wrote(write: WorkerWrite): void
  /** Somebody else has written. */
  noted(write: TargetWrite): void
}
