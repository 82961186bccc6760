/** The directory of upstream files. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { from, lastValueFrom, mergeMap, toArray } from 'rxjs'
import { errorOf } from '../../core/error-of.js'
import type { Row } from '../../core/sink.js'
import { type AtomicFile, atomicFile } from '../document/atomic-file.js'
import { backendFiles } from '../document/backend-files.js'
import type { NginxUpstream } from './upstream.js'
import { rowIn } from './upstream-file.js'

export interface UpstreamDirectory {
  readonly path: string
  /** The file for a backend; a text says why there can be none. */
  readonly fileNameOf: (backend: string) => string | undefined
  readonly file: (fileName: string) => AtomicFile
  /** The names of all files in the directory. */
  readonly list: () => Promise<readonly string[]>
  /** All upstream files, whoever wrote them. */
  readonly read: () => Promise<readonly Row<NginxUpstream>[]>
}

/** How many files are read at the same time. */
const readers = 16

export const ending = '.conf'

const { fileNameOf, backendOfFile } = backendFiles(ending)

export const upstreamDirectory = (path: string): UpstreamDirectory => {
  const file = (fileName: string): AtomicFile => atomicFile(join(path, fileName))
  const list = async (): Promise<readonly string[]> => {
    try {
      const entries = await readdir(path, { withFileTypes: true })
      return entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name)
    } catch (thrown) {
      throw new Error(
        `cannot read the directory ${path} (${errorOf(thrown).message}): create it, and let this process read and write it`,
        { cause: thrown },
      )
    }
  }
  return {
    path,
    fileNameOf,
    file,
    list,
    read: async () => {
      const rows = from(await list()).pipe(
        mergeMap(async (fileName) => {
          const backend = backendOfFile(fileName)
          return backend === undefined ? undefined : rowIn(backend, await file(fileName).read())
        }, readers),
        toArray(),
      )
      return (await lastValueFrom(rows)).filter((row) => row !== undefined)
    },
  }
}
