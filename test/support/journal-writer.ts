/**
 * Appends to a journal, amends it and stores checkpoints, and prints what is stored: `<id>` of a task, or `#<order>` of a
 * snapshot. Prints `failed` for a call that was rejected. Ends after `calls` of them, or when it is killed.
 */
import { directoryJournal } from '../../src/journal/directory/index.js'
import { contractSnapshot, contractTask } from '../../src/testing/contract-tasks.js'
import type { JournalEntry, Position } from '../../src/core/journal.js'
import { emptyState } from '../../src/core/cluster-state.js'
import { fold } from '../../src/core/fold.js'
import { stateEvents } from '../../src/core/state-events.js'

const [directory = '', name = '', calls = 'Infinity'] = process.argv.slice(2)
const journal = directoryJournal({ directory })
const { signal } = new AbortController()
const say = (words: readonly string[]): void => void process.stdout.write(`${words.join('\n')}\n`)

let state = emptyState
let position: Position | undefined
const folded = (entries: readonly JournalEntry[]): void => {
  for (const { events } of entries) state = events.reduce(fold, state)
}

for (let call = 0; call < Number(calls); call++)
  try {
    // Every tenth entry has several lines.
    const ids = Array.from({ length: call % 10 === 5 ? 700 : 3 }, (_, i) => `${name}-${call}-${i}`)
    const entry: JournalEntry = {
      at: 1,
      source: 'writer',
      events: ids.map((id) => ({ _tag: 'TaskChanged', task: contractTask(id) })),
    }
    await journal.append([entry], signal)
    folded([entry])
    say(ids)
    const read = await journal.catchUp(position, signal)
    folded(read.entries)
    position = read.position
    if (call % 3 === 1) {
      const [mark] = state.marks.values()
      const order = (mark?.order ?? 0) + 1
      const snapshot = contractSnapshot(order, contractTask(`s${order}`))
      if (await journal.amend({ at: 1, source: 'writer', events: [snapshot] }, position, signal))
        say([`#${order}`])
    }
    if (call % 7 === 6) await journal.checkpoint(stateEvents(state), position, signal)
  } catch {
    say(['failed'])
  }
