/** `npm run simulate`: see docs/simulation.md. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Options, parseOptions, usage } from './options.js'
import { failedText } from './result-text.js'
import { argumentsOf } from './seed-arguments.js'
import { runSeed, type SeedOptions } from './run-seed.js'
import { runSeeds } from './run-seeds.js'
import { type SeedMessage, seedProcess, SeedProcesses } from './seed-processes.js'
import { shrink } from './shrink.js'

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const print = (line: string): void => void process.stdout.write(line)

const commitOf = (): string => {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return 'unknown'
  }
}

/** Runs a seed in this process. */
const runHere = async (options: SeedOptions, log: boolean): Promise<SeedMessage> => {
  const before = process.cpuUsage()
  const result = await runSeed({ ...options, ...(log ? { print } : {}) })
  const { user, system } = process.cpuUsage(before)
  return { result, seconds: (user + system) / 1e6 }
}

/** Runs seeds until one fails. Returns whether none did. */
const simulate = async (options: Options, commit: string): Promise<boolean> => {
  const processes = new SeedProcesses(fileURLToPath(import.meta.url))
  const run = (one: SeedOptions): Promise<SeedMessage> =>
    options.log || options.jobs === 1 ? runHere(one, options.log) : processes.run(one)
  try {
    const failed = await runSeeds({ options, commit, run, say })
    if (failed === undefined) return true
    if (!options.shrink) return false
    const shrunk = await shrink(failed, say)
    say(failedText(shrunk.options, shrunk.result, commit))
    say(`shrunk to: npm run simulate -- ${argumentsOf(shrunk.options)}`)
    return false
  } finally {
    processes.end()
  }
}

const main = async (): Promise<boolean> => {
  const args = process.argv.slice(2)
  if (args.includes('--help')) {
    say(usage)
    return true
  }
  if (args[0] === seedProcess) {
    const message = await runHere(parseOptions(args.slice(1), ''), false)
    process.send?.(message, () => process.disconnect())
    return true
  }
  const commit = commitOf()
  const options = parseOptions(args, commit)
  if (!options.mutants) return simulate(options, commit)
  const { runMutants } = await import('./mutants/run-mutants.js')
  return runMutants(options, say)
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (thrown) {
  say(thrown instanceof Error ? thrown.message : String(thrown))
  process.exitCode = 2
}
