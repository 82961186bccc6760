/** Bundles the inspector's page into `dist/page`, which workers serve: see docs/decisions/0043-the-inspectors-page.md. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePage } from './page-bundle.js'

await bundlePage(join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/page'))
