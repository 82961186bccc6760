import type { AtomicFile } from '../document/atomic-file.js'

/** What one file was, and what it becomes. `undefined`: there is none. */
export interface FileEdit {
  readonly fileName: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Makes the file `to` if it still is `from`, and returns whether it was. */
const changed = async (
  file: AtomicFile,
  from: string | undefined,
  to: string | undefined,
): Promise<boolean> => {
  if (to !== undefined) return file.replace(to, from)
  return from === undefined ? (await file.read()) === undefined : file.remove(from)
}

type FileOf = (fileName: string) => AtomicFile

/** Makes the edit, unless somebody else has changed the file. Returns whether it was made. */
export const makeEdit = (fileOf: FileOf, { fileName, before, after }: FileEdit): Promise<boolean> =>
  changed(fileOf(fileName), before, after)

/** Takes the edit back, unless somebody else has changed the file since. */
export const undoEdit = async (fileOf: FileOf, { fileName, before, after }: FileEdit): Promise<void> => {
  await changed(fileOf(fileName), after, before)
}
