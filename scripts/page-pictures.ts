/**
 * `npm run page:pictures`: takes the pictures of the inspector that README.md and the pages show. The history of the simulated cluster is the same each time; when a picture is taken is not.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium, type Page } from 'playwright-core'
import { programOf } from './conformance/target-program.js'
import { chromium as target } from './conformance/targets.js'
import { Unavailable } from './conformance/witness.js'
import { brokenWorld } from '../test/chromium/support/broken-links.js'
import { pageServer } from '../test/chromium/support/page-server.js'
import { bundleStaticPage } from './page-bundle.js'

const docs = join(dirname(dirname(fileURLToPath(import.meta.url))), 'docs')

/** When the program that applies events one by one is wrong, and the worker is not. */
const tellingMoment =
  "(() => { const [naive, ours] = [...document.querySelectorAll('.score')].map((score) => [...score.querySelectorAll('strong')].map((each) => Number(each.textContent))); return naive[0] >= 6 && naive[1] >= 2 && ours[0] + ours[1] === 0 })()"

const picture = (page: Page, name: string): Promise<Buffer> =>
  page.screenshot({ path: join(docs, `inspector-${name}.png`) })

const pictureOfNow = async (page: Page, url: string): Promise<void> => {
  await page.goto(`${url}#seed=7`)
  await page.waitForFunction(tellingMoment, undefined, { timeout: 300_000 })
  await page.getByRole('button', { name: 'Pause' }).click()
  await picture(page, 'now')
}

/** A task that is not routed, and why, in a world that has one for each reason. */
const pictureOfBreak = async (page: Page): Promise<void> => {
  const world = brokenWorld()
  const server = await pageServer({ world: () => world })
  try {
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.goto(`${server.url}?view=unresolved`)
    await page.locator('.row.opens', { hasText: 'lookup-refused' }).last().click()
    await page.locator('.subject').first().waitFor()
    await page.mouse.move(0, 0)
    await picture(page, 'why')
  } finally {
    await server.close()
  }
}

const program = await programOf(target)
if (program instanceof Unavailable) throw program
const directory = await mkdtemp(join(tmpdir(), 'ecs-task-stream-page-'))
const browser = await chromium.launch({
  executablePath: program,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
})
try {
  await bundleStaticPage(join(directory, 'page'))
  const page = await browser.newPage({ viewport: { width: 1120, height: 700 } })
  await pictureOfNow(page, pathToFileURL(join(directory, 'page/index.html')).href)
  await pictureOfBreak(page)
} finally {
  await browser.close()
  await rm(directory, { recursive: true, force: true })
}
