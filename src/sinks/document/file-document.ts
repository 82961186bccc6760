import type { Sink } from '../../core/sink.js'
import { type AtomicFile, atomicFile } from './atomic-file.js'
import { amended, type Contents, type DocumentFormat, noContents, rowsOf } from './document.js'

export interface FileDocumentOptions<V> {
  /** The file, in a directory that exists and that this process may write into: it replaces the file by renaming. */
  readonly path: string
  readonly format: DocumentFormat<V>
}

/** If this many writers in a row get between the read and the write, waiting for them is pointless. */
const attempts = 10

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

/**
 * A target that is one file. The sink reads its records back from the file, so a restart continues from the previous
 * state. Each change is compared with the file's current record. The file is replaced as a whole if it has not changed
 * meanwhile; otherwise it is read again.
 *
 * The file names its owner. A non-empty file without an owner, or with another one, is never overwritten.
 */
export const fileDocument = <V>({ path, format }: FileDocumentOptions<V>): Pick<Sink<V>, 'read' | 'apply'> =>
  documentIn(atomicFile(path), { path, format })

/** A document in a file of any file system. `path`: for messages. */
export const documentIn = <V>(
  file: AtomicFile,
  { path, format }: FileDocumentOptions<V>,
): Pick<Sink<V>, 'read' | 'apply'> => {
  /** The text read or written last: usually the next read returns the same. */
  let known: { readonly text: string; readonly contents: Contents<V> } | undefined

  const parsed = (text: string): Contents<V> => {
    try {
      return format.parse(text)
    } catch (thrown) {
      throw new Error(
        `${path} does not contain what this worker writes (${messageOf(thrown)}). Nothing is written: move the file away, or give another path`,
        { cause: thrown },
      )
    }
  }

  const contentsOf = (text: string | undefined): Contents<V> => {
    if (text === undefined || text.trim() === '') return noContents
    if (known?.text === text) return known.contents
    const contents = parsed(text)
    if (contents.owner === undefined && contents.records.size > 0)
      throw new Error(
        `${path} was not written by this worker: it names no owner. Nothing is written: move the file away, or give another path`,
      )
    known = { text, contents }
    return contents
  }

  return {
    read: async () => rowsOf(contentsOf(await file.read()), format),
    apply: async (changes, owner) => {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        const text = await file.read()
        const before = contentsOf(text)
        if (before.owner !== undefined && before.owner !== owner)
          throw new Error(
            `${path} belongs to the owner "${before.owner}", and this worker is "${owner}". Nothing is written: give one of them another path, or move the file away if that owner no longer exists`,
          )
        const { contents, outcomes } = amended(before, changes, owner, format)
        if (outcomes.every(({ _tag }) => _tag !== 'Done')) return outcomes
        const next = format.print(contents)
        if (!(await file.replace(next, text))) continue
        known = { text: next, contents }
        return outcomes
      }
      throw new Error(
        `${path} was changed by another writer during each of ${attempts} attempts to replace it: find out which, and give one of them another path`,
      )
    },
  }
}
