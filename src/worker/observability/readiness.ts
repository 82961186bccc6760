import type { Clock, Millis } from '../../core/clock.js'
import type { Report } from '../../core/report.js'
import type { AnySink } from '../../core/sink.js'
import type { Worker } from '../../core/worker.js'
import { explain } from './diagnosis.js'
import { isEssential } from './essential-call.js'

export interface Readiness {
  readonly ready: boolean
  /** Why it is not ready, for people. */
  readonly reasons: readonly string[]
}

/** What is wrong, and since when. */
interface Trouble {
  readonly what: string
  readonly since: Millis
}

/** The progress of one required sink. */
interface Progress {
  trouble: Trouble | undefined
  /** Whether it has made no progress for longer than `patienceMs`. */
  isStuck: boolean
  /** Set while the sink is behind and makes no progress. */
  patience: AbortController | undefined
}

/** Long enough for what failed and what to do. */
const longest = 500

const brief = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

const troubleIn = (report: Report): string | undefined => {
  if (report._tag === 'SinkFailed') return `${report.operation} failed: ${brief(explain(report.error))}`
  if (report._tag === 'Rejected') return `"${report.key}" is rejected: ${brief(report.reason)}`
  if (report._tag === 'Planned' && report.plan.skipped.some(({ why }) => why === 'too-much'))
    return 'the prune guard skips changes: see the log'
  return undefined
}

/**
 * Whether a worker is ready: every required sink has reached a complete state once, and none has been behind the newest
 * revision without progress for `patienceMs`. The default of 60,000 ms tolerates a target that is slow or throttled for
 * a while, which is no reason for a restart. Each reason says for how long it has lasted.
 */
export const readinessOf = (
  { reports$, ready }: Pick<Worker, 'reports$' | 'ready'>,
  sinks: readonly Pick<AnySink, 'name' | 'required' | 'dry'>[],
  clock: Pick<Clock, 'now' | 'sleep'>,
  patienceMs: Millis = 60_000,
): (() => Readiness) => {
  // A dry sink never syncs, so it would never become ready.
  const required = sinks.filter((sink) => sink.required !== false && sink.dry !== true)
  const progress = new Map<string, Progress>(
    required.map(({ name }) => [name, { trouble: undefined, isStuck: false, patience: undefined }]),
  )
  /** The calls that fail and without which nothing is known, by source and operation. */
  const sources = new Map<string, Trouble>()
  const startedAt = clock.now()
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
  /** Trouble that goes on is as old as its beginning, whatever it is now. */
  const troubled = (what: string, before: Trouble | undefined): Trouble => ({
    what,
    since: before?.since ?? clock.now(),
  })
  const hear = ({ source, notice }: Extract<Report, { readonly _tag: 'Noticed' }>): void => {
    if (notice._tag !== 'Answered' && notice._tag !== 'SourceFailed') return
    if (!isEssential(notice.operation)) return
    const key = `${source}: ${notice.operation}`
    if (notice._tag === 'Answered') sources.delete(key)
    else sources.set(key, troubled(`failed: ${brief(explain(notice.error))}`, sources.get(key)))
  }
  reports$.subscribe({
    next: (report) => {
      if (report._tag === 'Noticed') hear(report)
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
      } else {
        const what = troubleIn(report)
        if (what !== undefined) sink.trouble = troubled(what, sink.trouble)
      }
    },
    // A pending sleep would keep the process alive.
    complete: () => {
      for (const sink of progress.values()) sink.patience?.abort()
    },
  })

  /** The clock may have been set back. */
  const age = (since: Millis): string => `${Math.max(0, Math.round((clock.now() - since) / 1000))} s`
  const told = ({ what, since }: Trouble): string => `${what}, for ${age(since)}`

  return () => {
    const stuck = [...progress].flatMap(([name, { isStuck, trouble }]) =>
      isStuck
        ? [
            `sink ${name} has made no progress for more than ${patienceMs / 1000} s` +
              (trouble === undefined ? '' : `: ${told(trouble)}`),
          ]
        : [],
    )
    if (reached) return { ready: stuck.length === 0, reasons: stuck }
    const waits =
      sinks.length === 0
        ? 'not every cluster has a complete snapshot yet'
        : 'no complete state has reached the sinks yet'
    return {
      ready: false,
      reasons: [
        `${waits}, ${age(startedAt)} after the start`,
        ...[...progress].flatMap(([name, { trouble }]) =>
          trouble === undefined ? [] : [`sink ${name}: ${told(trouble)}`],
        ),
        ...[...sources].map(([call, trouble]) => `source ${call} ${told(trouble)}`),
      ],
    }
  }
}
