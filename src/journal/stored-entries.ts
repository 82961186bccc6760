import type { JournalEntry } from '../core/journal.js'
import { UnwritableEntry } from '../core/journal.js'
import { Turns } from '../shared/async/turns.js'
import { JoinedSlices, sliceSize } from './entry-slices.js'
import { decodeLine, encodeLines } from './journal.js'

/** The number of tasks that a line is as long as. */
const workOf = (line: string): number => 1 + line.length / 512

/** The lines of entries. Throws an `UnwritableEntry` at the first that could not be read back. */
export async function* linesOf(
  entries: readonly JournalEntry[],
  turns: Turns = new Turns(sliceSize),
): AsyncGenerator<string> {
  for (const entry of entries)
    for (const encoded of encodeLines(entry)) {
      if (encoded._tag === 'Unencodable')
        throw new UnwritableEntry(
          `the journal cannot hold events of source "${entry.source}", because they do not have the form of ClusterEvent: ${encoded.reason}`,
        )
      yield encoded.line
      await turns.after(workOf(encoded.line))
    }
}

/** The entries of some lines. Rejects if the lines are not entries, or not whole ones. */
export async function* entriesIn(
  lines: AsyncIterable<string>,
  turns: Turns = new Turns(sliceSize),
): AsyncGenerator<JournalEntry> {
  let slices = new JoinedSlices()
  let isWhole = true
  for await (const text of lines) {
    const decoded = decodeLine(text)
    if (decoded._tag !== 'Line') throw new Error(decoded._tag === 'Ignored' ? decoded.kind : decoded.reason)
    const { at, source = '' } = decoded.line
    const joining = slices.add(decoded.line)
    if (joining._tag === 'Misplaced') throw new Error('$.part: expected the next line of an entry')
    isWhole = joining._tag === 'Whole'
    if (joining._tag === 'Whole') {
      yield { at, source, events: joining.events }
      slices = new JoinedSlices()
    }
    await turns.after(workOf(text))
  }
  if (!isWhole) throw new Error('$.more: expected another line')
}
