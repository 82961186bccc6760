import { printable } from '../../shared/codec/printable.js'
import { commonSettings } from '../settings/common-settings.js'
import { configSchema } from '../settings/config-schema.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import type { BundledWorker } from './bundled-worker.js'

/** `ecs-task-stream schema <worker>`: the JSON Schema of its configuration file. */
export const schemaCommand = async (
  words: readonly string[],
  workers: readonly BundledWorker[],
  { out, err }: Pick<Terminal, 'out' | 'err'>,
): Promise<ExitCode> => {
  const names = workers.map(({ name }) => name).join(', ')
  const [name, ...rest] = words
  if (name === '--help' || name === '-h') {
    out(
      `Usage: ecs-task-stream schema <worker>\n\nPrints the JSON Schema of a worker's configuration file.\n`,
    )
    return exitCode.ok
  }
  const worker = rest.length > 0 ? undefined : workers.find((each) => each.name === name)
  if (worker === undefined) {
    const got = words.length === 0 ? 'nothing' : `"${words.join(' ')}"`
    err(`${printable(`ecs-task-stream schema: expected one worker, got ${got}. There are: ${names}`)}\n`)
    return exitCode.usage
  }
  out(`${JSON.stringify(configSchema(await worker.load(), commonSettings), null, 2)}\n`)
  return exitCode.ok
}
