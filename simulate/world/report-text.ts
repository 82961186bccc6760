import type { Report } from '../../src/core/report.js'

/** A report as a line of the trace; nothing for those that only repeat what the wire shows. */
export const reportText = (report: Report): string | undefined => {
  switch (report._tag) {
    case 'Noticed':
      return report.notice._tag === 'SourceFailed'
        ? `${report.notice.operation} failed: ${report.notice.error.message}`
        : `${report.source}: ${report.notice._tag}`
    case 'JournalFailed':
      return `journal ${report.operation} failed: ${report.error.message}`
    case 'SinkFailed':
      return `${report.sink} ${report.operation} failed: ${report.error.message}`
    case 'Conflicted':
      return `conflict at ${report.key}`
    case 'Rejected':
      return `rejected at ${report.key}: ${report.reason}`
    case 'Acknowledged':
      return `acknowledged ${report.deliveries}, ${report.unsettled} left`
    case 'Planned':
      return `planned ${report.plan.changes.length} changes, skips ${report.plan.skipped.map(({ why }) => why).join()}`
    case 'Swept':
      return `forgot ${report.forgotten}, knows ${report.tasks}`
    case 'Folded':
    case 'Applied':
    case 'Reached':
    case 'Synced':
    case 'Unresolved':
      return undefined
    case 'Abandoned':
    case 'AcknowledgedUnheld':
    case 'CheckpointStored':
    case 'Draining':
    case 'SinkWarned':
    case 'Unconfirmed':
    case 'Unwritable':
      return report._tag
  }
}
