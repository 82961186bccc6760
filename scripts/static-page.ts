/**
 * `npm run page [folder]`: writes the inspector with a simulated cluster, which needs no server, into a folder. Default:
 * `site/inspector`. The documentation has it in `try`: see `docs:site` in package.json.
 */
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleStaticPage } from './page-bundle.js'

const [, , folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'site/inspector')] = process.argv
await bundleStaticPage(folder)
console.log(`open ${resolve(folder, 'index.html')}`)
