import type { ClusterArn } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { emptyState } from '../../core/cluster-state.js'
import type { ExplainedWorld } from '../../core/explain/explained-world.js'
import { foldAll } from '../../core/fold.js'
import type { Journal } from '../../core/journal.js'
import { type ProjectOptions, projectorInSlices } from '../../core/project.js'
import { sliced } from '../../core/sliced.js'
import { QueryError } from '../../inspector/query-error.js'
import { journalHistory } from '../../journal/journal-history.js'

export interface JournalWorldOptions {
  readonly journal: Pick<Journal, 'catchUp'>
  /** Ignores what was received later. Default: nothing. */
  readonly at: Millis | undefined
  /** `covers`: default is every cluster of which the journal has a snapshot. */
  readonly projection: Omit<ProjectOptions, 'covers'> & Partial<Pick<ProjectOptions, 'covers'>>
  readonly signal: AbortSignal
  /** Between slices of the work. */
  readonly pause: () => Promise<void>
}

/** A world of a journal. */
export interface JournalWorld extends ExplainedWorld {
  /** When the journal begins: what was received before its newest checkpoint cannot be told apart. */
  readonly from: Millis
}

/**
 * What the workers of a journal knew at a time, without targets. Rejects with a QueryError for a time before everything that the journal has.
 */
export const journalWorld = async ({
  journal,
  at = Infinity,
  projection,
  signal,
  pause,
}: JournalWorldOptions): Promise<JournalWorld> => {
  const history = await journalHistory(journal, signal)
  const from = history[0]?.at ?? 0
  if (from > at)
    throw new QueryError(
      `the journal begins at ${new Date(from).toISOString()}, with its newest checkpoint: ask for a later time`,
    )
  const covers = new Set<ClusterArn>()
  let state = emptyState
  let now = 0
  let revision = 0
  let isOver = false
  for (const { at: receivedAt, events } of history) {
    let amends = false
    for (const event of events)
      if (event._tag === 'TasksListed' || event._tag === 'TasksRelisted') {
        covers.add(event.cluster)
        amends = true
      }
    // A snapshot is the difference from the one before: after one that is left out, all are.
    if (amends && receivedAt > at) isOver = true
    if (receivedAt > at || (amends && isOver)) continue
    state = await sliced(foldAll(state, events), pause)
    now = Math.max(now, receivedAt)
    revision++
    await pause()
  }
  const options = { covers: [...covers], ...projection }
  const desired = await sliced(projectorInSlices(options)(state, revision), pause)
  return { state, options, desired, targets: [], now, from }
}
