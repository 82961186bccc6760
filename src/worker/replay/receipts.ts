import { sameCluster } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import type { ClusterEvent } from '../../core/event.js'
import type { JournalItem } from '../../journal/read-journal.js'
import { readJournals } from '../../journal/read-journals.js'

/** A delivery as it was received, and where that is written. */
export interface Receipt {
  readonly at: Millis
  /** `undefined` where the file does not tell. */
  readonly source: string | undefined
  readonly file: string
  readonly line: number
  readonly events: readonly ClusterEvent[]
}

export interface ReceiptsOptions {
  readonly files: readonly string[]
  /** Receipts after it are left out. */
  readonly until: Millis
  /** Events of other clusters are left out. `undefined`: of none. */
  readonly clusters: readonly string[] | undefined
  readonly signal: AbortSignal
}

/** A line that is no receipt. */
export type OtherLine = Exclude<JournalItem, { readonly _tag: 'Entry' }>

const clusterOf = (event: ClusterEvent): string | undefined =>
  event._tag === 'TaskChanged' ? event.task.cluster : event._tag === 'TasksListed' ? event.cluster : undefined

/**
 * What several files say was received, in that order; tells `other` of every line that is no receipt. Rejects when a
 * file cannot be read.
 */
export async function* receipts(
  { files, until, clusters, signal }: ReceiptsOptions,
  other: (line: OtherLine) => void,
): AsyncGenerator<Receipt> {
  const follows = (event: ClusterEvent): boolean => {
    const cluster = clusterOf(event)
    return cluster === undefined || clusters?.some((named) => sameCluster(named, cluster)) !== false
  }
  for await (const item of readJournals(files, signal))
    if (item._tag !== 'Entry') other(item)
    else if (item.entry.at <= until) {
      const { file, line, entry } = item
      yield { ...entry, file, line, events: entry.events.filter(follows) }
    }
}
