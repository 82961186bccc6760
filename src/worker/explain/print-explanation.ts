import { errorOf } from '../../core/error-of.js'
import { explain as explainQuestion } from '../../core/explain/explain.js'
import { explainedTarget, type ExplainedTarget } from '../../core/explain/explained-target.js'
import type { Desired } from '../../core/desired.js'
import { project, type ProjectOptions } from '../../core/project.js'
import type { AnySink } from '../../core/sink.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { explain, reasonOf } from '../observability/diagnosis.js'
import type { Composition } from '../runner/composition.js'
import { dryProblems } from '../runner/dry-composition.js'
import { failureCode, withKnownClusters } from '../runner/known-clusters.js'
import { refuse } from '../runner/read-command-line.js'
import type { Reading } from '../runner/worker.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import { openTerminal } from '../terminal/open-terminal.js'
import type { Terminal } from '../terminal/terminal.js'
import type { drySettings } from '../runner/dry-settings.js'
import { explanationJson, explanationText } from './explanation-text.js'
import { unmatched } from './unmatched.js'

/** The projection of a worker, as `run` makes it. */
const projectionOf = ({
  expose,
  lookups,
  skewAllowanceMs,
  unhealthy,
  healthChecks,
}: Composition): ProjectOptions => ({
  expose,
  covers: lookups.flatMap(({ covers }) => covers),
  ...(skewAllowanceMs !== undefined && { skewAllowanceMs }),
  ...(unhealthy !== undefined && { unhealthy }),
  ...(healthChecks !== undefined && { healthChecks }),
})

/** Reads a target. One that cannot be read does not keep the others from being explained. */
const lookAt = async (
  sink: AnySink,
  desired: Desired,
  { owner, pruneGuard }: Composition,
  signal: AbortSignal,
): Promise<ExplainedTarget> => {
  const { name } = sink
  if (sink.local === true)
    return {
      _tag: 'Unread',
      name,
      reason: 'it is in the process of the running worker',
      todo: 'ask the worker: read what it serves or prints',
    }
  try {
    const rows = await sink.read(signal)
    return explainedTarget(sink, rows, desired, { owner, ...(pruneGuard !== undefined && { pruneGuard }) })
  } catch (thrown) {
    return { _tag: 'Unread', name, reason: reasonOf(errorOf(thrown)), todo: 'see what `doctor` says' }
  }
}

/** Answers a question about a worker whose settings are read. Resolves to the exit code, as `explainCommand` does. */
export const printExplanation = async (
  name: string,
  question: string,
  { common, warnings, compose }: Extract<Reading<typeof drySettings>, { readonly _tag: 'Settings' }>,
  terminal: Terminal,
): Promise<ExitCode> => {
  const usage = `ecs-task-stream explain ${name}`
  const { clock = systemClock } = terminal
  for (const warning of warnings) terminal.err(`${usage}: ${warning}\n`)
  try {
    const composition = await compose()
    const problems = dryProblems(composition)
    if (problems.length > 0) return refuse(usage, problems, terminal)
    const options = projectionOf(composition)
    const world = await withKnownClusters(
      { name, composition, settings: common, terminal: await openTerminal(terminal), needsAll: false },
      async ({ state }, signal) => {
        // Of the same state, whatever has arrived in the meantime.
        const desired = project(state, options)
        const targets = await Promise.all(
          composition.sinks.map((sink) => lookAt(sink, desired, composition, signal)),
        )
        return { state, options, desired, targets, now: clock.now() }
      },
    )
    const explanation = explainQuestion(world, question)
    terminal.out(common.format === 'json' ? explanationJson(explanation) : explanationText(explanation))
    if (explanation.subjects.length > 0) return exitCode.ok
    terminal.err(`${usage}: ${unmatched(explanation, world)}\n`)
    return exitCode.failed
  } catch (thrown) {
    terminal.err(`${usage}: ${explain(thrown)}\n`)
    return failureCode(thrown)
  }
}
