import { type FileHandle, link, mkdir, open, readdir, stat, unlink } from 'node:fs/promises'

/** An open file, as far as a journal uses it. */
export interface DiskFile {
  appendFile(data: string | Uint8Array): Promise<void>
  datasync(): Promise<void>
  sync(): Promise<void>
  stat(): Promise<{ readonly nlink: number }>
  createReadStream(options: {
    readonly start: number
    readonly autoClose: false
    readonly signal: AbortSignal
  }): AsyncIterable<unknown>
  close(): Promise<void>
}

/** The calls that a journal makes to a file system: those of `node:fs/promises`, which fail as there. */
export interface Disk {
  link(existing: string, path: string): Promise<void>
  mkdir(path: string, options: { readonly recursive: true; readonly mode: number }): Promise<unknown>
  open(path: string, flags: string | number, mode?: number): Promise<DiskFile>
  readdir(path: string): Promise<string[]>
  stat(path: string): Promise<{ readonly size: number; readonly mtimeMs: number }>
  unlink(path: string): Promise<void>
}

/** That of the machine. */
export const machineDisk: Disk = {
  link,
  mkdir,
  open: (path, flags, mode): Promise<FileHandle> => open(path, flags, mode),
  readdir: (path) => readdir(path),
  stat: (path) => stat(path),
  unlink,
}
