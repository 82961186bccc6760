import * as E from 'fp-ts/lib/Either.js'
import { filter, firstValueFrom, map, merge, timer } from 'rxjs'
import { awaitsAnswer, type Desired } from '../../core/desired.js'
import { run } from '../../run.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { explain } from '../observability/advice.js'
import type { Composition } from './composition.js'
import { dryComposition, dryProblems } from './dry-composition.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import { integer, oneOf, onOff } from '../settings/setting-type.js'
import { createLogger, logReports } from '../observability/logger.js'
import { planJson, type PlanSummary, planText } from './plan-text.js'
import { logStrays } from '../terminal/log-strays.js'
import { defaulted, type SettingsOf } from '../settings/setting.js'
import { readCommandLine, refuse } from './read-command-line.js'
import { sinkPlan } from './sink-plan.js'
import type { Terminal } from '../terminal/terminal.js'
import type { DefinedWorker } from './worker.js'

/** The settings of `plan`, in addition to those of the worker. */
export const planning = {
  format: defaulted(oneOf('text', 'json'), 'text', {
    description: 'Output format: for people, or as one JSON document',
    example: 'json',
  }),
  timeoutSeconds: defaulted(integer({ min: 1, max: 3600, unit: 'seconds' }), 60, {
    description: 'How long to wait for snapshots, lookups and targets',
    example: '120',
  }),
  debug: defaulted(onOff(), false, { description: 'Log at level debug', example: 'on' }),
}

const isKnown = ({ complete, unresolved }: Desired): boolean =>
  complete && ![...unresolved.values()].some(awaitsAnswer)

/** Follows the clusters until snapshots and lookups are complete, and plans every sink once. */
const summarise = async (
  composition: Composition,
  name: string,
  { debug, timeoutSeconds }: SettingsOf<typeof planning>,
  terminal: Terminal,
): Promise<PlanSummary> => {
  const { lookups, sinks, owner, pruneGuard } = composition
  const timeoutMs = timeoutSeconds * 1000
  const logger = createLogger({ worker: name, level: debug ? 'debug' : 'warn', destination: terminal.log })
  logStrays(terminal.strays$, logger, systemClock)
  const worker = run({ ...dryComposition(composition), sources: lookups, sinks: [] })
  logReports(worker.reports$, logger, systemClock)
  try {
    // A lookup without an answer affects only its own tasks: they are listed as unresolved.
    const late = timer(timeoutMs)
    let newest: Desired | undefined
    const known$ = worker.desired$.pipe(filter((desired) => isKnown((newest = desired))))
    const desired = await firstValueFrom(merge(known$, late.pipe(map(() => newest))))
    if (desired?.complete !== true)
      throw new Error(`no complete snapshot of every cluster within ${timeoutSeconds} s`)
    const signal = AbortSignal.timeout(timeoutMs)
    return {
      sinks: await Promise.all(
        sinks.map((sink) =>
          sinkPlan(sink, desired, { owner, ...(pruneGuard !== undefined && { pruneGuard }) }, signal),
        ),
      ),
      complete: desired.complete,
      unresolved: [...desired.unresolved.values()],
    }
  } finally {
    await worker.stop()
  }
}

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
  const reading = readCommandLine({ worker, common: planning, usage, argv }, terminal)
  if (E.isLeft(reading)) return reading.left
  const { common, warnings } = reading.right
  for (const warning of warnings) terminal.err(`${usage}: ${warning}\n`)
  try {
    const composition = reading.right.compose()
    const problems = dryProblems(composition)
    if (problems.length > 0) return refuse(usage, problems, terminal)
    const summary = await summarise(composition, worker.name, common, terminal)
    terminal.out(common.format === 'json' ? planJson(summary) : planText(summary))
    return summary.sinks.some(({ plan }) => plan.changes.length > 0) ? exitCode.wouldChange : exitCode.ok
  } catch (thrown) {
    terminal.err(`${usage}: ${explain(thrown)}\n`)
    return exitCode.failed
  }
}
