import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { mutants } from '../../simulate/mutants/mutants.js'

it.each(mutants)('a mutant still has its place in the source: $name', ({ file, original, wrong }) => {
  const source = readFileSync(file, 'utf8')
  expect(source.split(original)).toHaveLength(2)
  expect(wrong).not.toBe(original)
})
