/** `npm run simulate`: see docs/simulation.md. */
import { execFileSync } from 'node:child_process'
import { type Options, parseOptions, usage } from './options.js'
import { argumentsOf, failedText, passedText } from './result-text.js'
import { runSeed, type SeedOptions } from './run-seed.js'
import { shrink } from './shrink.js'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const print = (line: string): void => void process.stdout.write(line)

const commitOf = (): string => {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}

/** Runs seeds until one fails. Returns whether none did. */
const simulate = async (options: Options): Promise<boolean> => {
  const {
    seed: first,
    seeds,
    days,
    clusters,
    snapshotMinutes,
    without,
    mostFaults,
    clusterDays,
    log,
  } = options
  const before = process.cpuUsage()
  let passed = 0
  for (let i = 0; clusterDays === undefined ? i < seeds : passed < clusterDays; i++) {
    const one: SeedOptions = {
      seed: first + i,
      days,
      clusters,
      snapshotMinutes,
      without,
      mostFaults,
      ...(log ? { print } : {}),
    }
    const result = await runSeed(one)
    passed += result.clusterDays
    if (result.failure !== undefined) {
      say(failedText(one, result, commitOf()))
      if (options.shrink) {
        const shrunk = await shrink({ options: one, result }, say)
        say(failedText(shrunk.options, shrunk.result, commitOf()))
        say(`shrunk to: npm run simulate -- ${argumentsOf(shrunk.options)}`)
      }
      return false
    }
    say(passedText(one.seed, result))
  }
  const { user, system } = process.cpuUsage(before)
  const seconds = (user + system) / 1e6
  say(
    `${passed.toFixed(0)} cluster-days in ${seconds.toFixed(0)} s of a core (${(passed / seconds).toFixed(1)} a second), commit ${commitOf()}`,
  )
  return true
}

const main = async (): Promise<boolean> => {
  const args = process.argv.slice(2)
  if (args.includes('--help')) {
    say(usage)
    return true
  }
  const options = parseOptions(args, commitOf())
  if (!options.mutants) return simulate(options)
  const { runMutants } = await import('./mutants/run-mutants.js')
  return runMutants(options, say)
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (thrown) {
  say(thrown instanceof Error ? thrown.message : String(thrown))
  process.exitCode = 2
}
