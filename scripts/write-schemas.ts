/** Writes the JSON Schema of each worker's configuration file into `dist/schemas`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundled } from '../src/worker/runner/bundled.js'
import { commonSettings } from '../src/worker/settings/common-settings.js'
import { configSchema } from '../src/worker/settings/config-schema.js'

const directory = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/schemas')

await mkdir(directory, { recursive: true })
for (const worker of bundled) {
  const { name } = worker
  const schema = configSchema(await worker.load(), commonSettings)
  await writeFile(join(directory, `${name}.json`), `${JSON.stringify(schema, null, 2)}\n`)
}
