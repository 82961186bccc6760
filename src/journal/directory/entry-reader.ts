import type { JournalEntry } from '../../core/journal.js'
import { Turns } from '../../shared/async/turns.js'
import { JoinedSlices, sliceSize } from '../entry-slices.js'
import { linesIn } from '../journal-lines.js'
import { decodeLine, maxLineBytes } from '../journal.js'
import type { JournalFiles } from './journal-files.js'

export interface FileRead {
  readonly entries: readonly JournalEntry[]
  /** The offset of what was not read: the end of the file, or of its last whole entry. */
  readonly offset: number
}

/**
 * Reads the whole entries of a file from an offset on. A last line that is torn, or whose entry is not complete, is left:
 * its writer is about to write the rest, or it failed, or was killed.
 *
 * Rejects for a line that is damaged, or of a newer format. Skips lines that are not JSON: a recorder begins a new line
 * after one that was torn.
 */
export const readEntries = async (
  files: JournalFiles,
  name: string,
  from: number,
  signal: AbortSignal,
): Promise<FileRead> => {
  const turns = new Turns(sliceSize)
  const entries: JournalEntry[] = []
  let offset = from
  let slices = new JoinedSlices()
  for await (const { number, text = '', ended, end } of linesIn(
    files.bytes(name, from, signal),
    maxLineBytes,
  )) {
    if (!ended) break
    const decoded = decodeLine(text)
    if (decoded._tag === 'Undecodable')
      throw new Error(`${name}, line ${number} after byte ${from}, cannot be read: ${decoded.reason}`)
    if (decoded._tag !== 'Line') {
      offset = from + end
      continue
    }
    const { at, source = '', part } = decoded.line
    if (part === 0) slices = new JoinedSlices()
    const joining = slices.add(decoded.line)
    if (joining._tag === 'Whole') {
      entries.push({ at, source, events: joining.events })
      offset = from + end
      slices = new JoinedSlices()
    }
    await turns.after(1 + text.length / 512)
  }
  return { entries, offset }
}
