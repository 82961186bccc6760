import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

it('the main entry loads rxjs, and no codecs, SDK or server: they belong to sources, sinks and workers', async () => {
  const { metafile } = await build({
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    entryPoints: ['src/index.ts'],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    conditions: ['ecs-task-stream:source'],
    metafile: true,
    write: false,
  })
  const packages = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.flatMap(({ path, external }) => (external === true ? [path] : [])),
  )
  expect([...new Set(packages)].sort()).toEqual(['fp-ts/lib/Either.js', 'rxjs'])
})
