import { explain } from '../observability/diagnosis.js'
import type { Composition } from './composition.js'
import { dryProblems } from './dry-composition.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import { failureCode, type KnownClusters, withKnownClusters } from './known-clusters.js'
import { planJson, type PlanSummary, planText } from './plan-text.js'
import { refuse } from './read-command-line.js'
import { sinkPlan } from './sink-plan.js'
import { openTerminal } from '../terminal/open-terminal.js'
import type { Terminal } from '../terminal/terminal.js'
import type { drySettings } from './dry-settings.js'
import type { Reading } from './worker.js'

/** Plans every sink once, for what is known of the clusters. */
const summarise = async (
  { sinks, owner, pruneGuard }: Composition,
  { desired }: KnownClusters,
  signal: AbortSignal,
): Promise<PlanSummary> => ({
  sinks: await Promise.all(
    sinks.map((sink) =>
      sinkPlan(sink, desired, { owner, ...(pruneGuard !== undefined && { pruneGuard }) }, signal),
    ),
  ),
  complete: desired.complete,
  unresolved: [...desired.unresolved.values()],
})

/** Prints the plan of a worker whose settings are read. Resolves to the exit code, as `planCommand` does. */
export const printPlan = async (
  name: string,
  { common, warnings, compose }: Extract<Reading<typeof drySettings>, { readonly _tag: 'Settings' }>,
  terminal: Terminal,
): Promise<ExitCode> => {
  const usage = `ecs-task-stream plan ${name}`
  for (const warning of warnings) terminal.err(`${usage}: ${warning}\n`)
  try {
    const composition = await compose()
    const problems = dryProblems(composition)
    if (problems.length > 0) return refuse(usage, problems, terminal)
    const summary = await withKnownClusters(
      { name, composition, settings: common, terminal: await openTerminal(terminal), needsAll: true },
      (known, signal) => summarise(composition, known, signal),
    )
    terminal.out(common.format === 'json' ? planJson(summary) : planText(summary))
    return summary.sinks.some(({ plan }) => plan.changes.length > 0) ? exitCode.wouldChange : exitCode.ok
  } catch (thrown) {
    terminal.err(`${usage}: ${explain(thrown)}\n`)
    return failureCode(thrown)
  }
}
