/** The files of a journal. Only this module accesses the disk. */
import { constants } from 'node:fs'
import { join } from 'node:path'
import type { Millis } from '../../core/clock.js'
import { bytesOf } from '../journal-lines.js'
import { type Disk, type DiskFile, machineDisk } from './disk.js'

/** Makes a call to the disk. */
export type DiskAccess = <A>(call: () => Promise<A>) => Promise<A>

export interface JournalFilesSetup {
  readonly directory: string
  /** Whether what was written must survive a power failure, too. */
  readonly fsync: boolean
  readonly newId: () => string
  /** For tests: may refuse a call. */
  readonly access: DiskAccess
  /** Default: that of the machine. */
  readonly disk?: Disk
}

/** Private to the user, because task addresses and labels are confidential. */
const fileMode = 0o600
const directoryMode = 0o700

/** Begins the names of files that are being written. */
const temporary = '.new-'

const codeOf = (thrown: unknown): unknown =>
  thrown instanceof Error && 'code' in thrown ? thrown.code : undefined

/** Whether there is no such file. */
export const isMissing = (thrown: unknown): boolean => codeOf(thrown) === 'ENOENT'

export class JournalFiles {
  private readonly disk: Disk

  constructor(private readonly setup: JournalFilesSetup) {
    this.disk = setup.disk ?? machineDisk
  }

  /** In any order. */
  async names(): Promise<readonly string[]> {
    const { directory, access } = this.setup
    try {
      return await access(() => this.disk.readdir(directory))
    } catch (thrown) {
      if (isMissing(thrown)) return []
      throw thrown
    }
  }

  /** `undefined` if there is no such file. */
  async size(name: string): Promise<{ readonly bytes: number; readonly modifiedAt: Millis } | undefined> {
    try {
      const { size, mtimeMs } = await this.setup.access(() => this.disk.stat(this.path(name)))
      return { bytes: size, modifiedAt: mtimeMs }
    } catch (thrown) {
      if (isMissing(thrown)) return undefined
      throw thrown
    }
  }

  /** The content of a file from an offset on. */
  async *bytes(name: string, from: number, signal: AbortSignal): AsyncGenerator<Buffer> {
    const handle = await this.opened(name, 'r')
    try {
      yield* bytesOf(handle.createReadStream({ start: from, autoClose: false, signal }))
    } finally {
      await handle.close()
    }
  }

  /** Creates an empty file. Rejects if there is one of this name. */
  async create(name: string): Promise<void> {
    await this.makeDirectory()
    await (await this.opened(name, 'ax')).close()
    await this.syncDirectory()
  }

  /** Appends to a file. Resolves to false if it was deleted meanwhile, and rejects if it was deleted before. */
  async append(name: string, text: string): Promise<boolean> {
    const { access } = this.setup
    const handle = await this.opened(name, constants.O_WRONLY | constants.O_APPEND)
    try {
      await access(() => handle.appendFile(text))
      await this.sync(handle)
      return (await access(() => handle.stat())).nlink > 0
    } finally {
      await handle.close()
    }
  }

  /**
   * Makes what a file holds now survive a power failure, whoever wrote it: its writer may be waiting for the disk yet.
   */
  async settle(name: string): Promise<void> {
    if (!this.setup.fsync) return
    const handle = await this.opened(name, 'r')
    try {
      await this.sync(handle)
    } finally {
      await handle.close()
    }
    await this.syncDirectory()
  }

  /** Whether a file with this content was created: false if there is one of this name. Nobody sees a part of it. */
  async publish(name: string, parts: AsyncIterable<string | Uint8Array>): Promise<boolean> {
    const { newId, access } = this.setup
    await this.makeDirectory()
    const draft = `${temporary}${newId()}`
    try {
      const handle = await this.opened(draft, 'ax')
      try {
        for await (const part of parts) await access(() => handle.appendFile(part))
        await this.sync(handle)
      } finally {
        await handle.close()
      }
      await access(() => this.disk.link(this.path(draft), this.path(name)))
      await this.syncDirectory()
      return true
    } catch (thrown) {
      if (codeOf(thrown) === 'EEXIST') return false
      throw thrown
    } finally {
      await this.remove(draft).catch(() => undefined)
    }
  }

  /** Deletes a file, if there is one. */
  async remove(name: string): Promise<void> {
    try {
      await this.setup.access(() => this.disk.unlink(this.path(name)))
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown
    }
  }

  private path(name: string): string {
    return join(this.setup.directory, name)
  }

  private async makeDirectory(): Promise<void> {
    const { directory, access } = this.setup
    await access(() => this.disk.mkdir(directory, { recursive: true, mode: directoryMode }))
  }

  private async opened(name: string, flags: string | number): Promise<DiskFile> {
    const handles: DiskFile[] = []
    try {
      return await this.setup.access(async () => {
        const handle = await this.disk.open(this.path(name), flags, fileMode)
        handles.push(handle)
        return handle
      })
    } catch (thrown) {
      for (const handle of handles) await handle.close()
      throw thrown
    }
  }

  private async sync(handle: DiskFile): Promise<void> {
    if (this.setup.fsync) await this.setup.access(() => handle.datasync())
  }

  /** A new file's name is stored in the directory, which must be synced separately. */
  private async syncDirectory(): Promise<void> {
    const { directory, fsync, access } = this.setup
    if (!fsync) return
    await access(async () => {
      const handle = await this.disk.open(directory, 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    })
  }
}

/** Whether a file was left by a process that was killed while it wrote. */
export const isTemporary = (name: string): boolean => name.startsWith(temporary)
