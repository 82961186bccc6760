import type { Millis } from '../../src/core/clock.js'

interface Unseen {
  readonly at: Millis
  readonly check: () => void
}

/** So many are remembered of a process: a reader that cannot reach it sees the last ones. */
const kept = 1_000

/**
 * What workers have acknowledged that serve a document: it shows in what a reader is answered after that, not in what it
 * holds by then.
 */
export class UnseenAcknowledgements {
  readonly #byProcess = new Map<string, Unseen[]>()

  /** A process has acknowledged something. `check` looks at the target. */
  add(process: string, at: Millis, check: () => void): void {
    const unseen = this.#byProcess.get(process) ?? []
    this.#byProcess.set(process, unseen)
    unseen.push({ at, check })
    if (unseen.length > kept) unseen.shift()
  }

  /** A reader holds what the process has answered at that time. */
  show(process: string, answeredAt: Millis): void {
    const unseen = this.#byProcess.get(process) ?? []
    const shown = unseen.filter(({ at }) => at < answeredAt)
    if (shown.length === 0) return
    this.#byProcess.set(process, unseen.slice(shown.length))
    for (const { check } of shown) check()
  }

  /** A process has ended: the next one serves nothing before it knows everything. */
  forget(process: string): void {
    this.#byProcess.delete(process)
  }
}
