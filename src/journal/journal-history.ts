import type { Journal, JournalEntry } from '../core/journal.js'

const isAmendment = ({ events }: JournalEntry): boolean =>
  events.some(({ _tag }) => _tag === 'TasksListed' || _tag === 'TasksRelisted')

/**
 * What a journal holds, in the order of receipt: its newest checkpoint, and everything after it. Amendments keep their
 * order among themselves, whatever the clocks of their writers say.
 */
export const journalHistory = async (
  journal: Pick<Journal, 'catchUp'>,
  signal: AbortSignal,
): Promise<readonly JournalEntry[]> => {
  const { entries } = await journal.catchUp(undefined, signal)
  const others = entries.filter((entry) => !isAmendment(entry)).toSorted((a, b) => a.at - b.at)
  const history: JournalEntry[] = []
  let next = 0
  for (const amendment of entries.filter(isAmendment)) {
    for (let other = others[next]; other !== undefined && other.at < amendment.at; other = others[++next])
      history.push(other)
    history.push(amendment)
  }
  return [...history, ...others.slice(next)]
}
