import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundled } from '../../src/worker/runner/bundled.js'
import { targets } from '../../examples/target.js'
import { commonSettings } from '../../src/worker/settings/common-settings.js'
import { page, root } from './pages.js'

const section = (text: string, heading: string): string =>
  new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(text)?.[1] ?? ''

/** The settings that the tables of a page tell: `VARIABLE --flag`. */
const told = (text: string): ReadonlySet<string> =>
  new Set(
    [...section(text, 'Settings').matchAll(/^\| `(\w+)` +\| `(--[a-z-]+)` +\|/gm)].map(
      ([, variable = '', flag = '']) => `${variable} ${flag}`,
    ),
  )

/** The settings that its help tells. */
const real = (help: string): ReadonlySet<string> =>
  new Set(
    [...help.matchAll(/^ {2}(--[a-z-]+) [\s\S]*?\[([A-Z_]+)=/gm)].map(
      ([, flag = '', variable = '']) => `${variable} ${flag}`,
    ),
  )

describe.each(bundled.map(({ name }) => ({ name })))('the page of the worker $name', ({ name }) => {
  const path = `docs/${name}.md`

  it('is there, as is its example', () => {
    expect(existsSync(join(root, path))).toBe(true)
    expect(existsSync(join(root, 'examples', `${name}.ts`))).toBe(true)
  })

  it('documents every setting that operating.md does not, and no other', async () => {
    const worker = await bundled.find((each) => each.name === name)!.load()
    const help = (TARGET?: string): string => {
      const reading = worker.read(commonSettings, name, ['--help'], { TARGET })
      if (reading._tag !== 'Help') throw new Error('no help')
      return reading.text
    }
    const settings = new Set(
      (name === 'target' ? targets.map((each) => help(each.name)) : [help()]).flatMap((text) => [
        ...real(text),
      ]),
    )
    const own = told(page(path).text)
    const all = new Set([...own, ...told(page('docs/operating.md').text)])
    expect(settings.size).toBeGreaterThan(4)
    expect([...settings].filter((setting) => !all.has(setting))).toEqual([])
    expect([...own].filter((setting) => !settings.has(setting))).toEqual([])
  })

  it.each(['Settings', 'Guarantees', 'Metrics', 'IAM', 'Moving over'])('says: %s', (heading) => {
    expect(page(path).text).toMatch(new RegExp(`^## ${heading}`, 'm'))
  })
})

describe('the page about operating', () => {
  it('documents the settings of every worker', () => {
    const names = [...told(page('docs/operating.md').text)].map((setting) => setting.split(' ')[0])
    expect(names).toEqual(expect.arrayContaining(['DRY_RUN', 'PORT', 'RECORD_TO', 'DEBUG', 'CLUSTER']))
  })
})
