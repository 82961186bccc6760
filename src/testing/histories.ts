import fc from 'fast-check'
import { type History, historyOf } from './history.js'
import { operation } from './operation.js'
import type { SnapshotClock } from './world.js'

export interface HistoriesOptions {
  /** The most that happens in one history. Default: 40. */
  readonly maxLength?: number
  /** Whose clock dates snapshots. Default: `aws`; the other is wrong, and there to show that laws can fail. */
  readonly clock?: SnapshotClock
}

/**
 * Histories of two clusters with two services each: deployments, scaling in and out, crashes that skip states, ports
 * and addresses used again on one instance, replaced instances, events that carry less than the ones before or than
 * the API, skewed clocks, sidecars that exit, health that flips, snapshots that take a while, and a worker whose own
 * clock jumps by days. They shrink to the least that had to happen.
 *
 * To make them arrive late, twice, never or elsewhere, apply `shuffled`, `duplicated`, `cut` or `split` to their
 * events.
 */
export const histories = ({ maxLength = 40, clock = 'aws' }: HistoriesOptions = {}): fc.Arbitrary<History> =>
  fc.array(operation, { maxLength, size: 'max' }).map((operations) => historyOf(operations, { clock }))
