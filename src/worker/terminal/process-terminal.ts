import { writeSync } from 'node:fs'
import { fromEvent, map, merge } from 'rxjs'
import { processStrays } from './process-strays.js'
import type { Terminal } from './terminal.js'

/** Ignores a reader that has closed its end, as `head` does, and waits for a slow one. */
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

/**
 * The terminal of this process: results on standard output, everything else on standard error. Create it before loading
 * anything else, so that no module can print directly.
 */
export const processTerminal = (): Terminal => ({
  env: process.env,
  out: (text) => write(1, text),
  err: (text) => write(2, text),
  log: async () => {
    const { logFile } = await import('./log-file.js')
    return logFile()
  },
  isInteractive: process.stderr.isTTY,
  stops$: merge(
    ...(['SIGTERM', 'SIGINT'] as const).map((signal) => fromEvent(process, signal).pipe(map(() => signal))),
  ),
  strays$: processStrays(),
  exit: (code) => process.exit(code),
})
