import type { Options } from './options.js'
import { failedText, passedText, summaryText } from './result-text.js'
import type { SeedOptions, SeedResult } from './run-seed.js'
import type { SeedMessage } from './seed-processes.js'
import { scenarioOf } from './world/scenario.js'

export interface Failed {
  readonly options: SeedOptions
  readonly result: SeedResult
}

/** The seeds to run, in order: what they have of days is known before they run. */
export const seedsOf = ({ seed, seeds, days, clusterDays, ...fixed }: Options): readonly number[] => {
  if (clusterDays === undefined) return Array.from({ length: seeds }, (_, i) => seed + i)
  const chosen: number[] = []
  for (let [next, planned] = [seed, 0]; planned < clusterDays && days > 0; next++) {
    chosen.push(next)
    planned += days * scenarioOf(next, fixed).clusters.length
  }
  return chosen
}

export interface RunSeeds {
  readonly options: Options
  readonly commit: string
  /** Runs one, in this process or in another. */
  readonly run: (options: SeedOptions) => Promise<SeedMessage>
  readonly say: (text: string) => void
}

/** Runs seeds, some at once, and tells of them in their order. Returns the first that failed; then no more are begun. */
export const runSeeds = async ({ options, commit, run, say }: RunSeeds): Promise<Failed | undefined> => {
  const { jobs } = options
  const seeds = seedsOf(options)
  const begun: Promise<SeedMessage>[] = []
  let isOver = false
  const optionsOf = (seed: number): SeedOptions => ({ ...options, seed })
  const begin = (): void => {
    const seed = seeds[begun.length]
    if (seed === undefined || isOver) return
    const running = run(optionsOf(seed))
    begun.push(running)
    running.then(begin, () => undefined)
  }
  const began = performance.now()
  for (let i = 0; i < jobs; i++) begin()
  const results: SeedMessage[] = []
  for (let i = 0; i < seeds.length; i++) {
    const [seed, running] = [seeds[i], begun[i]]
    if (seed === undefined || running === undefined) break
    const message = await running
    const { result } = message
    results.push(message)
    if (result.failure !== undefined) {
      isOver = true
      say(failedText(optionsOf(seed), result, commit))
      return { options: optionsOf(seed), result }
    }
    say(passedText(seed, result))
  }
  say(summaryText(results, (performance.now() - began) / 1_000, commit))
  return undefined
}
