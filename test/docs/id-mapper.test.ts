import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { attributesSchema } from '../../src/id-mapper/links/attributes.js'
import { page, root } from './pages.js'

const { text } = page('docs/id-mapper.md')
const section = (heading: string): string =>
  new RegExp(`^#+ ${heading}\\n([\\s\\S]*?)(?=^#+ |$(?![\\s\\S]))`, 'm').exec(text)?.[1] ?? ''

describe('the page about the id mapper', () => {
  it('has a row for each fault of ecs_id_mapper, and each has a test', () => {
    const told = [...section('What becomes of its faults').matchAll(/^\| +(\d+) +\|/gm)].map(([, n]) =>
      Number(n),
    )
    const tests = readFileSync(join(root, 'test/worker/id-mapper.wire.test.ts'), 'utf8')
    const tested = [...tests.matchAll(/^ +it\('fault (\d+): /gm)].map(([, n]) => Number(n))
    expect(told).toEqual(Array.from({ length: 11 }, (_, i) => i + 1))
    expect(tested).toEqual(told)
  })

  it('names every attribute', () => {
    const names = Object.keys(attributesSchema['properties'] as object)
    expect(names.length).toBeGreaterThan(20)
    for (const name of names) expect(section('Attributes')).toContain(`\`${name}\``)
  })
})
