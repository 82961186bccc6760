import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs'
import { conflictOf } from '../../core/conflict.js'
import { OptionError } from '../../core/option-error.js'
import type { Row, Sink } from '../../core/sink.js'
import { hasLoneSurrogate } from '../../shared/codec/lone-surrogate.js'
import { atomicFile } from '../document/atomic-file.js'
import { backendFiles } from '../document/backend-files.js'
import { compareAndSwap, type ConditionalWrite } from '../kit/compare-and-swap.js'
import type { EnvoyAssignment } from './assignment.js'
import { parseEndpointFile, printEndpointFile } from './endpoint-file.js'
import { emptied, envoyRendering } from './rendering.js'

export type { Json, JsonObject } from '../../shared/codec/json.js'
export type { EnvoyAssignment } from './assignment.js'

export interface EnvoyFilesOptions {
  /** A directory that exists, and that this process may write into. */
  readonly directory: string
  /** Unique among a worker's sinks. Default: `envoy-files`. */
  readonly name?: string
}

const { fileNameOf, backendOfFile } = backendFiles('.json')

/** How many files are read at the same time. */
const readers = 16

/** The row that a file stands for; `undefined` for a file without content. */
const rowIn = (key: string, text: string | undefined): Row<EnvoyAssignment> | undefined => {
  const file = text === undefined ? undefined : parseEndpointFile(text)
  if (text === undefined || file === undefined) return undefined
  const etag = createHash('sha256').update(text).digest('hex')
  return { key, value: file.assignment, owner: file.owner, etag }
}

/** The backends that have a file. Throws an Error that says what to do about the directory. */
const listed = async (directory: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.flatMap((entry) =>
      entry.isFile() || entry.isSymbolicLink() ? (backendOfFile(entry.name) ?? []) : [],
    )
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw new Error(
      `cannot read the directory ${directory} (${message}): create it, and let this process read and write it`,
      { cause: thrown },
    )
  }
}

/**
 * Endpoints for Envoy's file-based endpoint discovery (EDS with `path_config_source`): one file per backend, because
 * Envoy takes one cluster from a file. The backend `web` is in `web.json`; a character that is neither a letter, a
 * digit, `-`, `_` nor `.` becomes `%xx`, so `shop/web` is in `shop%2Fweb.json`. Each file is replaced as a whole.
 *
 * Each file names its owner. A file of another owner, or without one, is never overwritten. The file of a backend that
 * no longer exists stays, without endpoints: Envoy would ignore that it is gone, and go on with the last endpoints.
 *
 * Throws an OptionError if the directory is empty text.
 */
export const envoyFiles = ({ directory, name = 'envoy-files' }: EnvoyFilesOptions): Sink<EnvoyAssignment> => {
  if (directory === '') throw new OptionError('envoyFiles: directory: expected a path, got ""')
  const fileOf = (fileName: string) => atomicFile(join(directory, fileName))

  const write: ConditionalWrite<EnvoyAssignment> = async (change, owner) => {
    const { key } = change
    const after = change._tag === 'Delete' ? emptied(change.before.value) : change.after
    if (hasLoneSurrogate([key, after]))
      return {
        _tag: 'Rejected',
        key,
        reason: `${JSON.stringify(key)} has a lone surrogate, which is not valid Unicode: correct it`,
      }
    const fileName = fileNameOf(key)
    if (fileName === undefined)
      return {
        _tag: 'Rejected',
        key,
        reason: `the name ${JSON.stringify(key)} is too long for a file: give the backend a shorter one`,
      }
    const file = fileOf(fileName)
    const text = await file.read()
    const conflict = conflictOf(change, rowIn(key, text))
    if (conflict !== undefined) return conflict
    const next = printEndpointFile(owner, after)
    if (!(await file.replace(next, text))) return { _tag: 'Conflict', key, found: 'unread' }
    return { _tag: 'Done', key, row: rowIn(key, next) }
  }

  return {
    name,
    adopt: false,
    ...envoyRendering(),
    prune: emptied,
    read: async () => {
      const rows = from(await listed(directory)).pipe(
        mergeMap(async (key) => {
          const fileName = fileNameOf(key)
          return fileName === undefined ? undefined : rowIn(key, await fileOf(fileName).read())
        }, readers),
        toArray(),
      )
      return (await lastValueFrom(rows)).filter((row) => row !== undefined)
    },
    apply: compareAndSwap(write),
  }
}
