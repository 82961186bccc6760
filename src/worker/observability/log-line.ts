/** What a report is worth saying. Pure. */
import type { Millis } from '../../core/clock.js'
import type { Unresolved } from '../../core/desired.js'
import type { PersistentMap } from '../../core/persistent-map.js'
import type { Report } from '../../core/report.js'
import type { Notice } from '../../core/source.js'
import { adviceFor } from './advice.js'

export type Level = 'debug' | 'info' | 'warn' | 'error'

type Fields = Readonly<Record<string, unknown>>

/** A line, and whether equal ones (by `repeats`) are held back for a while. */
export interface LogLine {
  readonly level: Level
  readonly message: string
  readonly fields: Fields
  readonly repeats?: string
}

/** Reasons quote what came; a line must not become the message. */
const brief = (text: string): string => (text.length > 500 ? `${text.slice(0, 500)}…` : text)

/** The error itself stays out: SDK errors carry requests and responses. */
const failure = (error: Error, retryIn: Millis | undefined): Fields => ({
  error: error.name,
  reason: brief(error.message),
  nextStep: adviceFor(error) ?? (retryIn === undefined ? undefined : 'it is tried again'),
  retryInMs: retryIn === undefined ? undefined : Math.round(retryIn),
})

const countBy = <A>(items: Iterable<A>, keyOf: (item: A) => string): Readonly<Record<string, number>> => {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Above what NTP leaves, and far below what makes AWS refuse signatures (five minutes). */
const worthAWarning: Millis = 5_000

const noticeLine = (source: string, notice: Notice): LogLine => {
  switch (notice._tag) {
    case 'Undecodable': {
      const { id, receives } = notice
      const reason = brief(notice.reason)
      return {
        level: 'warn',
        message: 'undecodable message, left where it is',
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
        repeats: `${operation} ${error.name}`,
      }
    }
    case 'ClockSkew': {
      const { aheadMs } = notice
      const isWrong = Math.abs(aheadMs) >= worthAWarning
      return {
        level: isWrong ? 'warn' : 'debug',
        message: isWrong
          ? 'the clock of this machine is wrong: run NTP'
          : 'the clock agrees with that of AWS',
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

/** Looking something up passes by itself; a taken name and a refusal need a person. */
const needsPerson = ({ why }: Unresolved): boolean =>
  why === 'name-taken' || why === 'refused' || why === 'lookup-refused'

const unresolvedLine = (tasks: PersistentMap<Unresolved>): LogLine => {
  const all = [...tasks.values()]
  const examples = [...all.filter(needsPerson), ...all.filter((task) => !needsPerson(task))]
  return {
    level: all.some(needsPerson) ? 'warn' : 'info',
    message:
      all.length === 0 ? 'every live task is resolved' : 'live tasks that are not offered as they should be',
    fields: {
      tasks: all.length,
      reasons: countBy(all, ({ why }) => why),
      ...(all.length > 0 && { examples: examples.slice(0, 3).map(({ task, detail }) => ({ task, detail })) }),
    },
  }
}

/** The lines that a report is worth. Total: a new report must be given its level here. */
export const logLines = (report: Report): readonly LogLine[] => {
  switch (report._tag) {
    case 'Noticed':
      return [noticeLine(report.source, report.notice)]
    case 'Folded': {
      const { source, revision, events, elsewhere, changed } = report
      return [{ level: 'debug', message: 'folded', fields: { source, revision, events, elsewhere, changed } }]
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
                level: 'warn',
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
          fields: { sink, change: change._tag.toLowerCase(), key: change.key },
        },
      ]
    }
    case 'Conflicted':
      return [
        {
          level: 'info',
          message: 'somebody else wrote first; planning again',
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
          message: givenUp ? 'rejected, and given up until it changes' : 'rejected',
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
          repeats: `${operation} ${error.name}`,
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
          message: 'nothing is wrong with the target any more',
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
    case 'Abandoned':
      return [
        {
          level: 'info',
          message: 'left to come again: not applied before the stop',
          fields: { deliveries: report.deliveries },
        },
      ]
    case 'AcknowledgedUnheld': {
      const { tasks, afterMs } = report
      return [
        {
          level: 'warn',
          message:
            'acknowledged before its tasks are in the target: lookups do not answer. The next snapshots tell of them again',
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
