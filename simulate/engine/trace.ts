import { createHash } from 'node:crypto'
import type { Millis } from '../../src/core/clock.js'

/** `day 2 03:04:05.678`, counted from the start of the simulation. */
export const timeText = (sinceStart: Millis): string => {
  const part = (unit: Millis, of: number, digits = 2): string =>
    String(Math.floor(sinceStart / unit) % of).padStart(digits, '0')
  return `day ${Math.floor(sinceStart / 86_400_000)} ${part(3_600_000, 24)}:${part(60_000, 60)}:${part(1_000, 60)}.${part(1, 1_000, 3)}`
}

/** What happened: a fingerprint of all of it, and the last lines. */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #last: string[] = []
  #pending = ''
  #lines = 0

  constructor(
    private readonly elapsed: () => Millis,
    private readonly kept: number,
    private readonly print: (line: string) => void = () => undefined,
  ) {}

  add(text: string): void {
    const line = `${this.elapsed().toFixed(3)} ${text}\n`
    this.#pending += line
    this.print(line)
    if (this.#pending.length > 65_536) this.#flush()
    this.#last[this.#lines++ % this.kept] = line
  }

  get lines(): number {
    return this.#lines
  }

  /** The last lines, oldest first, with times for people. */
  get last(): readonly string[] {
    const begin = this.#lines % this.kept
    return [...this.#last.slice(begin), ...this.#last.slice(0, begin)].map((line) => {
      const space = line.indexOf(' ')
      return timeText(Number(line.slice(0, space))) + line.slice(space).trimEnd()
    })
  }

  /** Equal for equal traces. */
  get fingerprint(): string {
    this.#flush()
    return this.#hash.copy().digest('hex').slice(0, 16)
  }

  #flush(): void {
    this.#hash.update(this.#pending)
    this.#pending = ''
  }
}
