import type { Faults } from '../engine/faults.js'
import type { FileStatus, FileSystem, OpenedFile } from '../../src/sinks/document/file-system.js'
import { type DiskContent, type StoredFile, systemError } from './disk-content.js'
import type { DiskConduct } from './simulated-disk.js'
import { appendTo } from './simulated-disk.js'

const mode = 0o100644

const statusOf = ({ bytes, modifiedAt }: StoredFile): FileStatus => ({
  isFile: () => true,
  size: bytes.length,
  mode,
  uid: 0,
  gid: 0,
  mtimeMs: modifiedAt,
})

export interface FilesConduct extends DiskConduct {
  readonly faults: Faults
  /** What is in a file may be another now. */
  readonly changed: () => void
}

/** A file system in memory, as a process sees it: what a document in a file uses of `node:fs`. */
export class SimulatedFiles implements FileSystem {
  constructor(
    private readonly content: DiskContent,
    private readonly conduct: FilesConduct,
  ) {}

  lstat(path: string): Promise<FileStatus> {
    return this.#status('lstat', path)
  }

  stat(path: string): Promise<FileStatus> {
    return this.#status('stat', path)
  }

  readdir(path: string): Promise<readonly string[]> {
    return this.conduct.access('scandir', path, () => this.content.names(path))
  }

  readText(path: string): Promise<string> {
    return this.conduct.access('read', path, () => this.content.file(path, 'open').bytes.toString())
  }

  /** There are no symbolic links. */
  realpath(path: string): Promise<string> {
    return this.conduct.access('realpath', path, () => {
      if (!this.content.isDirectory(path)) this.content.file(path, 'realpath')
      return path
    })
  }

  rm(path: string, { force }: { readonly force: boolean } = { force: false }): Promise<void> {
    return this.conduct.access('unlink', path, () => {
      if (!force || this.content.has(path)) this.content.unlink(path)
      this.conduct.changed()
    })
  }

  open(path: string, flags: 'r' | 'wx'): Promise<OpenedFile> {
    return this.conduct.access('open', path, () => {
      if (this.content.isDirectory(path))
        return this.#opened(path, undefined, () => this.content.syncDirectory(path))
      if (flags === 'wx' && this.conduct.room(path, 1) < 1) throw systemError('ENOSPC', 'open', path)
      const file =
        flags === 'wx' ? this.content.create(path, this.conduct.now()) : this.content.file(path, 'open')
      return this.#opened(path, file, () => (file.synced = file.bytes.length))
    })
  }

  readTextSync(path: string): string {
    this.#mayFail('read', path)
    return this.content.file(path, 'open').bytes.toString()
  }

  renameSync(from: string, to: string): void {
    this.#mayFail('rename', to)
    this.content.rename(from, to)
    this.conduct.changed()
  }

  rmSync(path: string): void {
    this.#mayFail('unlink', path)
    this.content.unlink(path)
    this.conduct.changed()
  }

  #opened(path: string, file: StoredFile | undefined, sync: () => void): OpenedFile {
    const { access, room, writing, now, changed } = this.conduct
    const some = (call: string): StoredFile => {
      if (file === undefined) throw systemError('EISDIR', call, path)
      return file
    }
    return {
      writeFile: async (text) => {
        const [written, bytes] = [some('write'), Buffer.from(text)]
        const end = writing(written, bytes)
        try {
          await access('write', path, () => {
            const fits = room(path, bytes.length)
            appendTo(written, bytes.subarray(0, fits), now())
            changed()
            if (fits < bytes.length) throw systemError('ENOSPC', 'write', path)
          })
        } finally {
          end()
        }
      },
      chmod: () => access('fchmod', path, () => undefined),
      chown: () => access('fchown', path, () => undefined),
      stat: () => access('fstat', path, () => statusOf(some('fstat'))),
      sync: () => access('fsync', path, sync),
      close: () => Promise.resolve(),
    }
  }

  #status(call: string, path: string): Promise<FileStatus> {
    return this.conduct.access(call, path, () => statusOf(this.content.file(path, call)))
  }

  /** A call for which nothing waits fails as others do. */
  #mayFail(call: string, path: string): void {
    if (this.conduct.faults.happens('disk-error', 0.003, call)) throw systemError('EIO', call, path)
  }
}
