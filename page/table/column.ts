import type { ComponentChildren } from 'preact'
import type { Millis } from '../../src/core/clock.js'

/** What a cell knows beside its row. */
export interface RowContext {
  /** The time that is shown. */
  readonly now: Millis
}

/** One column of a table. */
export interface Column<Row> {
  readonly name: string
  /** How the style sheet treats it: `id` is monospaced, `wide` is left out on narrow screens, `amount` is on the right. */
  readonly kind: string
  readonly cell: (row: Row, context: RowContext) => ComponentChildren
}
