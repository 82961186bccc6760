import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { page, root } from './pages.js'

const { text } = page('docs/ecs-task-tracker.md')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const section = (heading: string): string =>
  new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, 'm').exec(text)?.[1] ?? ''

describe('the page about ecs-task-tracker', () => {
  it('has a row for each bug, and each has a test', () => {
    const told = [...section('What becomes of its bugs').matchAll(/^\| +(\d+) +\|/gm)].map(([, n]) =>
      Number(n),
    )
    const tested = [
      ...read('test/worker/ecs-task-tracker.wire.test.ts').matchAll(/^ +it\('bug (\d+): /gm),
    ].map(([, n]) => Number(n))
    expect(told).toEqual(Array.from({ length: 17 }, (_, i) => i + 1))
    expect([...new Set(tested)]).toEqual(told)
  })

  it('names every route', () => {
    const routes = [
      ...read('src/worker/ecs-task-tracker/tracker-routes.ts').matchAll(
        /server\.(?:get|post).*?\('([^']+)'/g,
      ),
    ]
    const paths = routes.map(([, path = '']) => path.replace(/\/\*$/, ''))
    expect(paths.length).toBeGreaterThan(6)
    for (const path of paths) expect(section('Routes')).toContain(path)
  })
})
