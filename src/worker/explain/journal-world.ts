import type { ClusterArn } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { emptyState } from '../../core/cluster-state.js'
import type { ExplainedWorld } from '../../core/explain/explained-world.js'
import type { Journal } from '../../core/journal.js'
import { project, type ProjectOptions } from '../../core/project.js'
import { reduce } from '../../core/reduce.js'
import { journalHistory } from '../../journal/journal-history.js'
import { WholeSnapshots } from '../../journal/whole-snapshots.js'

export interface JournalWorldOptions {
  readonly journal: Pick<Journal, 'catchUp'>
  /** Ignores what was received later. Default: nothing. */
  readonly at: Millis | undefined
  readonly projection: Omit<ProjectOptions, 'covers'>
  readonly signal: AbortSignal
}

/**
 * What the workers of a journal knew at a time, without targets. A cluster counts as covered if the journal has any
 * snapshot of it. Rejects for a time before everything that the journal has.
 */
export const journalWorld = async ({
  journal,
  at = Infinity,
  projection,
  signal,
}: JournalWorldOptions): Promise<ExplainedWorld> => {
  const history = await journalHistory(journal, signal)
  const [first] = history
  if (first !== undefined && first.at > at)
    throw new Error(
      `the journal begins at ${new Date(first.at).toISOString()}, with its newest checkpoint: ask for a later time`,
    )
  const snapshots = new WholeSnapshots()
  const covers = new Set<ClusterArn>()
  let state = emptyState
  let now = 0
  for (const entry of history) {
    const { events } = snapshots.expand(entry.events)
    for (const event of events) if (event._tag === 'TasksListed') covers.add(event.cluster)
    if (entry.at > at) continue
    state = events.reduce(reduce, state)
    now = Math.max(now, entry.at)
  }
  const options = { ...projection, covers: [...covers] }
  return { state, options, desired: project(state, options), targets: [], now }
}
