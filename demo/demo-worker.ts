import { run, type Report, type Worker } from 'ecs-task-stream'
import { formatProblems } from 'ecs-task-stream/worker'
import traefikTable from '../examples/traefik-table.js'
import { type Account, tableName } from './account.js'

/** Outside of the demo, the default is 300 s. */
export const resyncSeconds = 5

/**
 * The default is 30 s, for clock differences and delays in ECS. The simulated cluster has neither, and a longer
 * allowance would only hide how snapshots repair the table.
 */
const graceMs = 1_000

/** The bundled worker, configured by its environment variables, as a user would do it. `more`: further variables. */
export const demoWorker = (
  cluster: string,
  { queueUrl }: Account,
  more: Readonly<Record<string, string>> = {},
): Worker => {
  const reading = traefikTable.read({}, 'npm start', [], {
    CLUSTER: cluster,
    TRAEFIK_TABLE: tableName,
    QUEUE_URL: queueUrl,
    RESYNC_SECONDS: String(resyncSeconds),
    ...more,
  })
  switch (reading._tag) {
    case 'Help':
      throw new Error(reading.text)
    case 'Problems':
      throw new Error(formatProblems('the bundled worker', reading.problems))
    case 'Settings': {
      const { eventSources, lookups, ...composition } = reading.compose()
      return run({ ...composition, sources: [...eventSources, ...lookups], skewAllowanceMs: graceMs })
    }
  }
}

/** The text of a report about trouble; `undefined` for routine reports. */
export const trouble = (report: Report): string | undefined => {
  switch (report._tag) {
    case 'SinkFailed':
      return `${report.sink}: ${report.error.message}`
    case 'JournalFailed':
      return `journal: ${report.operation}: ${report.error.message}`
    case 'Unwritable':
      return `${report.source}: ${report.error.message}`
    case 'Rejected':
      return `${report.sink}: ${report.key} was rejected, ${report.reason}`
    case 'Noticed':
      switch (report.notice._tag) {
        case 'SourceFailed':
          return `${report.source}: ${report.notice.operation} failed, ${report.notice.error.message}`
        case 'Undecodable':
          return `${report.source}: undecodable, ${report.notice.reason}`
        case 'Warning':
          return `${report.source}: ${report.notice.message}`
        case 'Ignored':
        case 'ClockSkew':
          return undefined
      }
      return undefined
    case 'SinkWarned':
      return report.warnings.map((warning) => `${report.sink}: ${warning}`)[0]
    case 'AcknowledgedUnheld':
      return `lookups do not answer for ${report.tasks.join(', ')}`
    case 'Abandoned':
    case 'Folded':
    case 'Planned':
    case 'Applied':
    case 'Conflicted':
    case 'Synced':
    case 'Acknowledged':
    case 'CheckpointStored':
    case 'Unresolved':
    case 'Swept':
      return undefined
  }
}
