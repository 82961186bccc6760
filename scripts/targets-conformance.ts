/**
 * Runs `test/targets`, and the tests with Redis, against the real programs that sinks write for: those that environment variables name, such as
 * `ENVOY_BIN`, else those that are installed once, into `.conformance`. The exit code is that of the tests.
 *
 * `--if-available` exits 0 if none of the programs can be installed, with a last line that begins with `skipped:`. The
 * tests of one that cannot be installed are skipped. All other arguments go to vitest.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programOf } from './conformance/target-program.js'
import { caddy, envoy, haproxy, nginx, redis, type Target } from './conformance/targets.js'
import { Unavailable } from './conformance/witness.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const targets: readonly Target[] = [envoy, caddy, haproxy, nginx, redis]

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
