/** Appends to numbered files. Only this module accesses the disk. */
import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

export interface JournalDirectorySetup {
  readonly directory: string
  /** Files are named `<name>-<8-digit number>.jsonl`, so that their names sort in the order of writing. */
  readonly name: string
  /** Maximum size of a file. A line that does not fit begins the next file; a longer line gets its own file. */
  readonly maxBytes: number
  /** Number of files that are kept, the newest ones. */
  readonly maxFiles: number
  /** Whether new file names must survive a power failure, too. */
  readonly durable: boolean
}

interface Current {
  readonly handle: FileHandle
  size: number
}

const digits = 8

/** Private to the user, because task addresses and labels are confidential. */
const fileMode = 0o600
const directoryMode = 0o700

/** Replaces characters that are special to file systems or shells. */
const fileName = (name: string): string => name.replace(/[^\w.-]/g, '_')

/**
 * Appends lines to the newest of a set of numbered files. Make one call at a time. Every method rejects when the disk
 * fails; the next `append` then reopens the newest file, and starts a new line after one that a crash or a full disk
 * cut off.
 */
export class JournalDirectory {
  private current: Current | undefined
  private readonly prefix: string

  constructor(private readonly setup: JournalDirectorySetup) {
    this.prefix = `${fileName(setup.name)}-`
  }

  /** Writes lines in order. Lines that must be in one file are given as one, with line breaks between them. */
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

  /** Resolves once everything appended so far is on the disk. */
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

  /** Closes the file after a failure, because its state is unknown; the next `append` reopens it. */
  private async discard(): Promise<void> {
    await this.close().catch(() => undefined)
  }

  /** Ordered by number, oldest first. */
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

  /** Never opens an existing file, because another process may record under the same name. */
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

  /** A new file's name is stored in the directory, which must be synced separately. */
  private async syncDirectory(): Promise<void> {
    const handle = await open(this.setup.directory, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}
