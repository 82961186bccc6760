/** Files that are appended to: only this file touches the disk. */
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

export interface JournalDirectorySetup {
  readonly directory: string
  /** Files are named `<name>-<number of 8 digits>.jsonl`, so that their names sort as they were written. */
  readonly name: string
  /** A file that would grow beyond is ended, and the next begun. A longer line has a file of its own. */
  readonly maxBytes: number
  /** How many are kept, the newest ones. */
  readonly maxFiles: number
  /** Whether a file's name must survive a power failure, too. */
  readonly durable: boolean
}

interface Current {
  readonly handle: FileHandle
  size: number
}

const digits = 8

/** Tasks' addresses and labels are nobody else's business. */
const fileMode = 0o600
const directoryMode = 0o700

/** Characters that file systems and shells take for what they are. */
const fileName = (name: string): string => name.replace(/[^\w.-]/g, '_')

/**
 * Appends lines to the newest of a set of numbered files. One call at a time. Every method rejects when the disk
 * does; the next `append` then opens the newest file again, and begins a line of its own after one that a crash or a
 * full disk cut off.
 */
export class JournalDirectory {
  private current: Current | undefined
  private readonly prefix: string

  constructor(private readonly setup: JournalDirectorySetup) {
    this.prefix = `${fileName(setup.name)}-`
  }

  /** Writes lines, which must not hold line ends, in their order. */
  async append(lines: readonly string[]): Promise<void> {
    try {
      let current = this.current ?? (await this.openNewest())
      let chunk = ''
      let bytes = 0
      const write = async (): Promise<void> => {
        await current.handle.appendFile(chunk)
        current.size += bytes
        chunk = ''
        bytes = 0
      }
      for (const line of lines) {
        const length = Buffer.byteLength(line) + 1
        const before = current.size + bytes
        if (before > 0 && before + length > this.setup.maxBytes) {
          await write()
          current = await this.rotate()
        }
        chunk += `${line}\n`
        bytes += length
      }
      await write()
    } catch (thrown) {
      await this.discard()
      throw thrown
    }
  }

  /** Resolves once everything that was appended is on the disk. */
  async sync(): Promise<void> {
    try {
      await this.current?.handle.datasync()
    } catch (thrown) {
      await this.discard()
      throw thrown
    }
  }

  async close(): Promise<void> {
    const { current } = this
    this.current = undefined
    await current?.handle.close()
  }

  /** What failed once may be in any state: it is opened anew. */
  private async discard(): Promise<void> {
    await this.close().catch(() => undefined)
  }

  /** By number, oldest first. */
  private async files(): Promise<readonly { readonly number: number; readonly file: string }[]> {
    const names = await readdir(this.setup.directory)
    return names
      .filter(
        (file) => file.startsWith(this.prefix) && /^\d{8,}\.jsonl$/.test(file.slice(this.prefix.length)),
      )
      .map((file) => ({ file, number: Number.parseInt(file.slice(this.prefix.length), 10) }))
      .sort((a, b) => a.number - b.number)
  }

  private async openNewest(): Promise<Current> {
    await mkdir(this.setup.directory, { recursive: true, mode: directoryMode })
    const newest = (await this.files()).at(-1)
    return newest === undefined ? this.create(1) : this.reopen(newest.file)
  }

  private async reopen(file: string): Promise<Current> {
    const handle = await open(join(this.setup.directory, file), 'a+', fileMode)
    this.current = { handle, size: (await handle.stat()).size }
    if (this.current.size > 0) {
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, this.current.size - 1)
      if (buffer.toString() !== '\n') {
        await handle.appendFile('\n')
        this.current.size++
      }
    }
    return this.current
  }

  /** Never takes a file that is there: another process may record under the same name. */
  private async create(number: number): Promise<Current> {
    const file = `${this.prefix}${String(number).padStart(digits, '0')}.jsonl`
    const handle = await open(join(this.setup.directory, file), 'ax', fileMode)
    this.current = { handle, size: 0 }
    if (this.setup.durable) await this.syncDirectory()
    return this.current
  }

  private async rotate(): Promise<Current> {
    if (this.setup.durable) await this.sync()
    await this.close()
    const files = await this.files()
    const current = await this.create((files.at(-1)?.number ?? 0) + 1)
    for (const { file } of files.slice(0, Math.max(0, files.length + 1 - this.setup.maxFiles)))
      await rm(join(this.setup.directory, file), { force: true })
    return current
  }

  /** A new file's name is part of the directory, which is synced on its own. */
  private async syncDirectory(): Promise<void> {
    const handle = await open(this.setup.directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}
