import type { Report } from 'ecs-task-stream'

/** What the demo shows of a worker. Plain data, because it also passes between processes. */
export type WorkerNews =
  | { readonly _tag: 'SnapshotTaken' }
  | { readonly _tag: 'Written' }
  | { readonly _tag: 'Troubled'; readonly text: string }

const troubled = (text: string): WorkerNews => ({ _tag: 'Troubled', text })

/** `undefined` for what the demo does not show. */
export const workerNews = (report: Report): WorkerNews | undefined => {
  switch (report._tag) {
    case 'Applied':
      return { _tag: 'Written' }
    case 'Folded':
      return report.source === 'ecs-snapshots' ? { _tag: 'SnapshotTaken' } : undefined
    case 'SinkFailed':
      return troubled(`${report.sink}: ${report.error.message}`)
    case 'JournalFailed':
      return troubled(`journal: ${report.operation}: ${report.error.message}`)
    case 'Unwritable':
      return troubled(`${report.source}: ${report.error.message}`)
    case 'Rejected':
      return troubled(`${report.sink}: ${report.key} was rejected, ${report.reason}`)
    case 'Noticed':
      switch (report.notice._tag) {
        case 'SourceFailed':
          return troubled(
            `${report.source}: ${report.notice.operation} failed, ${report.notice.error.message}`,
          )
        case 'Undecodable':
          return troubled(`${report.source}: undecodable, ${report.notice.reason}`)
        case 'Warning':
          return troubled(`${report.source}: ${report.notice.message}`)
        case 'Answered':
        case 'Called':
        case 'SnapshotDue':
        case 'SnapshotTaken':
        case 'Ignored':
        case 'ClockSkew':
        case 'Progressed':
          return undefined
      }
      return undefined
    case 'SinkWarned': {
      const [first] = report.warnings
      return first === undefined ? undefined : troubled(`${report.sink}: ${first}`)
    }
    case 'AcknowledgedUnheld':
      return troubled(`lookups do not answer for ${report.tasks.join(', ')}`)
    case 'Draining':
    case 'Unconfirmed':
    case 'Abandoned':
    case 'Planned':
    case 'Conflicted':
    case 'Synced':
    case 'Reached':
    case 'Acknowledged':
    case 'CheckpointStored':
    case 'Unresolved':
    case 'Swept':
      return undefined
  }
}
