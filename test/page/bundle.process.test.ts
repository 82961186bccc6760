import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { bundleDemoPage, bundlePage, bundleStaticPage } from '../../scripts/page-bundle.js'
import { temporaryDirectories } from '../support/temporary-directory.js'

const directoryOf = temporaryDirectories()

it.each([
  ['that workers serve', bundlePage],
  ['of the demo', bundleDemoPage],
  ['that needs no worker', bundleStaticPage],
])(
  'the page %s is at most 150 kB, has nothing inline, and loads nothing of others',
  async (_which, bundled) => {
    const directory = await directoryOf()
    const { files } = await bundled(directory)
    const contents = await Promise.all(files.map(({ path }) => readFile(join(directory, path))))
    const size = contents.reduce((sum, content) => sum + gzipSync(content).length, 0)
    expect(size).toBeLessThan(150_000)

    const html = await readFile(join(directory, 'index.html'), 'utf8')
    expect(html).not.toMatch(/<style|style=|<script[^>]*>[^<]|\son\w+=/)
    const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name)
    const served = files.map(({ path }) => path)
    for (const name of named) expect(served).toContain(name)
    for (const { path, immutable } of files) expect(immutable).toBe(/-[A-Z\d]{8}\./.test(path))
    const sheet = files.find(({ path }) => path.endsWith('.css'))?.path ?? ''
    expect(await readFile(join(directory, sheet), 'utf8')).not.toMatch(/url\(|@import/)
  },
)
