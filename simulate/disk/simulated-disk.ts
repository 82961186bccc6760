import { constants } from 'node:fs'
import type { Millis } from '../../src/core/clock.js'
import type { Disk, DiskFile } from '../../src/journal/directory/disk.js'
import { type DiskContent, type StoredFile, systemError } from './disk-content.js'

/** How a disk behaves, for one process. */
export interface DiskConduct {
  readonly now: () => Millis
  /** Makes a call: after its time, and never for a process that is dead by then. Throws if the disk fails. */
  readonly access: <A>(call: string, path: string, make: () => A) => Promise<A>
  /** How many bytes of a write there is room for. */
  readonly room: (path: string, bytes: number) => number
  /** Called when a write begins; returns what ends it. A process that is killed in between leaves a part of it. */
  readonly writing: (file: StoredFile, data: Buffer) => () => void
}

/** So many bytes come at once, as from a stream of Node. */
const chunkBytes = 65_536

/** Appends to a file, as the system does. */
export const appendTo = (file: StoredFile, data: Buffer, now: Millis): void => {
  file.bytes = Buffer.concat([file.bytes, data])
  file.modifiedAt = now
}

class OpenFile implements DiskFile {
  constructor(
    private readonly path: string,
    private readonly file: StoredFile,
    private readonly conduct: DiskConduct,
  ) {}

  async appendFile(data: string | Uint8Array): Promise<void> {
    const { access, room, writing, now } = this.conduct
    const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data)
    const end = writing(this.file, bytes)
    try {
      await access('write', this.path, () => {
        const fits = room(this.path, bytes.length)
        appendTo(this.file, bytes.subarray(0, fits), now())
        if (fits < bytes.length) throw systemError('ENOSPC', 'write', this.path)
      })
    } finally {
      end()
    }
  }

  datasync(): Promise<void> {
    return this.sync()
  }

  sync(): Promise<void> {
    return this.conduct.access('fdatasync', this.path, () => {
      this.file.synced = this.file.bytes.length
    })
  }

  stat(): Promise<{ readonly nlink: number }> {
    return this.conduct.access('fstat', this.path, () => ({ nlink: this.file.links }))
  }

  async *createReadStream({
    start,
    signal,
  }: {
    readonly start: number
    readonly signal: AbortSignal
  }): AsyncGenerator<Buffer> {
    for (let at = start; ;) {
      const from = at
      const chunk = await this.conduct.access('read', this.path, () =>
        this.file.bytes.subarray(from, from + chunkBytes),
      )
      signal.throwIfAborted()
      if (chunk.length === 0) return
      at += chunk.length
      yield chunk
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** An open directory, which can only be synced. */
class OpenDirectory implements DiskFile {
  constructor(
    private readonly path: string,
    private readonly content: DiskContent,
    private readonly conduct: DiskConduct,
  ) {}

  appendFile(): Promise<void> {
    return Promise.reject(systemError('EISDIR', 'write', this.path))
  }

  datasync(): Promise<void> {
    return this.sync()
  }

  sync(): Promise<void> {
    return this.conduct.access('fsync', this.path, () => this.content.syncDirectory(this.path))
  }

  stat(): Promise<{ readonly nlink: number }> {
    return Promise.resolve({ nlink: 1 })
  }

  // eslint-disable-next-line require-yield -- a stream that fails before its first chunk
  async *createReadStream(): AsyncGenerator<Buffer> {
    await Promise.reject(systemError('EISDIR', 'read', this.path))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** A file system in memory, as a process sees it: what the journal in a directory uses of `node:fs/promises`. */
export class SimulatedDisk implements Disk {
  constructor(
    private readonly content: DiskContent,
    private readonly conduct: DiskConduct,
  ) {}

  link(existing: string, path: string): Promise<void> {
    return this.conduct.access('link', path, () => {
      this.#needRoom('link', path)
      this.content.link(existing, path)
    })
  }

  mkdir(path: string): Promise<void> {
    return this.conduct.access('mkdir', path, () => this.content.mkdir(path))
  }

  open(path: string, flags: string | number): Promise<DiskFile> {
    const { conduct, content } = this
    return conduct.access('open', path, () => {
      if (content.isDirectory(path)) return new OpenDirectory(path, content, conduct)
      if (flags !== 'ax') {
        if (flags !== 'r' && flags !== (constants.O_WRONLY | constants.O_APPEND))
          throw new Error(`not simulated: open with ${flags}`)
        return new OpenFile(path, content.file(path, 'open'), conduct)
      }
      this.#needRoom('open', path)
      return new OpenFile(path, content.create(path, conduct.now()), conduct)
    })
  }

  readdir(path: string): Promise<string[]> {
    return this.conduct.access('scandir', path, () => this.content.names(path))
  }

  stat(path: string): Promise<{ readonly size: number; readonly mtimeMs: number }> {
    return this.conduct.access('stat', path, () => {
      const { bytes, modifiedAt } = this.content.file(path, 'stat')
      return { size: bytes.length, mtimeMs: modifiedAt }
    })
  }

  unlink(path: string): Promise<void> {
    return this.conduct.access('unlink', path, () => this.content.unlink(path))
  }

  /** A name needs room in its directory. */
  #needRoom(call: string, path: string): void {
    if (this.conduct.room(path, 1) < 1) throw systemError('ENOSPC', call, path)
  }
}
