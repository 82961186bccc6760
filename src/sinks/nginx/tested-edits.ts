/** Edits of upstream files that stay only if nginx accepts its configuration with them. */
import { errorOf } from '../../core/error-of.js'
import { type FileEdit, makeEdit, undoEdit } from './file-edit.js'
import type { NginxProgram } from './nginx-program.js'
import { rememberedEdits, rememberEdits } from './undo-file.js'
import type { UpstreamDirectory } from './upstream-directory.js'

export type EditResult =
  | { readonly _tag: 'Made' }
  /** Somebody else has changed the file. */
  | { readonly _tag: 'Overtaken' }
  /** nginx refuses its configuration with this edit. The file is as it was before. */
  | { readonly _tag: 'Refused'; readonly message: string }
  /** The file is as it was before, for a reason that has nothing to do with this edit. */
  | { readonly _tag: 'Failed'; readonly error: Error }

export interface TestedEdits {
  /** Makes edits of different files. Each has a result, and one that nginx refuses holds up no other. */
  make(edits: readonly FileEdit[]): Promise<ReadonlyMap<FileEdit, EditResult>>
  /**
   * Takes back what a killed worker has left untested, if nginx refuses it. Returns what was done then, for people;
   * `undefined` if there was nothing to do. Rejects if nginx cannot be asked.
   */
  recover(): Promise<string | undefined>
}

type Results = Map<FileEdit, EditResult>

/** Whether nginx's message is about this file, as in `… in /etc/nginx/upstreams/web.conf:3`. */
const isAbout = (message: string, { fileName }: FileEdit): boolean => message.includes(`/${fileName}:`)

export const testedEdits = (directory: UpstreamDirectory, program: NginxProgram): TestedEdits => {
  /** Whether edits may be there that are neither tested nor taken back. */
  let isUnsettled = false

  const undone = async (edits: readonly FileEdit[]): Promise<void> => {
    for (const edit of edits.toReversed()) await undoEdit(directory.file, edit)
  }

  /** Makes the edits, and keeps them if nginx accepts them all. Otherwise resolves to its message. */
  const tried = async (edits: readonly FileEdit[], results: Results): Promise<string | undefined> => {
    const memory = await rememberEdits(directory, edits)
    isUnsettled = true
    const made: FileEdit[] = []
    const refusal = await (async () => {
      try {
        for (const edit of edits) {
          if (await makeEdit(directory.file, edit)) made.push(edit)
          else results.set(edit, { _tag: 'Overtaken' })
        }
        return made.length === 0 ? undefined : await program.test()
      } catch (thrown) {
        await undone(made)
        await memory.forget()
        isUnsettled = false
        throw thrown
      }
    })()
    if (refusal === undefined) for (const edit of made) results.set(edit, { _tag: 'Made' })
    else await undone(made)
    await memory.forget()
    isUnsettled = false
    return refusal
  }

  /** Finds the edits that nginx refuses, and makes the others. */
  const each = async (edits: readonly FileEdit[], results: Results): Promise<void> => {
    if (edits.length === 0) return
    const message = await tried(edits, results)
    if (message === undefined) return
    const left = edits.filter((edit) => !results.has(edit))
    const named = left.filter((edit) => isAbout(message, edit))
    if (named.length > 0) {
      for (const edit of named) results.set(edit, { _tag: 'Refused', message })
      return each(
        left.filter((edit) => !results.has(edit)),
        results,
      )
    }
    // nginx names another file: it may be wrong by itself.
    const without = await program.test()
    if (without !== undefined) {
      const error = new Error(
        `nginx refuses its configuration, also without these changes: ${without}. Correct it; until then nothing is changed`,
      )
      for (const edit of left) results.set(edit, { _tag: 'Failed', error })
      return
    }
    const [only, ...others] = left
    if (only !== undefined && others.length === 0) {
      results.set(only, { _tag: 'Refused', message })
      return
    }
    const half = Math.ceil(left.length / 2)
    await each(left.slice(0, half), results)
    await each(left.slice(half), results)
  }

  const recover = async (): Promise<string | undefined> => {
    const { edits, forget } = await rememberedEdits(directory)
    const message = edits.length === 0 ? undefined : await program.test()
    if (message !== undefined) await undone(edits)
    await forget()
    isUnsettled = false
    return message === undefined
      ? undefined
      : `a worker ended before nginx had tested ${edits.map(({ fileName }) => fileName).join(', ')}, and nginx refuses them (${message}): the files before are back`
  }

  return {
    make: async (edits) => {
      const results: Results = new Map()
      try {
        if (isUnsettled) await recover()
        await each(edits, results)
      } catch (thrown) {
        for (const edit of edits)
          if (!results.has(edit)) results.set(edit, { _tag: 'Failed', error: errorOf(thrown) })
      }
      return results
    },
    recover,
  }
}
