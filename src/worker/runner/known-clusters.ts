import { filter, firstValueFrom, map, merge, Subject, timer } from 'rxjs'
import { type ClusterState, emptyState } from '../../core/cluster-state.js'
import { awaitsAnswer, type Desired } from '../../core/desired.js'
import { errorOf } from '../../core/error-of.js'
import { run } from '../../run.js'
import { systemClock } from '../../shared/async/system-clock.js'
import { diagnose, reasonOf } from '../observability/diagnosis.js'
import { isEssential } from '../observability/essential-call.js'
import { codeOf } from '../observability/hopeless.js'
import { createLogger, logReports } from '../observability/logger.js'
import { workOf } from '../observability/progress-log.js'
import { exitCode, type ExitCode } from '../terminal/exit-code.js'
import { logStrays } from '../terminal/log-strays.js'
import type { OpenTerminal } from '../terminal/open-terminal.js'
import { inFormat } from '../terminal/people-log.js'
import { ProgressLine } from '../terminal/progress-line.js'
import type { Composition } from './composition.js'
import { dryComposition } from './dry-composition.js'

/** What snapshots and lookups have said. */
export interface KnownClusters {
  readonly state: ClusterState
  readonly desired: Desired
}

export interface KnownClustersOptions {
  readonly name: string
  readonly composition: Composition
  readonly settings: { readonly debug: boolean; readonly timeoutSeconds: number }
  readonly terminal: OpenTerminal
  /** Whether to fail if a cluster is not known as a whole in time. Otherwise, what is known by then is used. */
  readonly needsAll: boolean
}

const isKnown = ({ complete, unresolved }: Desired): boolean =>
  complete && ![...unresolved.values()].some(awaitsAnswer)

/** The clusters were not known as a whole in time. */
class NoAnswer extends Error {
  constructor(seconds: number, cause: Error | undefined) {
    const because = cause === undefined ? '' : `: ${reasonOf(cause)}`
    super(`no complete snapshot of every cluster within ${seconds} s${because}`, { cause })
  }
}

/** The exit code of a command that could not learn the clusters or read the targets. */
export const failureCode = (thrown: unknown): ExitCode => {
  if (thrown instanceof NoAnswer) return exitCode.unavailable
  const { prospect } = diagnose(errorOf(thrown))
  return prospect === 'passing' ? exitCode.failed : codeOf(prospect)
}

/**
 * Follows the clusters until snapshots and lookups are complete, and passes on what they said. Reads no queue and
 * writes nothing. The signal of `use` aborts after the timeout.
 */
export const withKnownClusters = async <A>(
  { name, composition, settings, terminal, needsAll }: KnownClustersOptions,
  use: (known: KnownClusters, signal: AbortSignal) => Promise<A>,
): Promise<A> => {
  const { debug, timeoutSeconds } = settings
  const { log, strays$, isInteractive, clock = systemClock } = terminal
  const timeoutMs = timeoutSeconds * 1000
  const logger = createLogger({
    worker: name,
    level: debug ? 'debug' : 'warn',
    destination: inFormat(log, 'auto', { isInteractive: isInteractive === true }),
  })
  logStrays(strays$, logger, systemClock)
  const worker = run({ ...dryComposition(composition), sources: composition.lookups, sinks: [] })
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
    // Every cluster is needed, so the first refusal ends it.
    if (diagnose(trouble).prospect !== 'passing') refused.error(trouble)
  })
  let state = emptyState
  worker.state$.subscribe((newest) => (state = newest))
  try {
    // A lookup without an answer affects only its own tasks: they are listed as unresolved.
    const late = timer(timeoutMs)
    let newest: Desired | undefined
    const known$ = worker.desired$.pipe(filter((desired) => isKnown((newest = desired))))
    const desired = await firstValueFrom(merge(known$, refused, late.pipe(map(() => newest))))
    if (desired === undefined || (needsAll && !desired.complete)) throw new NoAnswer(timeoutSeconds, trouble)
    return await use({ state, desired }, AbortSignal.timeout(timeoutMs))
  } finally {
    line.clear()
    await worker.stop()
  }
}
