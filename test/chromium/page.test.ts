import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from '../tiers/needs.js'
import { axeFindings, launched, missingBrowser, openPage } from './support/browser.js'
import { brokenLinks, brokenWorld } from './support/broken-links.js'
import { type PageServer, pageServer } from './support/page-server.js'
import { views } from '../../page/app/place.js'

describe('the inspector', needs(missingBrowser), () => {
  let browser: Browser
  let server: PageServer
  beforeAll(async () => {
    const world = brokenWorld()
    ;[browser, server] = await Promise.all([launched(), pageServer({ world: () => world })])
  })
  afterAll(async () => {
    await Promise.all([browser.close(), server.close()])
  })

  it.each(brokenLinks)(
    'finds a task, and marks the link where its chain ends: $what',
    async ({ task, link, state }) => {
      const page = await openPage(browser, server.url)
      const id = task.arn.slice(task.arn.lastIndexOf('/') + 1)
      await page.getByRole('searchbox', { name: 'Why is it so?' }).fill(id)
      await page.keyboard.press('Enter')
      const ends = page.locator('.subject .link.ends').first()
      await ends.waitFor()
      expect(await ends.getAttribute('class')).toContain(`link-${state}`)
      expect(await ends.locator('.link-name').textContent()).toBe(link)
      expect(new URL(page.url()).search).toBe(`?view=search&q=${id}`)
      // What comes after it is not claimed to be in order.
      for (const after of await ends.locator('~ .link').all())
        expect(await after.getAttribute('class')).toBe('link link-unknown')
    },
  )

  it.each((['light', 'dark'] as const).flatMap((scheme) => views.map((view) => ({ scheme, view }))))(
    'has nothing that axe finds: $view, $scheme',
    async ({ scheme, view }) => {
      const page = await openPage(browser, `${server.url}?view=${view}`, { scheme })
      await page.locator('.status-complete, .status-incomplete').waitFor()
      if (await page.locator('[role=grid]').count()) await page.locator('.body .row').first().waitFor()
      expect(await axeFindings(page)).toEqual([])
    },
  )

  it.each(['light', 'dark'] as const)('has nothing that axe finds in an explanation: %s', async (scheme) => {
    const page = await openPage(browser, `${server.url}?view=tasks&task=sick`, { scheme })
    await page.locator('.subject').first().waitFor()
    expect(await axeFindings(page)).toEqual([])
  })

  it.each([360, 760, 3840])('is as wide as a screen of %i pixels, and no wider', async (width) => {
    const page = await openPage(browser, server.url, { width })
    for (const view of views) {
      await page.goto(`${server.url}?view=${view}`)
      await page.locator('.status-complete, .status-incomplete').waitFor()
      expect(await page.evaluate<unknown>('document.documentElement.scrollWidth')).toBe(width)
    }
  })

  it('is used with the keyboard alone', async () => {
    const page = await openPage(browser, `${server.url}?view=backends`)
    await page.locator('.body .row.opens').first().waitFor()
    await page.getByRole('grid').focus()
    await page.keyboard.press('End')
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'deploying', exact: true }).waitFor()
    expect(new URL(page.url()).searchParams.get('backend')).toBe('deploying')
    await page.getByRole('grid').focus()
    await page.keyboard.press('Escape')
    await page.locator('.panel').waitFor({ state: 'detached' })
    await page.keyboard.press('/')
    expect(await page.evaluate<unknown>('document.activeElement.type')).toBe('search')
  })

  it('leads back to what a link shows', async () => {
    const page = await openPage(browser, `${server.url}?view=unresolved`)
    await page.locator('.body .row.opens').first().click()
    await page.locator('.subject').first().waitFor()
    const shown = await page.locator('.panel h2').first().textContent()
    const again = await openPage(browser, page.url())
    await again.locator('.subject').first().waitFor()
    expect(await again.locator('.panel h2').first().textContent()).toBe(shown)
    await page.goBack()
    await page.locator('.panel').waitFor({ state: 'detached' })
  })

  it('filters', async () => {
    const page = await openPage(browser, `${server.url}?view=backends`)
    await page.getByRole('searchbox', { name: 'Filter backends' }).fill('unwr')
    await expect.poll(() => page.locator('.body .row.opens').count()).toBe(1)
    await page.getByRole('searchbox', { name: 'Filter backends' }).fill('none of them')
    await page.getByText('Nothing matches “none of them”.').waitFor()
  })

  it('asks for the token once, and keeps it in the tab', async () => {
    const locked = await pageServer({ world: brokenWorld, token: 'open sesame' })
    try {
      const page = await openPage(browser, locked.url, { expected: /401|ERR_/ })
      const field = page.getByLabel('The token of this worker')
      await field.fill('wrong')
      await page.keyboard.press('Enter')
      await page.getByText('The worker refuses this token.').waitFor()
      expect(await axeFindings(page)).toEqual([])
      await field.fill('open sesame')
      await page.keyboard.press('Enter')
      await page.locator('.status-incomplete').waitFor()
      await page.reload()
      await page.locator('.status-incomplete').waitFor()
    } finally {
      await locked.close()
    }
  })

  it('says when the worker does not answer any more', async () => {
    const mortal = await pageServer({ world: brokenWorld })
    const page = await openPage(browser, mortal.url, { expected: /ERR_/ })
    await page.locator('.status-incomplete').waitFor()
    await mortal.close()
    await page.locator('.status-trouble').waitFor()
  })
})
