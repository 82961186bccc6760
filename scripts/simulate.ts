/** `npm run simulate`: builds the simulation as one file, which starts in a second, and runs it. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleSimulation } from '../simulate/mutants/bundle.js'

const built = fileURLToPath(new URL('../.built-programs', import.meta.url))
await mkdir(built, { recursive: true })
const directory = await mkdtemp(join(built, 'simulate-'))
try {
  const program = join(directory, 'simulate.mjs')
  await bundleSimulation(program)
  const { status } = spawnSync(process.execPath, ['--no-warnings', program, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
