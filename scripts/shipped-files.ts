import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'

const required = [
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'dist/src/index.js',
  'dist/command/ecs-task-stream.js',
  'dist/command/LICENSES.txt',
  'dist/page/index.html',
  'dist/page/manifest.json',
  'dist/page/LICENSES.txt',
]
const folders = [
  'dist/command',
  'dist/page',
  'dist/schemas',
  'dist/src',
  'dist/sim',
  'src',
  'sim',
  'examples',
]

/** The paths of all files below the folder, relative to it, with `/`. */
const filesUnder = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .map((path) => path.split(sep).join('/'))

/** The targets of `exports`, for each condition: all of them must be shipped, sources too. */
const targets = (exported: unknown): readonly string[] =>
  typeof exported === 'string'
    ? [normalize(exported)]
    : Object.values(exported as Readonly<Record<string, unknown>>).flatMap(targets)

const sourcesOf = (folder: string, map: string): readonly string[] => {
  const { sources } = JSON.parse(readFileSync(join(folder, map), 'utf8')) as { readonly sources: string[] }
  return sources.map((source) => normalize(join(dirname(map), source)))
}

/**
 * The problems with an unpacked package, one sentence each. No shipped file may contain the path `checkout`.
 */
export const flawsOfFiles = (folder: string, checkout: string): readonly string[] => {
  const files = filesUnder(folder)
  const shipped = new Set(files)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly exports: unknown
  }
  const missing = (path: string): boolean => !shipped.has(path)
  return [
    ...required.filter(missing).map((path) => `${path} is missing`),
    ...targets(manifest.exports)
      .filter(missing)
      .map((path) => `${path} is exported, but missing`),
    ...files
      .filter(
        (path) => !required.includes(path) && !folders.some((allowed) => path.startsWith(`${allowed}/`)),
      )
      .map((path) => `${path} is shipped, but of no use to anybody`),
    ...files.filter((path) => /\.(test|spec)\./.test(path)).map((path) => `${path} is a test`),
    ...files
      .filter((path) => readFileSync(join(folder, path), 'utf8').includes(checkout))
      .map((path) => `${path} names the folder in which it was built`),
    ...files
      .filter((path) => path.endsWith('.map'))
      .flatMap((map) =>
        sourcesOf(folder, map)
          .filter(missing)
          .map((source) => `${map} leads to ${source}, which is missing`),
      ),
  ]
}
