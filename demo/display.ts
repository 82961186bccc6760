import pc from 'picocolors'
import type { WriteStream } from 'node:tty'
import { PlainLog } from './plain-log.js'
import { frame, type Scene, type Surface } from './screen.js'

/** Shows the scene repeatedly. */
export interface Display {
  /** The time between two scenes, in milliseconds. */
  readonly everyMs: number
  readonly surface: () => Surface
  /** Text that stays. */
  print(lines: readonly string[]): void
  show(scene: Scene): void
  /** Restores the terminal. */
  close(): void
}

type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'columns' | 'rows'>>

const hideCursor = '\x1b[?25l'
const showCursor = '\x1b[?25h'
const clearToEnd = '\x1b[J'
const clearLine = '\x1b[K'

/** Redraws in place on a terminal; prints a line for each change elsewhere, or nothing if quiet. */
export const display = (output: Output, quiet: boolean, env: NodeJS.ProcessEnv = process.env): Display => {
  const live = output.isTTY === true && env['TERM'] !== 'dumb'
  const isSet = (name: string): boolean => (env[name] ?? '') !== ''
  const colors = pc.createColors(!isSet('NO_COLOR') && (live || isSet('FORCE_COLOR')))
  const surface = (): Surface => ({ colors, columns: output.columns ?? 80, rows: output.rows ?? 24 })
  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) output.write(lines.map((line) => `${line}\n`).join(''))
  }
  if (quiet) return { everyMs: 1_000, surface, print, show: () => undefined, close: () => undefined }
  if (!live) {
    const log = new PlainLog()
    return {
      everyMs: 1_000,
      surface,
      print,
      show: (scene) => print(log.take(scene)),
      close: () => undefined,
    }
  }

  /** The number of lines of the frame above the cursor. */
  let drawn = 0
  const restore = (): void => {
    output.write(showCursor)
  }
  process.once('exit', restore)
  output.write(hideCursor)
  return {
    everyMs: 100,
    surface,
    print: (lines) => {
      drawn = 0
      print(lines)
    },
    show: (scene) => {
      const lines = frame(scene, surface())
      // Overwrites each line; clearing it first would flicker.
      const up = drawn === 0 ? '\r' : `\r\x1b[${Math.min(drawn, surface().rows - 1)}A`
      output.write(`${up}${lines.map((line) => `${line}${clearLine}\n`).join('')}${clearToEnd}`)
      drawn = lines.length
    },
    close: () => {
      process.off('exit', restore)
      restore()
    },
  }
}
