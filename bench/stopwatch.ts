/**
 * Ratios of things timed side by side, in one run: machines are shared and noisy, so absolute figures mean little.
 */
import { ratios, spread, spreadOf } from './spread.js'

export interface Contender {
  readonly name: string
  /** Does the whole work once. */
  readonly run: () => void | Promise<void>
  /** Makes ready for the next `run`, each time, and is not timed. */
  readonly prepare?: () => void | Promise<void>
}

export interface Timing {
  readonly name: string
  /** Milliseconds of each round, by the clock. */
  readonly wall: readonly number[]
  /**
   * Milliseconds of processor time of each round, of all threads of this process: what other load disturbs least. The
   * collection of garbage in other threads belongs to it.
   */
  readonly cpu: readonly number[]
}

/** Milliseconds of processor time of this process, since its start. */
export const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/**
 * Lets all of them run in turn, in rounds, so that a disturbance hits each of them; the first round warms up and is
 * not counted.
 */
export const race = async (contenders: readonly Contender[], rounds = 7): Promise<readonly Timing[]> => {
  const timings = contenders.map(({ name }) => ({ name, wall: [] as number[], cpu: [] as number[] }))
  for (let round = 0; round <= rounds; round++) {
    // A full collection takes seconds with a million tasks in memory, so there is one for all.
    globalThis.gc?.()
    for (const [i, { prepare, run }] of contenders.entries()) {
      await prepare?.()
      const [start, before] = [performance.now(), cpuMs()]
      await run()
      const [wall, cpu] = [performance.now() - start, cpuMs() - before]
      if (round === 0) continue
      timings[i]?.wall.push(wall)
      timings[i]?.cpu.push(cpu)
    }
  }
  return timings
}

/** `12.3 µs (11.9 – 13.0)` of one of `count`. */
export const each = (ms: readonly number[], count: number): string =>
  spread(
    ms.map((one) => (one * 1_000) / count),
    (value) => `${value.toFixed(2)} µs`,
  )

/** `1.23 × (1.20 – 1.31)`, and whether the median misses the aim. */
export const ratio = (values: readonly number[], aim?: number): string => {
  const missed = aim !== undefined && !(spreadOf(values).median <= aim)
  return `${spread(values, (value) => `${value.toFixed(2)} ×`)}${aim === undefined ? '' : ` (aim: at most ${aim} ×${missed ? ', MISSED' : ''})`}`
}

/** The ratio of each round, printed. */
export const against = (values: readonly number[], base: readonly number[], aim?: number): string =>
  ratio(ratios(values, base), aim)

export const heading = (title: string): void => console.log(`\n${title}\n${'─'.repeat(title.length)}`)

/** Lines of two columns. */
export const table = (rows: readonly (readonly [string, string])[]): void => {
  const width = Math.max(...rows.map(([left]) => left.length))
  for (const [left, right] of rows) console.log(`  ${left.padEnd(width)}  ${right}`)
}
