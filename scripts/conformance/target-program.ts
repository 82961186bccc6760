import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from './targets.js'
import { installed, Unavailable } from './witness.js'

const home = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), '.conformance')

/** The program's path, or why there is none. */
export const programOf = async (target: Target): Promise<string | Unavailable> => {
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
