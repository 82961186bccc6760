import { writeSync } from 'node:fs'
import { pino } from 'pino'
import { fromEvent, map, merge } from 'rxjs'
import { processStrays } from './process-strays.js'
import type { Terminal } from './terminal.js'

/** A reader that has gone away, as `head` does, is no failure; one that is slow is waited for. */
const write = (fd: number, text: string): void => {
  let rest = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN') throw thrown
    }
  }
}

/** Bytes of log lines that wait for their reader; what comes beyond is dropped. */
const maxWaiting = 16 * 1024 * 1024

/**
 * The terminal of this very process: results on standard output, everything else on standard error. Make it before
 * anything else is loaded: from then on nothing prints by itself.
 */
export const processTerminal = (): Terminal => ({
  env: process.env,
  out: (text) => write(1, text),
  err: (text) => write(2, text),
  // Flushed when the process ends, whichever way.
  log: pino.destination({ fd: 2, sync: false, maxLength: maxWaiting }),
  stops$: merge(
    ...(['SIGTERM', 'SIGINT'] as const).map((signal) => fromEvent(process, signal).pipe(map(() => signal))),
  ),
  strays$: processStrays(),
  exit: (code) => process.exit(code),
})
