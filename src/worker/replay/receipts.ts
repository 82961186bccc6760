import { sameCluster } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import type { ClusterEvent } from '../../core/event.js'
import { type MergedItem, readJournals } from '../../journal/read-journals.js'

/** A delivery as it was received, with its file and line. */
export interface Receipt {
  readonly at: Millis
  /** `undefined` if the file does not name it. */
  readonly source: string | undefined
  readonly file: string
  readonly line: number
  readonly events: readonly ClusterEvent[]
}

export interface ReceiptsOptions {
  readonly files: readonly string[]
  /** Leaves out receipts after this time. */
  readonly until: Millis
  /** Leaves out events of other clusters. `undefined`: keeps all clusters. */
  readonly clusters: readonly string[] | undefined
  readonly signal: AbortSignal
  /** Called with the number of bytes of each part of a file that is read, packed or not. Default: not called. */
  readonly read?: (bytes: number) => void
}

/** A line that is not a receipt. */
export type OtherLine = Exclude<MergedItem, { readonly _tag: 'Entry' }>

const clusterOf = (event: ClusterEvent): string | undefined =>
  event._tag === 'TaskChanged' ? event.task.cluster : event._tag === 'TasksListed' ? event.cluster : undefined

/**
 * The receipts in several files, in the order of receipt; calls `other` for every line that is not a receipt. Rejects
 * when a file cannot be read.
 */
export async function* receipts(
  { files, until, clusters, signal, read }: ReceiptsOptions,
  other: (line: OtherLine) => void,
): AsyncGenerator<Receipt> {
  const follows = (event: ClusterEvent): boolean => {
    const cluster = clusterOf(event)
    return cluster === undefined || clusters?.some((named) => sameCluster(named, cluster)) !== false
  }
  for await (const item of readJournals(files, signal, read))
    if (item._tag !== 'Entry') other(item)
    else if (item.entry.at <= until) {
      const { file, line, entry } = item
      yield { ...entry, file, line, events: entry.events.filter(follows) }
    }
}
