import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundleSimulation } from '../../simulate/mutants/bundle.js'

// Inside the package, so that the bundle finds node_modules. One file, as for `npm run simulate`: a module that is loaded
// in the middle of a run is loaded in real time, and no two runs are the same.
const built = fileURLToPath(new URL('../../.built-programs', import.meta.url))
let directory: string
let program: string

beforeAll(async () => {
  await mkdir(built, { recursive: true })
  directory = await mkdtemp(join(built, 'simulate-test-'))
  program = join(directory, 'simulate.mjs')
  await bundleSimulation(program)
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** The last field of the line of a seed: the fingerprint of everything that happened. */
const traceOf = (...args: readonly string[]): string => {
  const output = execFileSync(process.execPath, ['--no-warnings', program, '--clusters', '1', ...args], {
    encoding: 'utf8',
  })
  return /trace ([0-9a-f]{16})/.exec(output)?.[1] ?? output
}

it('the same seed gives the same trace, and another seed without faults another one', () => {
  const first = traceOf('--seed', '7')
  expect(first).toMatch(/^[0-9a-f]{16}$/)
  expect(traceOf('--seed', '7')).toBe(first)
  expect(traceOf('--seed', '8', '--faults', '0')).not.toBe(first)
})
