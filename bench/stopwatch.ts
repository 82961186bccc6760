/**
 * Ratios of things timed side by side, in one run: machines are shared and noisy, so absolute figures mean little.
 */

export interface Contender {
  readonly name: string
  /** Does the whole work once. */
  readonly run: () => void | Promise<void>
}

export interface Timing {
  readonly name: string
  /** The fastest of the rounds: what the machine can do when nothing else runs. */
  readonly ms: number
}

const now = (): number => performance.now()

/**
 * Lets all of them run in turn, in rounds, so that a disturbance hits each of them; the first round warms up and is
 * not counted.
 */
export const race = async (contenders: readonly Contender[], rounds = 7): Promise<readonly Timing[]> => {
  const best = new Map<string, number>()
  for (let round = 0; round <= rounds; round++) {
    // A full collection takes seconds with a million tasks in memory, so there is one for all.
    globalThis.gc?.()
    for (const { name, run } of contenders) {
      const start = now()
      await run()
      const took = now() - start
      if (round > 0) best.set(name, Math.min(best.get(name) ?? Infinity, took))
    }
  }
  return contenders.map(({ name }) => ({ name, ms: best.get(name) ?? NaN }))
}

/** `12.3 µs` of one of `count`. */
export const each = (ms: number, count: number): string => `${((ms * 1000) / count).toFixed(2)} µs`

/** `1.23 ×`, and whether it misses the aim. */
export const ratio = (value: number, aim?: number): string =>
  `${value.toFixed(2)} ×${aim === undefined ? '' : ` (aim: at most ${aim} ×${value <= aim ? '' : ', MISSED'})`}`

export const heading = (title: string): void => console.log(`\n${title}\n${'─'.repeat(title.length)}`)

/** Lines of two columns. */
export const table = (rows: readonly (readonly [string, string])[]): void => {
  const width = Math.max(...rows.map(([left]) => left.length))
  for (const [left, right] of rows) console.log(`  ${left.padEnd(width)}  ${right}`)
}
