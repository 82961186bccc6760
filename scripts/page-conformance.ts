/**
 * Runs `test/chromium`, the tests of the inspector's page, in a browser: the Chromium that `CHROMIUM_BIN` names, else one
 * of Debian that is installed once, into `.conformance`. The exit code is that of the tests.
 *
 * `--if-available` exits 0 if there is no Chromium, with a last line that begins with `skipped:`. All other arguments go
 * to vitest.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programOf } from './conformance/target-program.js'
import { chromium } from './conformance/targets.js'
import { Unavailable } from './conformance/witness.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))
const ifAvailable = '--if-available'

const main = async (args: readonly string[]): Promise<number> => {
  const program = await programOf(chromium)
  if (program instanceof Unavailable) {
    const reason = `Chromium cannot be installed (set CHROMIUM_BIN): ${program.message}`
    if (args.includes(ifAvailable)) console.log(`skipped: ${reason}`)
    else console.error(reason)
    return args.includes(ifAvailable) ? 0 : 1
  }
  const vitest = join(checkout, 'node_modules/vitest/vitest.mjs')
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--config', 'vitest.page.config.ts', ...args.filter((arg) => arg !== ifAvailable)],
    { cwd: checkout, stdio: 'inherit', env: { ...process.env, [chromium.variable]: program } },
  )
  process.once('exit', () => child.kill())
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))
