import type { Sink } from '../../core/sink.js'
import { atomicFile } from './atomic-file.js'
import { amended, type Contents, type DocumentFormat, noContents, rowsOf } from './document.js'

export interface FileDocumentOptions<V> {
  /** The file, in a directory that exists and that this process may write into: it replaces the file by renaming. */
  readonly path: string
  readonly format: DocumentFormat<V>
}

/** More writers than this in a row, each between our look and our write, are none that we could wait for. */
const attempts = 10

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

/**
 * `read` and `apply` of a sink whose target is one file. Set `adopt: false` beside them.
 *
 * The sink reads back what the file says, so it starts with what was known before. Each change is compared with the
 * record that the file has at that time. The file is replaced as a whole if nobody has written meanwhile; otherwise it
 * is read and compared again, ten times at most. A reader never sees half of it, also after a crash.
 *
 * The file bears its owner's mark, and belongs to one owner. A file that belongs to another owner, that says anything
 * without a mark, or that `format` cannot parse is never overwritten: `read` or `apply` rejects, and says what to do.
 */
export const fileDocument = <V>({
  path,
  format,
}: FileDocumentOptions<V>): Pick<Sink<V>, 'read' | 'apply'> => {
  const file = atomicFile(path)
  /** What was read or written last: mostly that is what is read next. */
  let known: { readonly text: string; readonly contents: Contents<V> } | undefined

  const parsed = (text: string): Contents<V> => {
    try {
      return format.parse(text)
    } catch (thrown) {
      throw new Error(
        `${path} does not say what this worker writes there (${messageOf(thrown)}). Nothing is written: move the file away, or give another path`,
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
        `${path} was not written by this worker: it bears no mark of an owner. Nothing is written: move the file away, or give another path`,
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
            `${path} belongs to the owner "${before.owner}", and this worker is "${owner}". Nothing is written: give one of them another path, or move the file away if that owner is no more`,
          )
        const { contents, outcomes } = amended(before, changes, owner, format)
        if (outcomes.every(({ _tag }) => _tag !== 'Done')) return outcomes
        const next = format.print(contents)
        if (!(await file.replace(next, text))) continue
        known = { text: next, contents }
        return outcomes
      }
      throw new Error(
        `${path} was changed by somebody else at each of ${attempts} attempts to replace it: find out who writes it, and give one of them another path`,
      )
    },
  }
}
