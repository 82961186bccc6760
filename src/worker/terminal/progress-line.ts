import type { Clock } from '../../core/clock.js'
import { printable } from '../../shared/codec/printable.js'
import { Progress, type Work } from '../observability/progress.js'
import type { Terminal } from './terminal.js'

const clearLine = '\r\x1b[K'

/** The width of a line that no terminal breaks. */
const widest = 79

/**
 * How far a command is, on standard error: for a person one line that is written over each second, elsewhere a line each
 * minute. A command that is quick says nothing.
 */
export class ProgressLine {
  readonly #isInteractive: boolean
  readonly #progress: Progress
  #isShown = false

  constructor(
    private readonly terminal: Pick<Terminal, 'err' | 'isInteractive'>,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.#isInteractive = terminal.isInteractive === true
    this.#progress = new Progress(this.#isInteractive ? 1_000 : 60_000)
  }

  show(work: Work): void {
    const text = this.#progress.take(work, this.clock.now())
    if (text === undefined) return
    const line = printable(text)
    this.terminal.err(this.#isInteractive ? `${clearLine}${line.slice(0, widest)}` : `${line}\n`)
    this.#isShown = this.#isInteractive
  }

  /** Takes the line away, before something else is printed. */
  clear(): void {
    if (this.#isShown) this.terminal.err(clearLine)
    this.#isShown = false
  }
}
