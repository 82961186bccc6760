import { Subject } from 'rxjs'
import type { Report } from 'ecs-task-stream'

/** Reports by hand, and a clock that stands still until it is told otherwise. */
export const reporting = () => {
  const reports$ = new Subject<Report>()
  const time = { ms: 1_000_000 }
  return {
    reports$,
    clock: { now: () => time.ms },
    pass: (ms: number) => {
      time.ms += ms
    },
    report: (...reports: readonly Report[]) => {
      for (const report of reports) reports$.next(report)
    },
  }
}

export const folded = (revision: number, more: Partial<Report & { _tag: 'Folded' }> = {}): Report => ({
  _tag: 'Folded',
  source: 'sqs',
  revision,
  events: 1,
  elsewhere: 0,
  newest: undefined,
  changed: true,
  ...more,
})

export const settled = (sink: string, revision: number, newest?: number): Report => ({
  _tag: 'Synced',
  exact: true,
  sink,
  revision,
  newest,
})

export const sinkFailed = (sink: string, error: Error): Report => ({
  _tag: 'SinkFailed',
  sink,
  operation: 'apply',
  key: undefined,
  error,
  retryIn: 50,
})

export const reached = (sink: string, lagMs: number): Report => ({
  _tag: 'Reached',
  sink,
  revision: 1,
  eventAt: 1_000_000,
  writtenAt: 1_000_000 + lagMs,
})
