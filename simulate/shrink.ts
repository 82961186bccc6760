import { type FaultKind, faultKinds } from './engine/faults.js'
import { runSeed, type SeedOptions, type SeedResult } from './run-seed.js'

export interface Shrunk {
  readonly options: SeedOptions
  readonly result: SeedResult
}

/**
 * Looks for a smaller run with the same broken invariant: fewer kinds of faults, then fewer clusters, then fewer faults.
 * Each kind has its own dice, so that a run without a kind is otherwise the same for as long as workers do the same.
 */
export const shrink = async (first: Shrunk, tried: (text: string) => void): Promise<Shrunk> => {
  const invariant = first.result.failure?.invariant
  let best = first
  const attempt = async (options: SeedOptions, text: string): Promise<boolean> => {
    const result = await runSeed(options)
    const fails = result.failure !== undefined && result.failure.invariant === invariant
    tried(`${text}: ${fails ? 'still fails' : 'passes'}`)
    if (fails) best = { options, result }
    return fails
  }
  for (const kind of faultKinds) {
    const without: ReadonlySet<FaultKind> = best.options.without ?? new Set()
    if (without.has(kind) || (best.result.faultCounts.get(kind) ?? 0) === 0) continue
    await attempt({ ...best.options, without: new Set([...without, kind]) }, `without ${kind}`)
  }
  for (let clusters = best.result.clusters >> 1; clusters >= 1; clusters >>= 1)
    if (!(await attempt({ ...best.options, clusters }, `${clusters} clusters`))) break
  let [passes, fails] = [-1, best.result.faults]
  while (fails - passes > 1) {
    const mostFaults = (passes + fails) >> 1
    if (await attempt({ ...best.options, mostFaults }, `the first ${mostFaults} faults`)) fails = mostFaults
    else passes = mostFaults
  }
  return best
}
