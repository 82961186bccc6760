import { timeText } from './engine/trace.js'
import type { SeedMessage } from './seed-processes.js'
import { argumentsOf } from './seed-arguments.js'
import type { SeedOptions, SeedResult } from './run-seed.js'

const countsOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')

/** One line for a run that found nothing. */
export const passedText = (
  seed: number,
  { arrangement, clusterDays, faults, fingerprint }: SeedResult,
): string =>
  `seed ${seed}: ${clusterDays.toFixed(0)} cluster-days, ${arrangement}, ${faults} faults, trace ${fingerprint}`

/** Everything that is needed to repeat and to understand a failure. */
export const failedText = (
  options: SeedOptions,
  { failure, fingerprint, arrangement, faultCounts, clusters }: SeedResult,
  commit: string,
): string =>
  failure === undefined
    ? ''
    : [
        ...failure.trace.map((line) => `  ${line}`),
        '',
        `BROKEN: ${failure.invariant}`,
        `  ${failure.detail}`,
        `  seed ${options.seed}, commit ${commit}, after ${timeText(failure.after)}, trace ${fingerprint}`,
        `  ${arrangement}, ${clusters} clusters; faults so far: ${countsOf(faultCounts) || 'none'}`,
        `  again: npm run simulate -- ${argumentsOf(options)}`,
        `  smaller: npm run simulate -- ${argumentsOf(options)} --shrink`,
      ].join('\n')

/** One line for all. `elapsed`: seconds by the clock on the wall. */
export const summaryText = (done: readonly SeedMessage[], elapsed: number, commit: string): string => {
  const sum = (of: (one: SeedMessage) => number): number => done.reduce((total, one) => total + of(one), 0)
  const days = sum(({ result }) => result.clusterDays)
  const seconds = sum((one) => one.seconds)
  return `${days.toFixed(0)} cluster-days of ${done.length} seeds in ${elapsed.toFixed(0)} s, ${seconds.toFixed(0)} s of a core (${(days / seconds).toFixed(1)} a second), commit ${commit}`
}
