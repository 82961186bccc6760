import type { Observable } from 'rxjs'
import type { Millis } from '../core/clock.js'
import type { Revision } from '../core/desired.js'
import type { Explanation } from '../core/explain/explain.js'
import type { Overview } from './overview.js'
import type { TableName, Tables } from './tables.js'

/** The most rows that one query gets. */
export const mostRows = 200

/** The longest question, and the longest filter, in characters. */
export const longestQuestion = 500

/** Asks for a window of a table. */
export interface RowQuery {
  /** Rows that have this text in one of their names, whatever its case. Default: all rows. */
  readonly filter?: string | undefined
  /** The index of the first row, from 0. */
  readonly from: number
  /** How many rows; at most `mostRows`. */
  readonly count: number
  /** The time to show, if the journal has it. Default: now. */
  readonly at?: Millis | undefined
}

/** A window of a table. */
export interface RowPage<K extends TableName> {
  /** How many rows match the filter. */
  readonly total: number
  /** The revision of the state that the rows are of. */
  readonly revision: Revision
  readonly rows: readonly Tables[K][]
}

/**
 * What a page or a program asks, wherever the answers come from: a worker over HTTP, or the core in the same page.
 * Answers are of one moment each. Read-only.
 */
export interface Inspector {
  /** Now, and after changes; at most four times a second. Nothing is computed while nobody is subscribed. */
  readonly overview$: Observable<Overview>
  /** What was so at a time, in numbers. Left out where only the present is known. */
  overviewAt?(at: Millis): Promise<Overview>
  /** One window of a table. Rejects for a query out of bounds, or if there is no journal and `at` is set. */
  rows<K extends TableName>(table: K, query: RowQuery): Promise<RowPage<K>>
  /** Why something is so: see `explain`. */
  explain(question: string, at?: Millis): Promise<Explanation>
}
