import type { Millis } from '../../src/core/clock.js'

/**
 * Since when somebody knows that a task runs: a process since an answer told it, or all processes that share a journal
 * since one of them has acknowledged it.
 */
export class Knowledge {
  readonly #byProcess = new Map<string, Map<string, Millis>>()
  readonly #shared = new Map<string, Millis>()

  constructor(private readonly now: () => Millis) {}

  /** An answer has told a process that a task runs. */
  told(process: string, task: string): void {
    const known = this.#byProcess.get(process) ?? new Map<string, Millis>()
    if (!known.has(task)) known.set(task, this.now())
    this.#byProcess.set(process, known)
  }

  /** The journal holds that a task runs. */
  stored(task: string): void {
    if (!this.#shared.has(task)) this.#shared.set(task, this.now())
  }

  /** A process has ended, and its knowledge with it. */
  forget(process: string): void {
    this.#byProcess.delete(process)
  }

  /** Since when the process knows, or could know, that the task runs. */
  since(process: string, task: string): Millis | undefined {
    const own = this.#byProcess.get(process)?.get(task)
    const shared = this.#shared.get(task)
    return own === undefined ? shared : shared === undefined ? own : Math.min(own, shared)
  }

  /** Whether an answer has told the process itself, so long ago. */
  hasKnown(process: string, task: string, ms: Millis): boolean {
    const since = this.#byProcess.get(process)?.get(task)
    return since !== undefined && this.now() - since >= ms
  }
}
