/** A text file that is replaced atomically while others read it. */
import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { type FileSystem, nodeFiles } from './file-system.js'

export interface AtomicFile {
  /** The whole text; `undefined` if the file does not exist. */
  read(): Promise<string | undefined>
  /**
   * Replaces the file as a whole if its text still equals `expected`, and returns whether it did. A reader, even after
   * a crash, sees either the old text or the new one.
   */
  replace(text: string, expected: string | undefined): Promise<boolean>
  /** Removes the file if its text still equals `expected`, and returns whether it did. */
  remove(expected: string): Promise<boolean>
}

/**
 * A hundred times the largest document a worker would write. A larger file is not the worker's and must not be read
 * into memory.
 */
const maxBytes = 64 * 1024 * 1024

/** Readers are other users and other containers. An existing file keeps its mode. */
const newFileMode = 0o644

/** A write takes milliseconds: an older temporary file was left by a writer that was killed. */
const abandonedMs = 60_000

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : ''

const unlessMissing = (thrown: unknown): undefined => {
  if (codeOf(thrown) !== 'ENOENT') throw thrown
  return undefined
}

/** What to do about a system error, by its code. */
const advice = (code: string, path: string): string | undefined => {
  const directory = dirname(path)
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `there is no directory ${directory}: create it, or mount it where this worker runs`
    case 'EACCES':
    case 'EPERM':
      return `this process (user ${process.getuid?.() ?? '?'}) may not: it must be able to read the file, and to write into the directory ${directory}, since a new file is written beside the old one and renamed`
    case 'EROFS':
      return `${directory} is mounted read-only: mount it writable here, and read-only where it is read`
    case 'EBUSY':
    case 'EXDEV':
      return `it is mounted by itself, and cannot be replaced: mount its directory ${directory} instead`
    case 'ELOOP':
      return 'its symbolic links form a circle: correct them'
    case 'ENOSPC':
    case 'EDQUOT':
      return `there is no space left in ${directory}: free some. The file keeps its previous contents`
    default:
      return undefined
  }
}

/** The file's real path, so that a symbolic link to it stays a link. */
const targetOf = async (files: FileSystem, path: string): Promise<string> => {
  const link = await files.lstat(path).catch(unlessMissing)
  if (link === undefined) return join(await files.realpath(dirname(path)), basename(path))
  const target = await files.realpath(path).catch(unlessMissing)
  if (target === undefined)
    throw new Error(
      'it is a symbolic link to a file that does not exist: create the file, or remove the link',
    )
  return target
}

const readText = async (files: FileSystem, target: string): Promise<string | undefined> => {
  const found = await files.stat(target).catch(unlessMissing)
  if (found === undefined) return undefined
  if (!found.isFile()) throw new Error('it is not a regular file: give the path of one')
  if (found.size > maxBytes)
    throw new Error(`it has ${found.size} bytes, so this worker did not write it: move it away`)
  return files.readText(target).catch(unlessMissing)
}

const readTextSync = (files: FileSystem, target: string): string | undefined => {
  try {
    return files.readTextSync(target)
  } catch (thrown) {
    unlessMissing(thrown)
    return undefined
  }
}

/** Flushes the directory entry to disk. File systems that cannot do this for a directory do not need it. */
const syncDirectory = async (files: FileSystem, directory: string): Promise<void> => {
  const handle = await files.open(directory, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** Traefik and Prometheus ignore files with such names. */
const temporaryPrefix = (target: string): string => `.${basename(target)}.`

/**
 * Removes temporary files that killed writers left behind, as far as permissions allow. `now` is the file system's
 * time, which may come from another machine.
 */
const removeAbandoned = async (files: FileSystem, target: string, now: number): Promise<void> => {
  const directory = dirname(target)
  const prefix = temporaryPrefix(target)
  for (const name of await files.readdir(directory).catch(() => [])) {
    if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue
    const path = join(directory, name)
    const found = await files.stat(path).catch(() => undefined)
    if (found !== undefined && now - found.mtimeMs > abandonedMs) await files.rm(path).catch(() => undefined)
  }
}

interface Replacement {
  readonly target: string
  readonly text: string
  readonly expected: string | undefined
}

const replaceText = async (
  { files, newId }: Required<AtomicFileOptions>,
  { target, text, expected }: Replacement,
): Promise<boolean> => {
  const held = await files.stat(target).catch(unlessMissing)
  const temporary = join(dirname(target), `${temporaryPrefix(target)}${newId()}.tmp`)
  try {
    const handle = await files.open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.chmod(held === undefined ? newFileMode : held.mode & 0o7777)
      const made = await handle.stat()
      // Only a privileged process may change the owner. Otherwise the file belongs to this process's user from now on.
      if (held !== undefined && (held.uid !== made.uid || held.gid !== made.gid))
        await handle.chown(held.uid, held.gid).catch(() => undefined)
      await handle.sync()
      await removeAbandoned(files, target, made.mtimeMs)
    } finally {
      await handle.close()
    }
    // Synchronous, so that nothing in this process runs between the check and the rename, and other processes have as
    // little time as a file system allows.
    if (readTextSync(files, target) !== expected) return false
    files.renameSync(temporary, target)
    await syncDirectory(files, dirname(target))
    return true
  } finally {
    await files.rm(temporary, { force: true })
  }
}

const removeText = async (files: FileSystem, target: string, expected: string): Promise<boolean> => {
  if (readTextSync(files, target) !== expected) return false
  files.rmSync(target)
  await syncDirectory(files, dirname(target))
  return true
}

export interface AtomicFileOptions {
  /** Default: those of this machine. */
  readonly files?: FileSystem
  /** Makes unique names, as `randomUUID` does, which is the default. */
  readonly newId?: () => string
}

export const atomicFile = (
  path: string,
  { files = nodeFiles, newId = randomUUID }: AtomicFileOptions = {},
): AtomicFile => {
  const explained = async <A>(attempt: Promise<A>, what: string): Promise<A> => {
    try {
      return await attempt
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      throw new Error(`cannot ${what} ${path}: ${advice(codeOf(thrown), path) ?? message}`, { cause: thrown })
    }
  }
  return {
    read: () =>
      explained(
        targetOf(files, path).then((target) => readText(files, target)),
        'read',
      ),
    replace: (text, expected) =>
      explained(
        targetOf(files, path).then((target) => replaceText({ files, newId }, { target, text, expected })),
        'replace',
      ),
    remove: (expected) =>
      explained(
        targetOf(files, path).then((target) => removeText(files, target, expected)),
        'remove',
      ),
  }
}
