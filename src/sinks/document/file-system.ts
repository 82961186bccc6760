import { readFileSync, renameSync, rmSync } from 'node:fs'
import { lstat, open, readdir, readFile, realpath, rm, stat } from 'node:fs/promises'

export interface FileStatus {
  isFile(): boolean
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeMs: number
}

export interface OpenedFile {
  writeFile(text: string): Promise<void>
  chmod(mode: number): Promise<void>
  chown(uid: number, gid: number): Promise<void>
  stat(): Promise<FileStatus>
  sync(): Promise<void>
  close(): Promise<void>
}

/** What an `AtomicFile` needs of `node:fs`, with its errors. */
export interface FileSystem {
  lstat(path: string): Promise<unknown>
  open(path: string, flags: 'r' | 'wx', mode?: number): Promise<OpenedFile>
  readdir(path: string): Promise<readonly string[]>
  readText(path: string): Promise<string>
  realpath(path: string): Promise<string>
  rm(path: string, options?: { readonly force: boolean }): Promise<void>
  stat(path: string): Promise<FileStatus>
  readTextSync(path: string): string
  renameSync(from: string, to: string): void
  rmSync(path: string): void
}

export const nodeFiles: FileSystem = {
  lstat,
  open,
  readdir,
  readText: (path) => readFile(path, 'utf8'),
  realpath,
  rm,
  stat,
  readTextSync: (path) => readFileSync(path, 'utf8'),
  renameSync,
  rmSync,
}
