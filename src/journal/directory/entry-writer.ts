import type { Clock, Millis } from '../../core/clock.js'
import { entriesFile } from './file-names.js'
import { isMissing, type JournalFiles } from './journal-files.js'

export interface EntryWriterSetup {
  readonly files: JournalFiles
  /** Unique among the writers of the directory. */
  readonly writer: string
  readonly clock: Clock
  readonly maxBytes: number
  /** A file that was begun so long ago is not written to any more, so that it can be deleted. */
  readonly maxAgeMs: Millis
}

interface Current {
  readonly name: string
  readonly begunAt: Millis
  bytes: number
}

/**
 * Writes the entries of one worker to files of its own. After a failure it begins another file, because the last line
 * may be torn.
 */
export class EntryWriter {
  private current: Current | undefined
  private count = 0
  private callsUnderWay = 0
  private last: Promise<unknown> = Promise.resolve()

  constructor(private readonly setup: EntryWriterSetup) {}

  /** Resolves when the lines are on the disk. Makes one call after the other. */
  append(text: string, signal: AbortSignal): Promise<void> {
    const appended = this.last.then(() => {
      signal.throwIfAborted()
      return this.write(text)
    })
    this.callsUnderWay++
    this.last = appended
      .catch(() => undefined)
      .then(() => {
        this.callsUnderWay--
      })
    return appended
  }

  /** Whether the disk has all that a file holds: this writer writes to it, and is not writing now. */
  isSettled(name: string): boolean {
    return this.callsUnderWay === 0 && name === this.current?.name
  }

  private async write(text: string): Promise<void> {
    const { files } = this.setup
    for (;;) {
      const current = await this.open()
      try {
        const isThere = await files.append(current.name, text)
        current.bytes += Buffer.byteLength(text)
        if (isThere) return
      } catch (thrown) {
        this.current = undefined
        if (isMissing(thrown)) continue
        // A disk that is full refuses every write: the files must not become many.
        if (current.bytes === 0) await files.remove(current.name).catch(() => undefined)
        throw thrown
      }
      // Somebody found the file old and complete, and deleted it, while this process was suspended.
      this.current = undefined
    }
  }

  private async open(): Promise<Current> {
    const { files, writer, clock, maxBytes, maxAgeMs } = this.setup
    const { current } = this
    const now = clock.now()
    if (current !== undefined && current.bytes < maxBytes && Math.abs(now - current.begunAt) < maxAgeMs)
      return current
    this.count++
    const begun = { name: entriesFile(writer, this.count), begunAt: now, bytes: 0 }
    await files.create(begun.name)
    this.current = begun
    return begun
  }
}
