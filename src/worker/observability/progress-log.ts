import type { Logger } from 'pino'
import { filter, map, type Observable, type Subscription } from 'rxjs'
import type { Clock, Millis } from '../../core/clock.js'
import type { Report } from '../../core/report.js'
import { Progress, type Work } from './progress.js'

/** The long work of a worker's sources. */
export const workOf = (reports$: Observable<Report>): Observable<Work> =>
  reports$.pipe(
    map((report) =>
      report._tag === 'Noticed' && report.notice._tag === 'Progressed' ? report.notice : undefined,
    ),
    filter((work) => work !== undefined),
  )

const minute: Millis = 60_000

/** Logs once a minute how far long work is, such as the first snapshot of a large cluster. */
export const logProgress = (
  reports$: Observable<Report>,
  logger: Pick<Logger, 'info'>,
  clock: Pick<Clock, 'now'>,
): Subscription => {
  const progress = new Progress(minute)
  return workOf(reports$).subscribe((work) => {
    const what = progress.take(work, clock.now())
    if (what !== undefined) logger.info({ what }, 'progress')
  })
}
