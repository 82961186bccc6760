import type { Clock, Millis } from '../../core/clock.js'
import type { Report } from '../../core/report.js'
import type { AnySink } from '../../core/sink.js'
import type { Worker } from '../../core/worker.js'

export interface Readiness {
  readonly ready: boolean
  /** Why it is not ready, for people. */
  readonly reasons: readonly string[]
}

/** The progress of one required sink. */
interface Progress {
  trouble: string | undefined
  /** Whether it has made no progress for longer than `patienceMs`. */
  isStuck: boolean
  /** Set while the sink is behind and makes no progress. */
  patience: AbortController | undefined
}

const troubleIn = (report: Report): string | undefined => {
  if (report._tag === 'SinkFailed') return `${report.operation} failed: ${report.error.name}`
  if (report._tag === 'Rejected') return `"${report.key}" is rejected`
  if (report._tag === 'Planned' && report.plan.skipped.some(({ why }) => why === 'too-much'))
    return 'the prune guard skips changes: see the log'
  return undefined
}

/**
 * Whether a worker is ready: every required sink has reached a complete state once, and none has been behind the newest
 * revision without progress for `patienceMs`. The default of 60,000 ms tolerates a target that is slow or throttled for
 * a while, which is no reason for a restart.
 */
export const readinessOf = (
  { reports$, ready }: Pick<Worker, 'reports$' | 'ready'>,
  sinks: readonly Pick<AnySink, 'name' | 'required' | 'dry'>[],
  clock: Pick<Clock, 'sleep'>,
  patienceMs: Millis = 60_000,
): (() => Readiness) => {
  // A dry sink never syncs, so it would never become ready.
  const required = sinks.filter((sink) => sink.required !== false && sink.dry !== true)
  const progress = new Map<string, Progress>(
    required.map(({ name }) => [name, { trouble: undefined, isStuck: false, patience: undefined }]),
  )
  let reached = false
  let revision = 0
  void ready.then(() => (reached = true))

  const losePatience = (sink: Progress): void => {
    const patience = new AbortController()
    sink.patience = patience
    // Sleeps instead of comparing times, so that jumps of the wall clock do not matter.
    void clock.sleep(patienceMs, patience.signal).then(() => {
      if (!patience.signal.aborted) sink.isStuck = true
    })
  }
  const recover = (sink: Progress): void => {
    sink.patience?.abort()
    sink.patience = undefined
    sink.isStuck = false
  }
  reports$.subscribe({
    next: (report) => {
      if (report._tag === 'Folded') {
        revision = report.revision
        for (const sink of progress.values()) if (sink.patience === undefined) losePatience(sink)
        return
      }
      if (!('sink' in report)) return
      const sink = progress.get(report.sink)
      if (sink === undefined) return
      if (report._tag === 'Synced') {
        recover(sink)
        sink.trouble = undefined
        if (report.revision < revision) losePatience(sink)
      } else sink.trouble = troubleIn(report) ?? sink.trouble
    },
    // A pending sleep would keep the process alive.
    complete: () => {
      for (const sink of progress.values()) sink.patience?.abort()
    },
  })

  return () => {
    const stuck = [...progress].flatMap(([name, { isStuck, trouble }]) =>
      isStuck
        ? [
            `sink ${name} has made no progress for more than ${patienceMs / 1000} s` +
              (trouble === undefined ? '' : `: ${trouble}`),
          ]
        : [],
    )
    const troubles = [...progress].flatMap(([name, { trouble }]) =>
      trouble === undefined ? [] : [`sink ${name}: ${trouble}`],
    )
    if (!reached) {
      const waits =
        sinks.length === 0
          ? 'not every cluster has a complete snapshot yet'
          : 'no complete state has reached the sinks yet'
      return { ready: false, reasons: [waits, ...troubles] }
    }
    return { ready: stuck.length === 0, reasons: stuck }
  }
}
