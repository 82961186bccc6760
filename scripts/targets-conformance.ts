/**
 * Runs `test/targets`, and the tests with Redis, against the real programs that sinks write for: those that environment variables name, such as
 * `ENVOY_BIN`, else those that are installed once, into `.conformance`. The exit code is that of the tests.
 *
 * `--if-available` exits 0 if none of the programs can be installed, with a last line that begins with `skipped:`. The
 * tests of one that cannot be installed are skipped. All other arguments go to vitest.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { caddy, envoy, haproxy, nginx, redis, type Target } from './conformance/targets.js'
import { installed, Unavailable } from './conformance/witness.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const home = join(checkout, '.conformance')
const targets: readonly Target[] = [envoy, caddy, haproxy, nginx, redis]

/** The program's path, or why there is none. */
const programOf = async (target: Target): Promise<string | Unavailable> => {
  const named = process.env[target.variable]
  try {
    const program = named ?? (await target.program(await installed(home, target)))
    const { status, stdout, stderr } = spawnSync(program, [target.printsVersion], {
      encoding: 'utf8',
      timeout: 30_000,
    })
    if (status !== 0) throw new Unavailable(`\`${program} ${target.printsVersion}\` fails on this machine`)
    // nginx prints it where errors go.
    console.log((stdout + stderr).trim().split('\n')[0])
    return program
  } catch (thrown) {
    if (!(thrown instanceof Unavailable) || named !== undefined) throw thrown
    return thrown
  }
}

const main = async (args: readonly string[]): Promise<number> => {
  const programs = new Map<string, string>()
  const reasons: string[] = []
  for (const target of targets) {
    const program = await programOf(target)
    if (program instanceof Unavailable) reasons.push(`${target.name} cannot be installed: ${program.message}`)
    else programs.set(target.variable, program)
  }
  const ifAvailable = args.includes('--if-available')
  if (programs.size === 0 && ifAvailable) {
    console.log(`skipped: ${reasons.join('; ')}`)
    return 0
  }
  if (reasons.length > 0 && !ifAvailable) {
    console.error(reasons.join('\n'))
    return 1
  }
  for (const reason of reasons) console.log(reason)
  const vitest = join(checkout, 'node_modules/vitest/vitest.mjs')
  const child = spawn(
    process.execPath,
    [
      vitest,
      'run',
      '--config',
      'vitest.targets.config.ts',
      ...args.filter((arg) => arg !== '--if-available'),
    ],
    { cwd: checkout, stdio: 'inherit', env: { ...process.env, ...Object.fromEntries(programs) } },
  )
  process.once('exit', () => child.kill())
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))
