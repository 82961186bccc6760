/** Writes what is generated from the list of metrics: alerts, dashboard, and the table of the documentation. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { monitoringFiles } from './files.js'

const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

for (const [path, text] of await monitoringFiles()) {
  const file = join(checkout, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  console.log(path)
}
