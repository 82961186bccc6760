import * as E from 'fp-ts/lib/Either.js'
import { commonSettings } from '../settings/common-settings.js'
import type { ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import { readCommandLine } from './read-command-line.js'
import type { DefinedWorker } from './worker.js'

/**
 * Starts a worker and runs it until a stop is requested: settings ▸ compose ▸ run. Logs go to standard error; health,
 * readiness and metrics are served over HTTP if a port is set. The first SIGTERM or SIGINT drains, a second one exits
 * at once.
 *
 * Standard error receives only JSON lines, whatever dependencies print. The one exception is the list of problems with
 * wrong settings.
 *
 * Resolves to the exit code: 0 stopped, 1 failed, 64 wrong settings.
 */
export const start = async (
  worker: DefinedWorker,
  argv: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> => {
  const usage = `ecs-task-stream ${worker.name}`
  const reading = await readCommandLine({ worker, common: commonSettings, usage, argv }, terminal)
  if (E.isLeft(reading)) return reading.left
  const { operateWorker } = await import('./operate-worker.js')
  return operateWorker(worker.name, reading.right, terminal)
}
