import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from '../tiers/needs.js'
import { launched, missingBrowser, openPage } from './support/browser.js'
import { type StaticServer, staticServer } from './support/static-server.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the built documentation', needs(missingBrowser), () => {
  let browser: Browser
  let folder: string
  let server: StaticServer
  let homepage: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ecs-task-stream-site-'))
    // `npm run docs` without the reference, which takes as long again.
    await promisify(execFile)('npm', ['run', 'docs:site', '--', '--outDir', folder], { cwd: root })
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      readonly homepage: string
    }
    homepage = manifest.homepage
    ;[browser, server] = await Promise.all([launched(), staticServer(folder, new URL(homepage).pathname)])
  })
  afterAll(async () => {
    await Promise.all([browser.close(), server.close()])
    await rm(folder, { recursive: true, force: true })
  })

  it('leads from its first page to the inspector', async () => {
    const page = await openPage(browser, server.url)
    const link = page.getByRole('link', { name: 'try it in the browser' })
    expect(await link.getAttribute('href')).toBe(`${homepage}try/`)
    await page.getByRole('navigation').getByRole('link', { name: 'Try it' }).first().click()
    await page.getByRole('region', { name: 'The simulation' }).waitFor()
    expect(page.url()).toBe(`${server.url}try/`)
  })

  it('has the inspector, in which a simulated cluster runs and a task is explained', async () => {
    const page = await openPage(browser, `${server.url}try/?view=tasks`)
    await page.locator('.body .row.opens').first().click()
    await page.locator('.subject').first().waitFor()
  })
})
