import { posix } from 'node:path'
import type { Millis } from '../../src/core/clock.js'

/** A file: what processes read, and how much of it a power failure leaves. */
export interface StoredFile {
  bytes: Buffer
  synced: number
  links: number
  modifiedAt: Millis
}

/** An error as the operating system gives it. */
export const systemError = (code: string, call: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path })

interface Directory {
  /** As processes see it. */
  readonly names: Map<string, StoredFile>
  /** As it was when it was synced. */
  synced: ReadonlyMap<string, StoredFile>
}

/** What is on a disk: directories of files. Each call is atomic, and takes no time. */
export class DiskContent {
  readonly #directories = new Map<string, Directory>()

  mkdir(path: string): void {
    if (!this.#directories.has(path)) this.#directories.set(path, { names: new Map(), synced: new Map() })
  }

  isDirectory(path: string): boolean {
    return this.#directories.has(path)
  }

  names(path: string): string[] {
    return [...this.#directory(path, 'scandir').names.keys()]
  }

  file(path: string, call: string): StoredFile {
    const file = this.#directory(posix.dirname(path), call).names.get(posix.basename(path))
    if (file === undefined) throw systemError('ENOENT', call, path)
    return file
  }

  create(path: string, now: Millis): StoredFile {
    const { names } = this.#directory(posix.dirname(path), 'open')
    const name = posix.basename(path)
    if (names.has(name)) throw systemError('EEXIST', 'open', path)
    const file: StoredFile = { bytes: Buffer.alloc(0), synced: 0, links: 1, modifiedAt: now }
    names.set(name, file)
    return file
  }

  link(existing: string, path: string): void {
    const file = this.file(existing, 'link')
    const { names } = this.#directory(posix.dirname(path), 'link')
    const name = posix.basename(path)
    if (names.has(name)) throw systemError('EEXIST', 'link', path)
    names.set(name, file)
    file.links++
  }

  has(path: string): boolean {
    return this.#directories.get(posix.dirname(path))?.names.has(posix.basename(path)) === true
  }

  /** Takes the place of what has that name. */
  rename(from: string, to: string): void {
    const file = this.file(from, 'rename')
    const { names } = this.#directory(posix.dirname(to), 'rename')
    const replaced = names.get(posix.basename(to))
    if (replaced !== undefined) replaced.links--
    this.#directory(posix.dirname(from), 'rename').names.delete(posix.basename(from))
    names.set(posix.basename(to), file)
  }

  unlink(path: string): void {
    const file = this.file(path, 'unlink')
    file.links--
    this.#directory(posix.dirname(path), 'unlink').names.delete(posix.basename(path))
  }

  /** Makes the names of a directory survive a power failure. */
  syncDirectory(path: string): void {
    const directory = this.#directory(path, 'fsync')
    directory.synced = new Map(directory.names)
  }

  /**
   * The power fails. Of what was written since the last sync, a part is left, `share()` of it between 0 and 1. Names that
   * were not synced are there or not.
   */
  failPower(share: () => number): void {
    for (const { names, synced } of this.#directories.values()) {
      for (const name of new Set([...names.keys(), ...synced.keys()])) {
        const [is, was] = [names.get(name), synced.get(name)]
        if (is === was || share() >= 0.5) continue
        if (was === undefined) names.delete(name)
        else names.set(name, was)
      }
      const files = new Set(names.values())
      for (const file of files) {
        file.bytes = file.bytes.subarray(
          0,
          file.synced + Math.floor(share() * (file.bytes.length - file.synced + 1)),
        )
        file.synced = file.bytes.length
        file.links = [...names.values()].filter((one) => one === file).length
      }
    }
  }

  #directory(path: string, call: string): Directory {
    const directory = this.#directories.get(path)
    if (directory === undefined) throw systemError('ENOENT', call, path)
    return directory
  }
}
