import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { Subject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { views } from '../../page/app/place.js'
import { bundleStaticPage } from '../../scripts/page-bundle.js'
import { needs } from '../tiers/needs.js'
import { launched, missingBrowser, openPage } from './support/browser.js'
import { brokenWorld } from './support/broken-links.js'
import { largeWorld } from './support/large-world.js'
import { observeShifts, shiftsOf } from './support/layout-shifts.js'
import { type PageServer, pageServer } from './support/page-server.js'

/** Two frames: what was to be drawn is drawn. */
const drawn = (page: Page): Promise<unknown> =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')

/** Leads to a view without input, so that whatever moves counts. */
const lead = (page: Page, view: string): Promise<unknown> =>
  page.evaluate(`document.querySelector('nav a[href*="view=${view}"], nav a[href="?"]').click()`)

const isThere = async (page: Page): Promise<void> => {
  await page.locator('.status-complete, .status-incomplete').waitFor()
  if (await page.locator('[role=grid]').count()) await page.locator('[role=grid][aria-busy=false]').waitFor()
  await drawn(page)
}

describe('nothing moves by itself', needs(missingBrowser), () => {
  let browser: Browser
  let directory: string
  let alone: string
  beforeAll(async () => {
    browser = await launched()
    directory = await mkdtemp(join(tmpdir(), 'ecs-task-stream-page-'))
    await bundleStaticPage(join(directory, 'page'))
    alone = pathToFileURL(join(directory, 'page/index.html')).href
  })
  afterAll(async () => {
    await browser.close()
    await rm(directory, { recursive: true, force: true })
  })

  describe('in the page of a worker', () => {
    const changes$ = new Subject<undefined>()
    const { world, change } = largeWorld()
    const broken = brokenWorld()
    let server: PageServer
    let large: PageServer
    beforeAll(async () => {
      ;[server, large] = await Promise.all([
        pageServer({ world: () => broken }),
        pageServer({ world, changes$ }),
      ])
    })
    afterAll(async () => {
      await Promise.all([server.close(), large.close()])
    })

    it.each(views)('while it loads: %s', async (view) => {
      const page = await openPage(browser, `${server.url}?view=${view}`, { before: observeShifts })
      await isThere(page)
      expect(await shiftsOf(page)).toEqual([])
    })

    it('while one view follows another', async () => {
      const page = await openPage(browser, server.url, { before: observeShifts })
      for (const view of [...views, ...views.toReversed()]) {
        await lead(page, view)
        await isThere(page)
      }
      expect(await shiftsOf(page)).toEqual([])
    })

    it('when a panel is opened and closed, and when its answer arrives', async () => {
      const page = await openPage(browser, `${server.url}?view=tasks`, { before: observeShifts })
      await page.locator('.body .row.opens').nth(3).click()
      await page.locator('.subject').first().waitFor()
      await drawn(page)
      await page.getByRole('button', { name: 'Close' }).click()
      await drawn(page)
      await page.goto(`${server.url}?view=tasks&task=sick`)
      await page.locator('.subject').first().waitFor()
      await drawn(page)
      expect(await shiftsOf(page)).toEqual([])
    })

    it.each(['now', 'tasks', 'backends'])('while the state changes: %s', async (view) => {
      const page = await openPage(browser, `${large.url}?view=${view}`, { before: observeShifts })
      await isThere(page)
      for (let step = 0; step < 10; step++) {
        change()
        const answered = page.waitForResponse((response) => response.url().includes('/state'))
        changes$.next(undefined)
        if (view !== 'now') await answered
        else answered.catch(() => undefined)
        await drawn(page)
      }
      expect(await shiftsOf(page)).toEqual([])
    })
  })

  it.each(['now', 'backends', 'tasks', 'deployments'])(
    'in the simulation, while the cluster changes: %s',
    async (view) => {
      const page = await openPage(browser, `${alone}?view=${view}#seed=7`, {
        before: observeShifts,
        height: 1_400,
      })
      const slider = page.getByRole('slider', { name: 'The time that is shown' })
      await expect
        .poll(async () => Number(await slider.getAttribute('max')) - Number(await slider.getAttribute('min')))
        .toBeGreaterThan(12_000)
      expect(await shiftsOf(page)).toEqual([])
    },
  )
})
