/**
 * Runs `test/traefik-server` against a real Traefik, v2 or v3: the one that `TRAEFIK_BIN` names, else the one on the
 * PATH, else one that is installed once, into `.conformance`, as is the Redis of some tests. The exit code is that of the
 * tests. Without a Traefik, it exits 0, with a last line that begins with `skipped:`. All arguments go to vitest.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programOf } from './conformance/target-program.js'
import { redis, traefik } from './conformance/targets.js'
import { Unavailable } from './conformance/witness.js'

const checkout = dirname(dirname(fileURLToPath(import.meta.url)))

/** The output of `traefik version`; `undefined` if it cannot be run. */
const versionOf = (binary: string): string | undefined => {
  const { status, stdout } = spawnSync(binary, ['version'], { encoding: 'utf8', timeout: 30_000 })
  return status === 0 ? (/^Version:\s*(.+)$/m.exec(stdout)?.[1] ?? 'of an unknown version') : undefined
}

const main = async (args: readonly string[]): Promise<number> => {
  const named = process.env['TRAEFIK_BIN']
  const found = named ?? (versionOf('traefik') === undefined ? await programOf(traefik) : 'traefik')
  if (found instanceof Unavailable) {
    console.log(
      `skipped: no traefik on the PATH (set TRAEFIK_BIN), and it cannot be installed: ${found.message}`,
    )
    return 0
  }
  const version = versionOf(found)
  if (version === undefined) {
    console.error(`\`${found} version\` fails: it is no Traefik that runs here`)
    return 1
  }
  console.log(`Traefik ${version}: ${found}`)
  const server = await programOf(redis)
  if (server instanceof Unavailable) console.log(`Redis cannot be installed: ${server.message}`)
  const vitest = join(checkout, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [vitest, 'run', '--config', 'vitest.traefik.config.ts', ...args], {
    cwd: checkout,
    stdio: 'inherit',
    env: {
      ...process.env,
      TRAEFIK_BIN: found,
      ...(!(server instanceof Unavailable) && { [redis.variable]: server }),
    },
  })
  process.once('exit', () => child.kill())
  const [code] = (await once(child, 'close')) as [number | null]
  return code ?? 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.exitCode = await main(process.argv.slice(2))
