import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { heavyImports } from '../../scripts/subpath-imports.js'
import { filesUnder, importsOf, publicNames } from './public-modules.js'

interface Target {
  readonly 'ecs-task-stream:source': string
  readonly types: string
  readonly default: string
}

const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly exports: Readonly<Record<string, string | Target>>
}
const modules = Object.entries(exports).flatMap(([subpath, target]) =>
  typeof target === 'string' ? [] : [{ subpath, target, source: target['ecs-task-stream:source'].slice(2) }],
)
const exported = new Set(modules.map(({ source }) => source))
// What people wrote: the reference is generated.
const documents = ['README.md', 'CONTRIBUTING.md', ...filesUnder('docs', '.md')].filter(
  (path) => existsSync(path) && !path.startsWith('docs/reference/'),
)
const prose = documents.map((path) => readFileSync(path, 'utf8')).join('\n')

describe('The exports of the package', () => {
  it.each(modules)(
    '$subpath has a source, and its build lies where the compiler puts it',
    ({ target, source }) => {
      expect(existsSync(source)).toBe(true)
      const built = `./dist/${source.replace(/\.ts$/, '')}`
      expect(target.types).toBe(`${built}.d.ts`)
      expect(target.default).toBe(`${built}.js`)
      // The first condition that matches wins.
      expect(Object.keys(target)).toEqual(['ecs-task-stream:source', 'types', 'default'])
    },
  )

  it('include every source and sink that nothing else imports: no module is dead', () => {
    const imported = new Set(filesUnder('src', '.ts').flatMap(importsOf))
    const unreachable = [...filesUnder('src/sources', '.ts'), ...filesUnder('src/sinks', '.ts')].filter(
      (file) => !exported.has(file) && !imported.has(file),
    )
    expect(unreachable).toEqual([])
  })

  it('include every module that the documents name', () => {
    const named = [...prose.matchAll(/ecs-task-stream(\/(?:(?:sources|sinks)\/[a-z-]+|worker\b|testing\b))/g)]
    const subpaths = [...new Set(named.map(([, subpath]) => `.${subpath ?? ''}`))]
    expect(subpaths.filter((subpath) => exports[subpath] === undefined)).toEqual([])
  })

  it('are all named in the documents', () => {
    const undocumented = modules
      .map(({ subpath }) => subpath.slice(2))
      .filter((subpath) => subpath !== '' && !prose.includes(`ecs-task-stream/${subpath}`))
    expect(undocumented).toEqual([])
  })

  // Types may speak through the docstrings of their members.
  it('have a docstring for every value that they offer', () => {
    const bare = modules
      .flatMap(({ source }) => publicNames(source))
      .filter(({ isType, documented }) => !isType && !documented)
      .map(({ file, name }) => `${file}: ${name}`)
    expect([...new Set(bare)].sort()).toEqual([])
  })

  it('are all in the list of what they may load', () => {
    expect(Object.keys(heavyImports).sort()).toEqual(modules.map(({ subpath }) => subpath).sort())
  })
})
