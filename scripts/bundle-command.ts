/**
 * Bundles the command, with all that it loads, into `dist/command`, beside the licences of what is in it: see
 * docs/decisions/0030-bundled-command.md.
 */
import { chmod, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleCommand } from './command-bundle.js'
import { licencesOf } from './licences.js'

const directory = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/command')

const outputs = await bundleCommand(directory)
const files = Object.values(outputs).flatMap(({ inputs }) =>
  Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
)
await writeFile(join(directory, 'LICENSES.txt'), licencesOf(files))
await chmod(join(directory, 'ecs-task-stream.js'), 0o755)
