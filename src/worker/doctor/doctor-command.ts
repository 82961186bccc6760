import * as E from 'fp-ts/lib/Either.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { explain } from '../observability/diagnosis.js'
import { readCommandLine } from '../runner/read-command-line.js'
import type { DefinedWorker } from '../runner/worker.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import type { Terminal } from '../terminal/terminal.js'
import { examining } from './doctor-settings.js'

/**
 * `ecs-task-stream doctor <worker>`: examines everything that the worker needs, and prints what it found. It reads no
 * queue and writes nothing.
 *
 * Resolves to the exit code: 0 nothing failed, 1 something did, 64 wrong settings.
 */
export const doctorCommand = async (
  worker: DefinedWorker,
  argv: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> => {
  const usage = `ecs-task-stream doctor ${worker.name}`
  const reading = await readCommandLine({ worker, common: examining, usage, argv }, terminal)
  if (E.isLeft(reading)) return reading.left
  const { common, shown, compose } = reading.right
  const { examine } = await import('./examine.js')
  const { callerFindings } = await import('./caller.js')
  const { findingsText } = await import('./findings-text.js')
  const { clock = systemClock } = terminal
  const signal = AbortSignal.timeout(common.timeoutSeconds * 1000)
  try {
    const region = shown.find(({ name }) => name === 'region')?.value
    const caller = await callerFindings(region === undefined ? undefined : String(region), clock, signal)
    const examined = [
      { part: 'AWS', findings: caller },
      ...(await examine(await compose(), { clock, signal })),
    ]
    terminal.out(
      common.format === 'json' ? `${JSON.stringify({ parts: examined }, null, 2)}\n` : findingsText(examined),
    )
    const isFailed = examined.some(({ findings }) => findings.some(({ result }) => result === 'failed'))
    return isFailed ? exitCode.failed : exitCode.ok
  } catch (thrown) {
    terminal.err(`${usage}: ${explain(thrown)}\n`)
    return exitCode.failed
  }
}
