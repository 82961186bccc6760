import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { Observable, ReplaySubject } from 'rxjs'
import { exitCode } from './exit-code.js'
import type { Stray } from './stray.js'

/** How many are kept for a later subscriber; a start produces a handful. */
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
 * Captures, immediately and permanently, what this process would otherwise print: Node's warnings, `console`, and
 * writes to `process.stderr`. Only the log and messages to people still reach standard error, through its file
 * descriptor.
 *
 * Uncaught errors end the process with exit code 1, as usual; a subscriber receives them first.
 */
export const processStrays = (): Observable<Stray> => {
  const strays = new ReplaySubject<Stray>(kept)
  const show = (origin: Stray['origin'], text: string, name?: string): void => {
    const trimmed = text.trim()
    if (trimmed !== '') strays.next({ origin, text: trimmed, ...(name === undefined ? {} : { name }) })
  }
  const stream = (origin: Stray['origin']): Writable =>
    new Writable({
      decodeStrings: false,
      write: (chunk: string | Buffer, _encoding, done) => {
        show(origin, chunk.toString())
        done()
      },
    })

  // Node's own listener bypasses `process.stderr`.
  process.removeAllListeners('warning')
  process.on('warning', (warning) => show('warning', warning.message, nameOf(warning)))
  const ours = stream('console')
  globalThis.console = new Console({ stdout: ours, stderr: ours })
  const stderr = stream('stderr')
  process.stderr.write = stderr.write.bind(stderr)

  return new Observable((subscriber) => {
    const fatal = (error: unknown): void => {
      show('fatal', textOf(error), nameOf(error))
      process.exit(exitCode.failed)
    }
    const subscription = strays.subscribe(subscriber)
    // Unhandled rejections arrive here, too.
    process.on('uncaughtException', fatal)
    return () => {
      subscription.unsubscribe()
      process.off('uncaughtException', fatal)
    }
  })
}
