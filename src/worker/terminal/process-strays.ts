import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { Observable, ReplaySubject } from 'rxjs'
import { exitCode } from './exit-code.js'
import type { Stray } from './stray.js'

/** How many are kept for who subscribes later: a start has a handful. */
const kept = 100

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error)

const nameOf = (error: unknown): string =>
  !(error instanceof Error)
    ? 'Error'
    : 'code' in error && typeof error.code === 'string'
      ? `${error.name} ${error.code}`
      : error.name

/**
 * Takes over, at once and for good, all that this process would print by itself: Node's warnings, `console`, and what
 * is written to `process.stderr`. Standard error is left to those who write to its file descriptor: the log, and
 * messages to people.
 *
 * Uncaught errors end the process as before, with exit code 1; where somebody subscribes, they are told first.
 */
export const processStrays = (): Observable<Stray> => {
  const strays = new ReplaySubject<Stray>(kept)
  const told = (origin: Stray['origin'], text: string, name?: string): void => {
    const trimmed = text.trim()
    if (trimmed !== '') strays.next({ origin, text: trimmed, ...(name === undefined ? {} : { name }) })
  }
  const stream = (origin: Stray['origin']): Writable =>
    new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        told(origin, chunk.toString())
        done()
      },
    })

  // Node's own listener prints text, past `process.stderr`.
  process.removeAllListeners('warning')
  process.on('warning', (warning) => told('warning', warning.message, nameOf(warning)))
  const ours = stream('console')
  globalThis.console = new Console({ stdout: ours, stderr: ours })
  const stderr = stream('stderr')
  process.stderr.write = stderr.write.bind(stderr)

  return new Observable((subscriber) => {
    const fatal = (error: unknown): void => {
      told('fatal', textOf(error), nameOf(error))
      process.exit(exitCode.failed)
    }
    const subscription = strays.subscribe(subscriber)
    // Rejections that nobody handles come here as well.
    process.on('uncaughtException', fatal)
    return () => {
      subscription.unsubscribe()
      process.off('uncaughtException', fatal)
    }
  })
}
