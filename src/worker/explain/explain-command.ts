import * as E from 'fp-ts/lib/Either.js'
import { readCommandLine, refuse } from '../runner/read-command-line.js'
import type { DefinedWorker } from '../runner/worker.js'
import type { ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import { drySettings } from '../runner/dry-settings.js'

/**
 * `ecs-task-stream explain <worker> <question>`: prints why tasks are routed or are not, from fresh snapshots, lookups
 * and the targets. It reads no queue and writes nothing.
 *
 * Resolves to the exit code: 0 answered, 1 it failed, or nothing that is known matches the question; 64 wrong settings.
 */
export const explainCommand = async (
  worker: DefinedWorker,
  argv: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> => {
  const usage = `ecs-task-stream explain ${worker.name}`
  const [first] = argv
  const question = first === undefined || first.startsWith('-') ? undefined : first
  const flags = question === undefined ? argv : argv.slice(1)
  const reading = await readCommandLine(
    { worker, common: drySettings, usage: `${usage} <question>`, argv: flags },
    terminal,
  )
  if (E.isLeft(reading)) return reading.left
  if (question === undefined || question.trim() === '')
    return refuse(
      usage,
      [
        {
          where: 'question',
          message:
            'missing: expected a task, an address, a container, a service, a backend or an instance, before all flags',
          example: `${usage} 10.0.0.1:8080`,
        },
      ],
      terminal,
    )
  const { printExplanation } = await import('./print-explanation.js')
  return printExplanation(worker.name, question, reading.right, terminal)
}
