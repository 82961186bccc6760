import * as E from 'fp-ts/lib/Either.js'
import type { ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import { drySettings } from './dry-settings.js'
import { readCommandLine } from './read-command-line.js'
import type { DefinedWorker } from './worker.js'

/**
 * `ecs-task-stream plan <worker>`: prints what the worker would change now, from fresh snapshots and lookups. It
 * reads no queue and writes nothing.
 *
 * Resolves to the exit code: 0 nothing would change, 2 something would, 1 the plan failed, 64 wrong settings. Skipped
 * changes are printed, and do not count as changes.
 */
export const planCommand = async (
  worker: DefinedWorker,
  argv: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> => {
  const usage = `ecs-task-stream plan ${worker.name}`
  const reading = await readCommandLine({ worker, common: drySettings, usage, argv }, terminal)
  if (E.isLeft(reading)) return reading.left
  const { printPlan } = await import('./print-plan.js')
  return printPlan(worker.name, reading.right, terminal)
}
