import type { Logger } from 'pino'
import type { DriverNotice } from '../../sources/ecs-api/deployments/continue-paused.js'

/** Logs what the driver of paused deployments did, or why it does not. */
export const logDriverNotice = (logger: Pick<Logger, 'info' | 'warn'>, notice: DriverNotice): void => {
  const { deployment, stage } = notice
  switch (notice._tag) {
    case 'Continued':
      logger.info({ deployment, stage }, 'continued: every required sink holds this stage')
      return
    case 'Waiting':
      logger.warn(
        {
          deployment,
          stage,
          reason: notice.reason,
          expiresAt: notice.expiresAt === undefined ? undefined : new Date(notice.expiresAt).toISOString(),
        },
        'not continued: a target does not hold this stage; ECS acts at the timeout',
      )
      return
    case 'Refused':
      logger.warn(
        { deployment, stage, reason: notice.error.message },
        'ECS refused to continue; continue it by hand, or let it time out',
      )
  }
}
