/** Turns reports into log lines. Pure. */
import type { Millis } from '../../core/clock.js'
import type { Unresolved } from '../../core/desired.js'
import { effectText } from '../../core/effect.js'
import type { PersistentMap } from '../../core/persistent-map.js'
import type { Report } from '../../core/report.js'
import type { Notice } from '../../core/source.js'
import { diagnose, nameOf, reasonOf } from './diagnosis.js'

export type Level = 'debug' | 'info' | 'warn' | 'error'

type Fields = Readonly<Record<string, unknown>>

/** One line. Lines with the same `repeats` are rate-limited. */
export interface LogLine {
  readonly level: Level
  readonly message: string
  readonly fields: Fields
  readonly repeats?: string
}

/** Reasons quote the input, so their length is bounded. */
const brief = (text: string): string => (text.length > 500 ? `${text.slice(0, 500)}…` : text)

/** Leaves out the error object itself, because SDK errors carry requests and responses. */
const failure = (error: Error, retryIn: Millis | undefined): Fields => ({
  error: nameOf(error),
  reason: brief(reasonOf(error)),
  nextStep: diagnose(error).advice ?? (retryIn === undefined ? undefined : 'it will be retried'),
  retryInMs: retryIn === undefined ? undefined : Math.round(retryIn),
})

