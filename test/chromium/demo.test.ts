import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { needs } from '../tiers/needs.js'
import { axeFindings, launched, missingBrowser, openPage } from './support/browser.js'
import { observeShifts, shiftsOf } from './support/layout-shifts.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The address that the demo prints. Reads on, because the demo ends when nobody reads. */
const addressOf = ({ stdout }: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const [address] = /http:\/\/127\.0\.0\.1:\d+\/(?=\s)/.exec(said.split('See it')[1] ?? '') ?? []
      if (address !== undefined) resolve(address)
    })
    stdout?.on('close', () => reject(new Error(`no address in: ${said}`)))
  })

describe('the page of `npm start`', needs(missingBrowser), () => {
  let browser: Browser
  let demo: ChildProcess
  let url: string
  beforeAll(async () => {
    demo = spawn(
      process.execPath,
      ['--conditions=ecs-task-stream:source', 'demo/start.js', '--endless', '--seed', '7'],
      { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
    )
    ;[browser, url] = await Promise.all([launched(), addressOf(demo)])
  })
  afterAll(async () => {
    await browser.close()
    const ended = once(demo, 'exit')
    demo.kill('SIGINT')
    await ended
  })

  it('finds a backend, and explains it', async () => {
    const page = await openPage(browser, url)
    await page.getByRole('link', { name: /^Backends/ }).click()
    await page.locator('.body .row.opens', { hasText: 'web' }).first().click()
    await page.getByRole('article', { name: 'Backend web' }).waitFor()
    await page.getByRole('searchbox', { name: 'Why is it so?' }).fill('api')
    await page.keyboard.press('Enter')
    await page.locator('.subject .link').first().waitFor()
  })

  it('shows the cluster beside both tables, moves nothing by itself, and axe finds nothing', async () => {
    const page = await openPage(browser, url, { before: observeShifts })
    await page.getByRole('rowheader', { name: 'web' }).waitFor()
    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
      'Event by event',
      'This worker',
      'Events',
    ])
    await expect.poll(() => page.locator('.stage .server-live').count()).toBeGreaterThan(20)
    expect(await axeFindings(page)).toEqual([])
    expect(await shiftsOf(page)).toEqual([])
  })

  it('has buttons that drop, double, delay and reorder events, and kill, replace, deploy and rest', async () => {
    const page = await openPage(browser, url)
    for (const [name, before] of [
      ['Dropped', true],
      ['Doubled', true],
      ['Delayed', false],
      ['Reordered', true],
      ['Rest', false],
    ] as const) {
      await page.getByRole('button', { name, exact: true, pressed: before }).click()
      await page.getByRole('button', { name, exact: true, pressed: !before }).waitFor()
    }
    const sent = async (): Promise<number> =>
      Number((await page.getByText(/^[\d,]+ sent$/).textContent())?.replace(/\D/g, ''))
    for (const name of ['Kill a task', 'Replace a machine', 'Deploy']) {
      const before = await sent()
      await page.getByRole('button', { name, exact: true }).click()
      await expect.poll(sent).toBeGreaterThan(before)
    }
  })

  it.each([
    ['another site', { origin: 'http://example.com' }],
    ['nobody that a browser names', {}],
  ])('takes no action from %s', async (_who, headers) => {
    const response = await fetch(`${url}stage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ _tag: 'KillTask' }),
    })
    expect(response.status).toBe(403)
  })
})
