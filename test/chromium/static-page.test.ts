import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleStaticPage } from '../../scripts/page-bundle.js'
import { needs } from '../tiers/needs.js'
import { axeFindings, launched, missingBrowser, openPage } from './support/browser.js'
import { replayed } from './support/replayed.js'

/** What the table of endpoints shows. */
const shownEndpoints = async (page: Page): Promise<readonly string[]> => {
  const rows = await page.locator('.table-endpoints .body .row.opens').all()
  const shown = await Promise.all(
    rows.map(async (row) => {
      const [address = '', backend = ''] = await row.locator('.cell').allTextContents()
      return `${backend} ${address}`
    }),
  )
  return shown.toSorted()
}

describe('the static page', needs(missingBrowser), () => {
  let browser: Browser
  let directory: string
  let url: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ecs-task-stream-page-'))
    await bundleStaticPage(join(directory, 'page'))
    url = pathToFileURL(join(directory, 'page/index.html')).href
    browser = await launched()
  })
  afterAll(async () => {
    await browser.close()
    await rm(directory, { recursive: true, force: true })
  })

  it.each(['light', 'dark'] as const)(
    'simulates a cluster from a file, and axe finds nothing: %s',
    async (scheme) => {
      const page = await openPage(browser, url, { scheme })
      await page.getByText('web').first().waitFor()
      await page.getByRole('button', { name: 'Pause' }).click()
      expect(await axeFindings(page)).toEqual([])
      for (const name of [
        'Dropped',
        'Doubled',
        'Delayed',
        'Reordered',
        'Kill a task',
        'Replace a machine',
        'Deploy',
        'Deploy blue/green',
        'Deploy a canary',
      ])
        await page.getByRole('button', { name, exact: true }).click()
      await page.getByRole('button', { name: 'Delayed', exact: true, pressed: true }).waitFor()
    },
  )

  it('shows a recording at any moment, as `replay --until` does', async () => {
    const page = await openPage(browser, url)
    // Until there is a past that differs from now.
    await expect
      .poll(async () => Number((await page.getByText(/\d+ sent/).textContent())?.match(/\d+/)?.[0]))
      .toBeGreaterThan(60)
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ])
    const file = join(directory, 'recording.jsonl')
    await download.saveAs(file)
    const times = (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { readonly at: number }).at)
    const [from, to] = [Math.min(...times), Math.max(...times)]
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const at = Math.round(from + share * (to - from))
      const shown = await openPage(browser, `${url}?at=${at}`, { height: 3_000 })
      await shown.locator('input[type=file]').setInputFiles(file)
      await shown.getByText(/deliveries of recording.jsonl/).waitFor()
      await shown.getByRole('link', { name: /^Endpoints/ }).click()
      const expected = await replayed(file, at)
      await expect.poll(() => shownEndpoints(shown)).toEqual(expected)
    }
  })

  it('deploys in stages, and shows the traffic of both revisions', async () => {
    const page = await openPage(browser, url)
    await page.getByRole('button', { name: 'Deploy a canary', exact: true }).click()
    await page.getByRole('link', { name: /^Deployments/ }).click()
    await page.locator('.share-target').first().waitFor()
  })

  it('leads to the past and back with the slider', async () => {
    const page = await openPage(browser, `${url}?view=tasks`)
    const slider = page.getByRole('slider', { name: 'The time that is shown' })
    await expect
      .poll(async () => Number(await slider.getAttribute('max')) - Number(await slider.getAttribute('min')))
      .toBeGreaterThan(3_000)
    const from = Number(await slider.getAttribute('min'))
    await slider.fill(String(from + 1_000))
    await page.locator('.time.past').waitFor()
    expect(Date.parse(new URL(page.url()).searchParams.get('at') ?? '')).toBeGreaterThanOrEqual(from)
    await page.locator('.body .row.opens').first().waitFor()
    await page.getByRole('button', { name: 'Compare from here' }).click()
    await page.getByRole('button', { name: 'Now', exact: true }).click()
    await page.getByText(/The same endpoints\.|changed\./).waitFor()
    expect(await axeFindings(page)).toEqual([])
    expect(new URL(page.url()).searchParams.get('at')).toBe(null)
  })

  it('says what is wrong with a file that is no recording', async () => {
    const page = await openPage(browser, url)
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello\nworld\n') })
    await page.getByRole('alert').getByText('There is no delivery in it.').waitFor()
  })
})
