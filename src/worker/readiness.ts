import type { Clock, Millis } from '../core/clock.js'
import type { Report } from '../core/report.js'
import type { AnySink } from '../core/sink.js'
import type { Worker } from '../core/worker.js'

export interface Readiness {
  readonly ready: boolean
  /** Why not; for people. */
  readonly reasons: readonly string[]
}

interface Progress {
  /** Since when it is behind without having moved; `undefined` while it is level. */
  readonly stillSince: Millis | undefined
  readonly trouble: string | undefined
}

const troubleIn = (report: Report): string | undefined => {
  if (report._tag === 'SinkFailed') return `${report.operation} failed: ${report.error.name}`
  if (report._tag === 'Rejected') return `"${report.key}" is rejected`
  if (report._tag === 'Planned' && report.plan.withheld.some(({ why }) => why === 'too-much'))
    return 'the guard withholds too much: see the log'
  return undefined
}

/**
 * Whether a worker does its job: every required sink has reached a complete state once, and none has stood still
 * behind the newest revision for `patienceMs` (60,000 by default; a target that is slow or throttled for a while is
 * no reason to restart anything).
 */
export const readinessOf = (
  { reports$, ready }: Pick<Worker, 'reports$' | 'ready'>,
  sinks: readonly Pick<AnySink, 'name' | 'required' | 'dry'>[],
  clock: Pick<Clock, 'now'>,
  patienceMs: Millis = 60_000,
): (() => Readiness) => {
  // A dry sink never settles, so it is never level either.
  const required = sinks.filter((sink) => sink.required !== false && sink.dry !== true)
  const progress = new Map<string, Progress>(
    required.map(({ name }) => [name, { stillSince: undefined, trouble: undefined }]),
  )
  let reached = false
  let revision = 0
  void ready.then(() => (reached = true))

  reports$.subscribe((report) => {
    const now = clock.now()
    if (report._tag === 'Folded') {
      revision = report.revision
      for (const [name, { stillSince, trouble }] of progress)
        progress.set(name, { stillSince: stillSince ?? now, trouble })
      return
    }
    if (!('sink' in report)) return
    const before = progress.get(report.sink)
    if (before === undefined) return
    if (report._tag === 'Settled')
      progress.set(report.sink, {
        stillSince: report.revision < revision ? now : undefined,
        trouble: undefined,
      })
    else progress.set(report.sink, { ...before, trouble: troubleIn(report) ?? before.trouble })
  })

  return () => {
    const now = clock.now()
    const stuck = [...progress].flatMap(([name, { stillSince, trouble }]) =>
      stillSince === undefined || now - stillSince <= patienceMs
        ? []
        : [
            `sink ${name} has not moved for ${Math.round((now - stillSince) / 1000)} s` +
              (trouble === undefined ? '' : `: ${trouble}`),
          ],
    )
    const troubles = [...progress].flatMap(([name, { trouble }]) =>
      trouble === undefined ? [] : [`sink ${name}: ${trouble}`],
    )
    if (!reached) {
      const waits =
        sinks.length === 0
          ? 'not every cluster has been read as a whole yet'
          : 'no complete state has reached the sinks yet'
      return { ready: false, reasons: [waits, ...troubles] }
    }
    return { ready: stuck.length === 0, reasons: stuck }
  }
}
