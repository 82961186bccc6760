import { pino } from 'pino'
import type { LogDestination } from './terminal.js'

/** Maximum number of bytes of log lines that wait for a reader; further lines are dropped. */
const maxWaiting = 16 * 1024 * 1024

/** A log on standard error. It is flushed whenever and however the process ends. */
export const logFile = (): LogDestination => pino.destination({ fd: 2, sync: false, maxLength: maxWaiting })
