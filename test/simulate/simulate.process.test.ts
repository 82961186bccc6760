import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'

/** The last field of the line of a seed: the fingerprint of everything that happened. */
const traceOf = (...args: readonly string[]): string => {
  const program = join(inject('builtPrograms'), 'simulate/main.js')
  const output = execFileSync(process.execPath, ['--no-warnings', program, '--clusters', '2', ...args], {
    encoding: 'utf8',
  })
  return /trace ([0-9a-f]{16})/.exec(output)?.[1] ?? output
}

it('the same seed gives the same trace, and another seed another one', () => {
  const first = traceOf('--seed', '7')
  expect(first).toMatch(/^[0-9a-f]{16}$/)
  expect(traceOf('--seed', '7')).toBe(first)
  expect(traceOf('--seed', '8')).not.toBe(first)
})

it('faults can be switched off', () => {
  expect(traceOf('--seed', '7', '--faults', '0')).not.toBe(traceOf('--seed', '7'))
})
