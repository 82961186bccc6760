/**
 * Files that say how to take back edits which nginx has not tested yet, for a worker that starts after one was killed
 * in between. They are hidden, so that nginx does not include them.
 */
import { randomUUID } from 'node:crypto'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { arrayOf, object, optional } from '../../shared/codec/lenient.js'
import type { FileEdit } from './file-edit.js'
import { ending, type UpstreamDirectory } from './upstream-directory.js'

const prefix = '.ecs-task-stream-'
const suffix = '.undo'

/** More than any worker has backends. */
const mostEdits = 100_000

const Edits = arrayOf(
  object({ fileName: t.string }, { before: optional(t.string), after: optional(t.string) }),
  mostEdits,
)

const print = (edits: readonly FileEdit[]): string => `${JSON.stringify(edits)}\n`

/** What is no list of edits of upstream files is none: a name never leads out of the directory. */
const parse = (text: string): readonly FileEdit[] => {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return []
  }
  const decoded = Edits.decode(json)
  if (E.isLeft(decoded)) return []
  return decoded.right
    .filter(({ fileName }) => fileName.endsWith(ending) && !/[/\\\0]/.test(fileName))
    .map(({ fileName, before, after }) => ({
      fileName,
      before: before ?? undefined,
      after: after ?? undefined,
    }))
}

/** Makes `edit` remembered until `forget` is called. */
export const rememberEdits = async (
  directory: UpstreamDirectory,
  edits: readonly FileEdit[],
): Promise<{ readonly forget: () => Promise<void> }> => {
  const file = directory.file(`${prefix}${randomUUID()}${suffix}`)
  const text = print(edits)
  await file.replace(text, undefined)
  return {
    forget: async () => {
      await file.remove(text)
    },
  }
}

/** The edits that somebody made and nginx has not tested. */
export const rememberedEdits = async (
  directory: UpstreamDirectory,
): Promise<{ readonly edits: readonly FileEdit[]; readonly forget: () => Promise<void> }> => {
  const names = (await directory.list()).filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
  const found = await Promise.all(
    names.map(async (name) => ({ file: directory.file(name), text: await directory.file(name).read() })),
  )
  return {
    edits: found.flatMap(({ text }) => (text === undefined ? [] : parse(text))),
    forget: async () => {
      for (const { file, text } of found) if (text !== undefined) await file.remove(text)
    },
  }
}
