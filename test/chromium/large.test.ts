import type { Browser, Page } from 'playwright-core'
import { Subject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from '../tiers/needs.js'
import { launched, missingBrowser, openPage } from './support/browser.js'
import { largeWorld } from './support/large-world.js'
import { type PageServer, pageServer } from './support/page-server.js'

/** What the page has measured of itself, in milliseconds: see `drawn.ts`. */
const measured = (page: Page): Promise<readonly number[]> =>
  page.evaluate<readonly number[]>(
    "performance.getEntriesByType('measure').filter(({ name }) => name.startsWith('inspector:')).map(({ duration }) => duration)",
  )

const longTasks =
  'globalThis.longTasks = []; new PerformanceObserver((list) => globalThis.longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask", buffered: true })'

const scrollTo = (share: number): string =>
  `(() => { const table = document.querySelector('.table'); table.scrollTo({ top: ${share} * table.scrollHeight }) })()`

const atMost = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

describe('100,000 tasks of 10,000 backends', needs(missingBrowser), () => {
  const { world, change } = largeWorld()
  const changes$ = new Subject<undefined>()
  let browser: Browser
  let server: PageServer
  beforeAll(async () => {
    ;[browser, server] = await Promise.all([launched(), pageServer({ world, changes$ })])
  })
  afterAll(async () => {
    await Promise.all([browser.close(), server.close()])
  })

  it.each(['tasks', 'backends'])(
    'are scrolled through and change with as few rows as are visible: %s',
    async (view) => {
      const page = await openPage(browser, `${server.url}?view=${view}`)
      await page.locator('.body .row.opens').first().waitFor()
      const total = view === 'tasks' ? 100_000 : 10_000
      expect(await page.getByRole('grid').getAttribute('aria-rowcount')).toBe(String(total + 1))
      await page.evaluate(longTasks)
      const rows: number[] = []
      for (let step = 1; step <= 20; step++) {
        change()
        changes$.next(undefined)
        await page.evaluate(scrollTo(step / 20))
        // The rows of there, and not those that wait for their content.
        await page.locator('.body .row.opens').first().waitFor()
        rows.push(await page.locator('.body .row').count())
      }
      await page.locator(`#${view}-${total - 1}`).waitFor()
      // What 800 pixels have room for, and the overscan.
      expect(Math.max(...rows)).toBeLessThan(45)
      const draws = await measured(page)
      expect(draws.length).toBeGreaterThan(20)
      const long = await page.evaluate<readonly number[]>('globalThis.longTasks')
      console.log(
        `${view}: ${draws.length} draws, p50 ${atMost(draws, 0.5).toFixed(1)} ms, p99 ${atMost(draws, 0.99).toFixed(1)} ms, longest ${Math.max(...draws).toFixed(1)} ms; ${long.length} tasks of the browser above 50 ms${long.length > 0 ? `, longest ${Math.max(...long).toFixed(0)} ms` : ''}`,
      )
    },
  )
})
