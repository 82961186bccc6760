import { filter, firstValueFrom, map, merge, Subject, timer } from 'rxjs'
import { awaitsAnswer, type Desired } from '../../core/desired.js'
import { errorOf } from '../../core/error-of.js'
import { run } from '../../run.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { diagnose, explain, reasonOf } from '../observability/diagnosis.js'
import { codeOf } from '../observability/hopeless.js'
import { isEssential } from '../observability/essential-call.js'
import { workOf } from '../observability/progress-log.js'
import type { Composition } from './composition.js'
import { dryComposition, dryProblems } from './dry-composition.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import { createLogger, logReports } from '../observability/logger.js'
import { planJson, type PlanSummary, planText } from './plan-text.js'
import { logStrays } from '../terminal/log-strays.js'
import type { SettingsOf } from '../settings/setting.js'
import { refuse } from './read-command-line.js'
import { sinkPlan } from './sink-plan.js'
import { type OpenTerminal, openTerminal } from '../terminal/open-terminal.js'
import { inFormat } from '../terminal/people-log.js'
import { ProgressLine } from '../terminal/progress-line.js'
import type { Terminal } from '../terminal/terminal.js'
import type { planning } from './plan-settings.js'
import type { Reading } from './worker.js'

const isKnown = ({ complete, unresolved }: Desired): boolean =>
  complete && ![...unresolved.values()].some(awaitsAnswer)

/** The clusters were not known as a whole in time. */
class NoAnswer extends Error {
  constructor(seconds: number, cause: Error | undefined) {
    const because = cause === undefined ? '' : `: ${reasonOf(cause)}`
    super(`no complete snapshot of every cluster within ${seconds} s${because}`, { cause })
  }
}

/** The exit code for a plan that failed. */
const failureCode = (thrown: unknown): ExitCode => {
  if (thrown instanceof NoAnswer) return exitCode.unavailable
  const { prospect } = diagnose(errorOf(thrown))
  return prospect === 'passing' ? exitCode.failed : codeOf(prospect)
}

/** Follows the clusters until snapshots and lookups are complete, and plans every sink once. */
const summarise = async (
  composition: Composition,
  name: string,
  { debug, timeoutSeconds }: SettingsOf<typeof planning>,
  terminal: OpenTerminal,
): Promise<PlanSummary> => {
  const { lookups, sinks, owner, pruneGuard } = composition
  const { log, strays$, isInteractive, clock = systemClock } = terminal
  const timeoutMs = timeoutSeconds * 1000
  const logger = createLogger({
    worker: name,
    level: debug ? 'debug' : 'warn',
    destination: inFormat(log, 'auto', { isInteractive: isInteractive === true }),
  })
  logStrays(strays$, logger, systemClock)
  const worker = run({ ...dryComposition(composition), sources: lookups, sinks: [] })
  logReports(worker.reports$, logger, systemClock)
  const line = new ProgressLine(terminal, clock)
  workOf(worker.reports$).subscribe((work) => line.show(work))
  const refused = new Subject<never>()
  let trouble: Error | undefined
  worker.reports$.subscribe((report) => {
    if (report._tag !== 'Noticed') return
    const { notice } = report
    if (notice._tag === 'Answered' && isEssential(notice.operation)) trouble = undefined
    if (notice._tag !== 'SourceFailed' || !isEssential(notice.operation)) return
    trouble = notice.error
    // A plan needs every cluster, so the first refusal ends it.
    if (diagnose(trouble).prospect !== 'passing') refused.error(trouble)
  })
  try {
    // A lookup without an answer affects only its own tasks: they are listed as unresolved.
    const late = timer(timeoutMs)
    let newest: Desired | undefined
    const known$ = worker.desired$.pipe(filter((desired) => isKnown((newest = desired))))
    const desired = await firstValueFrom(merge(known$, refused, late.pipe(map(() => newest))))
    if (desired?.complete !== true) throw new NoAnswer(timeoutSeconds, trouble)
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
    line.clear()
    await worker.stop()
  }
}

/** Prints the plan of a worker whose settings are read. Resolves to the exit code, as `planCommand` does. */
export const printPlan = async (
  name: string,
  { common, warnings, compose }: Extract<Reading<typeof planning>, { readonly _tag: 'Settings' }>,
  terminal: Terminal,
): Promise<ExitCode> => {
  const usage = `ecs-task-stream plan ${name}`
  for (const warning of warnings) terminal.err(`${usage}: ${warning}\n`)
  try {
    const composition = await compose()
    const problems = dryProblems(composition)
    if (problems.length > 0) return refuse(usage, problems, terminal)
    const summary = await summarise(composition, name, common, await openTerminal(terminal))
    terminal.out(common.format === 'json' ? planJson(summary) : planText(summary))
    return summary.sinks.some(({ plan }) => plan.changes.length > 0) ? exitCode.wouldChange : exitCode.ok
  } catch (thrown) {
    terminal.err(`${usage}: ${explain(thrown)}\n`)
    return failureCode(thrown)
  }
}
