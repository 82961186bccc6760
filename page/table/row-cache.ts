import type { Millis } from '../../src/core/clock.js'
import type { Inspector, RowPage } from '../../src/inspector/inspector.js'
import type { TableName, Tables } from '../../src/inspector/tables.js'
import { pagesOf, type RowWindow } from './row-window.js'

/** How many rows are asked for at once. */
export const pageSize = 100

/** Pages that are kept, so that a table that somebody scrolls through does not grow. */
const mostPages = 12

/** The least time between two refreshes of what is visible, while the state changes. */
const refreshMs: Millis = 250

export interface RowsAsked {
  readonly filter: string
  readonly at: Millis | undefined
  /** The newest known revision. Pages of older ones are asked for again. */
  readonly revision: number
}

interface KeptPage<K extends TableName> {
  readonly asked: RowsAsked
  readonly page: RowPage<K>
}

const isSameQuestion = (a: RowsAsked, b: RowsAsked): boolean => a.filter === b.filter && a.at === b.at

/** The rows of a table around what is visible. Old rows stay until newer ones arrive, so that nothing flickers. */
export class RowCache<K extends TableName> {
  readonly #pages = new Map<number, KeptPage<K>>()
  #asked: RowsAsked | undefined
  #window: RowWindow = { from: 0, count: 0 }
  #isAsking = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false
  #total: number | undefined
  #error: Error | undefined

  constructor(
    private readonly inspector: Inspector,
    private readonly table: K,
    /** Called when rows have arrived, or could not be had. */
    private readonly changed: () => void,
  ) {}

  /** `undefined` before the first answer. */
  get total(): number | undefined {
    return this.#total
  }

  /** Why the last question had no answer. */
  get error(): Error | undefined {
    return this.#error
  }

  row(index: number): Tables[K] | undefined {
    return this.#pages.get(Math.floor(index / pageSize))?.page.rows[index % pageSize]
  }

  /** Asks for these rows, unless they are there and new. */
  want(window: RowWindow, asked: RowsAsked): void {
    this.#window = window
    this.#asked = asked
    this.#askNext()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #askNext(): void {
    const asked = this.#asked
    if (this.#isAsking || this.#isClosed || asked === undefined) return
    const needed = this.#total === undefined ? [0] : pagesOf(this.#window, pageSize)
    const missing = needed.find((number) => {
      const kept = this.#pages.get(number)
      return kept === undefined || !isSameQuestion(kept.asked, asked)
    })
    if (missing !== undefined) {
      void this.#ask(missing, asked)
      return
    }
    const old = needed.find((number) => (this.#pages.get(number)?.asked.revision ?? 0) < asked.revision)
    if (old === undefined || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#askNext()
    }, refreshMs)
    void this.#ask(old, asked)
  }

  async #ask(number: number, asked: RowsAsked): Promise<void> {
    this.#isAsking = true
    try {
      const page = await this.inspector.rows(this.table, {
        ...(asked.filter === '' ? {} : { filter: asked.filter }),
        ...(asked.at === undefined ? {} : { at: asked.at }),
        from: number * pageSize,
        count: pageSize,
      })
      this.#error = undefined
      if (this.#asked !== undefined && isSameQuestion(asked, this.#asked)) this.#keep(number, { asked, page })
    } catch (thrown) {
      this.#error = thrown instanceof Error ? thrown : new Error(String(thrown))
      if (!this.#isClosed) this.changed()
      return
    } finally {
      this.#isAsking = false
    }
    if (this.#isClosed) return
    this.changed()
    this.#askNext()
  }

  #keep(number: number, kept: KeptPage<K>): void {
    this.#pages.delete(number)
    this.#pages.set(number, kept)
    this.#total = kept.page.total
    for (const [oldest] of this.#pages) {
      if (this.#pages.size <= mostPages) break
      this.#pages.delete(oldest)
    }
  }
}
