import fc from 'fast-check'
import type { EcsDecoder } from './ecs-decoder.js'
import { type History, historyOf } from './history.js'
import { operation } from './operation.js'
import type { SnapshotClock } from './snapshot-dates.js'

export interface HistoriesOptions {
  /** The most operations in one history. Default: 40. */
  readonly maxLength?: number
  /** Which clock dates snapshots. Default: `aws`. The other one is wrong, and shows that laws can fail. */
  readonly clock?: SnapshotClock
  /** Reads what ECS writes. Default: as the package's sources do. A wrong one shows that laws can fail. */
  readonly decoder?: EcsDecoder
}

/**
 * Histories of two clusters with two services each: deployments by rolling and in stages, scaling in and out, crashes
 * that skip states, reused ports and addresses, replaced instances, events with less information than earlier ones or
 * than the API, skewed clocks, sidecars that exit, changing health, slow snapshots, and a worker whose clock jumps by
 * days. Histories shrink to the fewest operations.
 *
 * What ECS writes about a task is its JSON, of EventBridge or DescribeTasks, and is decoded as sources decode it.
 *
 * To simulate late, repeated, lost or distributed events, apply `shuffled`, `duplicated`, `cut` or `split` to a
 * history's events.
 */
export const histories = ({ maxLength = 40, ...options }: HistoriesOptions = {}): fc.Arbitrary<History> =>
  fc.array(operation, { maxLength, size: 'max' }).map((operations) => historyOf(operations, options))
