import { stat } from 'node:fs/promises'
import { systemClock } from '../../shared/async/system-clock.js'
import { ProgressLine } from '../terminal/progress-line.js'
import type { Terminal } from '../terminal/terminal.js'

const megabyte = 1_000_000

/** The bytes of the files; `undefined` if one is a pipe, or is not there. */
const sizeOf = async (files: readonly string[]): Promise<number | undefined> => {
  const found = await Promise.all(files.map((file) => stat(file).catch(() => undefined)))
  return found.every((each) => each?.isFile() === true)
    ? found.reduce((sum, each) => sum + (each?.size ?? 0), 0)
    : undefined
}

export interface ReadingProgress {
  /** Bytes were read. */
  readonly read: (bytes: number) => void
  /** Takes the line away, before something else is printed. */
  readonly clear: () => void
}

/** Shows how much of the files has been read, all of them `times` times. */
export const readingProgress = async (
  files: readonly string[],
  terminal: Pick<Terminal, 'err' | 'isInteractive' | 'clock'>,
  times: number,
): Promise<ReadingProgress> => {
  const size = await sizeOf(files)
  const of = size === undefined ? undefined : (times * size) / megabyte
  const line = new ProgressLine(terminal, terminal.clock ?? systemClock)
  let done = 0
  return {
    read: (bytes) => {
      done += bytes / megabyte
      line.show({ what: 'MB of recordings read', done, of })
    },
    clear: () => line.clear(),
  }
}