const countBy = <A>(items: Iterable<A>, keyOf: (item: A) => string): Readonly<Record<string, number>> => {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** More than NTP leaves, and far below the five minutes at which AWS refuses signatures. */
const worthAWarning: Millis = 5_000

const noticeLine = (source: string, notice: Notice): LogLine => {
  switch (notice._tag) {
    case 'Undecodable': {
      const { id, receives } = notice
      const reason = brief(notice.reason)
      return {
        level: 'warn',
        message: 'undecodable message, left in place',
        fields: { source, id, receives, reason },
        repeats: reason,
      }
    }
    case 'Ignored':
      return {
        level: 'debug',
        message: 'ignored events of another kind',
        fields: { source, kind: notice.kind, count: notice.count },
      }
    case 'SourceFailed': {
      const { operation, error, retryIn } = notice
      return {
        level: 'error',
        message: 'source failed',
        fields: { source, operation, ...failure(error, retryIn) },
        repeats: `${operation} ${nameOf(error)}`,
      }
    }
    case 'Answered':
      return {
        level: 'debug',
        message: 'source answers',
        fields: { source, operation: notice.operation },
      }
    case 'Called':
      return { level: 'debug', message: 'calls AWS', fields: { source, calls: notice.calls } }
    case 'SnapshotTaken': {
      const { cluster, tasks, tookMs } = notice
      return { level: 'debug', message: 'snapshot taken', fields: { source, cluster, tasks, tookMs } }
    }
    case 'SnapshotDue': {
      const { cluster, at } = notice
      return {
        level: 'debug',
        message: 'the next snapshot is due',
        fields: { source, cluster, at: new Date(at).toISOString() },
      }
    }
    case 'Progressed': {
      const { what, done, of } = notice
      // `logProgress` says it to people, once a minute.
      return {
        level: 'debug',
        message: 'progressed',
        fields: { source, what, done, of },
      }
    }
    case 'ClockSkew': {
      const { aheadMs } = notice
      const isWrong = Math.abs(aheadMs) >= worthAWarning
      return {
        level: isWrong ? 'warn' : 'debug',
        message: isWrong ? 'the clock of this machine is wrong: run NTP' : 'the clock agrees with AWS',
        fields: { source, aheadMs },
        repeats: 'clock skew',
      }
    }
    case 'Warning':
      return {
        level: 'warn',
        message: notice.message,
        fields: { source },
        repeats: notice.message,
      }
  }
}

/** Pending lookups resolve by themselves; a taken name or a refusal needs a person. */
const needsPerson = ({ why }: Unresolved): boolean =>
  why === 'name-taken' || why === 'refused' || why === 'lookup-refused'

const unresolvedLine = (tasks: PersistentMap<Unresolved>): LogLine => {
  const all = [...tasks.values()]
  const examples = [...all.filter(needsPerson), ...all.filter((task) => !needsPerson(task))]
  return {
    // Lookups that are under way are no news; if they fail, `source failed` says so.
    level: all.some(needsPerson) ? 'warn' : 'debug',
    message: all.length === 0 ? 'every live task is resolved' : 'unresolved live tasks',
    fields: {
      tasks: all.length,
      reasons: countBy(all, ({ why }) => why),
      ...(all.length > 0 && { examples: examples.slice(0, 3).map(({ task, detail }) => ({ task, detail })) }),
    },
  }
}

/** `web +2 −1 → 5`: the endpoints that a change adds and removes, and how many there are then. */
const whatChanged = ({ change, effect }: Extract<Report, { readonly _tag: 'Applied' }>): string => {
  const gone = change._tag === 'Delete' ? ' (deleted)' : ''
  if (effect === undefined) return `${change.key}${gone}`
  return `${change.key} ${effectText(effect)}${gone}`
}

/** How many records one line names. */
const mostNamed = 10

/** One line for what a sink has applied at once. */
export const changedLine = (
  applied: readonly Extract<Report, { readonly _tag: 'Applied' }>[],
): readonly LogLine[] => {
  const [first] = applied
  if (first === undefined) return []
  if (applied.length === 1) return logLines(first)
  const more = applied.length - mostNamed
  const what = applied.slice(0, mostNamed).map(whatChanged).join(', ')
  return [
    {
      level: 'info',
      message: 'changed',
      fields: {
        sink: first.sink,
        changes: countBy(applied, ({ change }) => change._tag.toLowerCase()),
        what: more > 0 ? `${what}, and ${more} more` : what,
      },
    },
  ]
}

/** The log lines for a report. Exhaustive: each kind of report gets its level here. */
export const logLines = (report: Report): readonly LogLine[] => {
  switch (report._tag) {
    case 'Noticed':
      return [noticeLine(report.source, report.notice)]
    case 'Folded': {
      const { source, revision, events, elsewhere, changed } = report
      return [{ level: 'debug', message: 'folded', fields: { source, revision, events, elsewhere, changed } }]
    }
    case 'JournalFailed': {
      const { operation, error, retryIn } = report
      return [
        {
          level: 'error',
          message:
            operation === 'checkpoint' || operation === 'lease'
              ? 'journal failed; only a checkpoint or a snapshot waits for it'
              : 'journal failed; nothing is folded or written until it answers',
          fields: { operation, ...failure(error, retryIn) },
          repeats: `${operation} ${nameOf(error)}`,
        },
      ]
    }
    case 'Unwritable': {
      const { source, error } = report
      return [
        {
          level: 'error',
          message: 'the journal cannot store a delivery, which is left for redelivery',
          fields: { source, error: brief(error.message) },
          repeats: source,
        },
      ]
    }
    case 'CheckpointStored': {
      const { tasks, tookMs } = report
      return [{ level: 'info', message: 'stored a checkpoint of the journal', fields: { tasks, tookMs } }]
    }
    case 'Planned': {
      const { sink, revision, dry, plan } = report
      const fields = { sink, revision, dry }
      const changes = countBy(plan.changes, ({ _tag }) => _tag.toLowerCase())
      const reasons = countBy(plan.skipped, ({ why }) => why)
      const keys = plan.skipped.slice(0, 10).map(({ change }) => change.key)
      return [
        {
          level: dry ? 'info' : 'debug',
          message: dry ? 'would change' : 'planned',
          fields: { ...fields, changes },
        },
        ...(plan.skipped.length === 0
          ? []
          : [
              {
                // Before the first snapshots, much is incomplete: that passes by itself.
                level: plan.skipped.every(({ why }) => why === 'incomplete') ? 'debug' : 'warn',
                message: 'skipped changes',
                fields: { ...fields, reasons, keys },
                repeats: JSON.stringify([reasons, keys]),
              } as const,
            ]),
      ]
    }
    case 'Applied': {
      const { sink, change } = report
      return [
        {
          level: 'info',
          message: 'changed',
          fields: { sink, change: change._tag.toLowerCase(), key: change.key, what: whatChanged(report) },
        },
      ]
    }
    case 'Conflicted':
      return [
        {
          level: 'info',
          message: 'another writer was first; planning again',
          fields: { sink: report.sink, key: report.key },
          repeats: report.key,
        },
      ]
    case 'Rejected': {
      const { sink, key, attempts, givenUp } = report
      const reason = brief(report.reason)
      return [
        {
          level: 'warn',
          message: givenUp ? 'rejected; not retried until it changes' : 'rejected',
          fields: { sink, key, reason, attempts },
          repeats: `${key} ${reason} ${String(givenUp)}`,
        },
      ]
    }
    case 'SinkFailed': {
      const { sink, operation, key, error, retryIn } = report
      return [
        {
          level: 'error',
          message: 'sink failed',
          fields: { sink, operation, key, ...failure(error, retryIn) },
          repeats: `${operation} ${nameOf(error)}`,
        },
      ]
    }
    case 'SinkWarned': {
      const { sink, warnings } = report
      if (warnings.length > 0)
        return warnings.map((warning) => ({
          level: 'warn',
          message: brief(warning),
          fields: { sink },
        }))
      return [
        {
          level: 'info',
          message: 'the target has no more warnings',
          fields: { sink },
        },
      ]
    }
    case 'Synced':
      return [
        {
          level: 'debug',
          message: 'synced',
          fields: { sink: report.sink, revision: report.revision },
        },
      ]
    case 'Reached':
      return [
        {
          level: 'debug',
          message: 'reached',
          fields: {
            sink: report.sink,
            revision: report.revision,
            lagMs: report.writtenAt - report.eventAt,
          },
        },
      ]
    case 'Draining': {
      const { deliveries, sinks, sources } = report
      const names = [...sinks, ...sources].join(', ')
      return [
        {
          level: 'info',
          message: `stopping: waits for ${names}`,
          fields: { deliveries, sinks, sources },
        },
      ]
    }
    case 'Unconfirmed':
      return [
        {
          level: 'warn',
          message: 'stopped before all acknowledgements were confirmed; some events may come again',
          fields: { sources: report.sources },
        },
      ]
    case 'Abandoned':
      return [
        {
          level: 'info',
          message: 'not applied before the stop; left for redelivery',
          fields: { deliveries: report.deliveries },
        },
      ]
    case 'AcknowledgedUnheld': {
      const { tasks, afterMs } = report
      return [
        {
          level: 'warn',
          message:
            'acknowledged before its tasks reached the target, because lookups do not answer; the next snapshots will list them',
          fields: { tasks: tasks.length, examples: tasks.slice(0, 3), afterMs },
          repeats: 'acknowledged unheld',
        },
      ]
    }
    case 'Acknowledged': {
      const { deliveries, unsettled } = report
      return [{ level: 'debug', message: 'acknowledged', fields: { deliveries, unsettled } }]
    }
    case 'Unresolved':
      return [unresolvedLine(report.tasks)]
    case 'Swept': {
      const { forgotten, tasks } = report
      return [{ level: 'debug', message: 'swept', fields: { forgotten, tasks } }]
    }
  }
}
