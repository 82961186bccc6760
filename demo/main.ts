import { randomInt } from 'node:crypto'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blueGreen } from './blue-green.js'
import { demo } from './demo.js'
import { display } from './display.js'
import { parseOptions } from './options.js'

/**
 * npm, its shell and tsx each forward a Ctrl-C that the terminal has already sent, so only a later one counts as
 * second.
 */
const echoMs = 1_000

const stopSignal = (): AbortSignal => {
  const stop = new AbortController()
  let first: number | undefined
  const onSignal = (): void => {
    const now = performance.now()
    first ??= now
    if (now - first > echoMs) process.exit(130)
    stop.abort()
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  // The reader of the output has gone.
  process.stdout.on('error', () => stop.abort())
  return stop.signal
}

/** TypeScript beside the sources, and JavaScript once they are built. */
const workerProgram = fileURLToPath(new URL(`worker-process${extname(import.meta.url)}`, import.meta.url))

const request = parseOptions(process.argv.slice(2), () => randomInt(1_000))
switch (request._tag) {
  case 'Help':
    process.stdout.write(request.text)
    break
  case 'Misuse':
    process.stderr.write(request.text)
    process.exitCode = 64
    break
  case 'Run': {
    const screen = display(process.stdout, request.options.quiet)
    try {
      const { options } = request
      const stop = stopSignal()
      process.exitCode = await (options.scene === 'blue-green'
        ? blueGreen(options, screen, stop)
        : demo(options, screen, stop, workerProgram))
    } finally {
      screen.close()
    }
  }
}
