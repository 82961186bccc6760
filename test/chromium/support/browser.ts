import axe from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'

export const chromiumBin = process.env['CHROMIUM_BIN']

/** Why tests in a browser cannot run; `undefined` if they can. */
export const missingBrowser =
  chromiumBin === undefined ? 'a Chromium: `npm run test:page` installs one' : undefined

export const launched = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumBin!,
    // The sandbox of Chromium does not work for root, as in most containers.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  })

export interface PageOptions {
  readonly width?: number
  readonly height?: number
  readonly scheme?: 'light' | 'dark'
  /** Messages of the console that are expected. */
  readonly expected?: RegExp
  /** What is done before it is opened. */
  readonly before?: (page: Page) => Promise<unknown>
}

/** A page that fails its test for any error in its console, and for any violation of its security policy. */
export const openPage = async (
  browser: Browser,
  url: string,
  { width = 1280, height = 800, scheme = 'light', expected, before }: PageOptions = {},
): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme })
  const page = await context.newPage()
  const troubles: string[] = []
  // Violations of the security policy are errors of the console.
  page.on('console', (message) => {
    const text = message.text()
    if (['error', 'warning'].includes(message.type()) && expected?.test(text) !== true) troubles.push(text)
  })
  page.on('pageerror', (error) => troubles.push(error.message))
  onTestFinished(async () => {
    await context.close()
    expect(troubles).toEqual([])
  })
  await before?.(page)
  await page.goto(url)
  return page
}

/** What axe finds, one line for each rule and element. */
export const axeFindings = async (page: Page): Promise<readonly string[]> => {
  // Not as a script element, which the security policy forbids.
  await page.evaluate(axe.source)
  const violations = await page.evaluate(async () => {
    const { axe: injected } = globalThis as unknown as { readonly axe: typeof axe }
    return (await injected.run({ preload: false })).violations
  })
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  )
}
