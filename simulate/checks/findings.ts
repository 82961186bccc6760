import { Violation } from './violation.js'

/** The first violation of a run. */
export class Findings {
  #failure: Violation | undefined

  constructor(private readonly note: (text: string) => void) {}

  get failure(): Violation | undefined {
    return this.#failure
  }

  /** Takes what a check throws. */
  check(check: () => void): void {
    try {
      check()
    } catch (thrown) {
      this.defect(thrown)
    }
  }

  /** A violation, or a defect that nobody caught. */
  defect(thrown: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure =
      thrown instanceof Violation
        ? thrown
        : new Violation(
            'no defect',
            thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
          )
    this.note(`VIOLATION ${this.#failure.message}`)
  }
}
