import type { Clock } from './clock.js'

/** What is so about one thing that a source or a sink needs, such as a permission. */
export interface Finding {
  /** The thing, such as `ecs:ListTasks` or `queue policy`. */
  readonly about: string
  /**
   * - `ok`: it is as it must be.
   * - `warning`: it works, and may fail later.
   * - `failed`: the part cannot do its work.
   * - `unknown`: it could not be found out.
   */
  readonly result: 'ok' | 'warning' | 'failed' | 'unknown'
  /** What was found, and for everything but `ok` what to do; for people. */
  readonly detail: string
}

/** What an examination may use. */
export interface ExaminationContext {
  /** The clusters of the worker, by name or ARN; patterns are left out. */
  readonly clusters: readonly string[]
  readonly clock: Clock
  /** Aborts when there is no more time. */
  readonly signal: AbortSignal
}
