import { describe, expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { OfferTimes } from '../../src/core/offer-times.js'
import { reduce } from '../../src/core/reduce.js'
import { sliceSize } from '../../src/core/sliced.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { Task } from '../../src/core/task.js'
import { cluster, observed } from '../support/observed-task.js'

const listed = (order: number, tasks: readonly Task[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: order * 1_000_000,
  order,
  tasks,
})

/** How many tasks offer something else since a snapshot of `count` that start with it, as far as is noted. */
const notedOf = (count: number): number => {
  const times = new OfferTimes(0)
  const before = reduce(emptyState, listed(1, []))
  const tasks = Array.from({ length: count }, (_, i) => observed({ id: `t${i}`, at: 2_000_000 }))
  const event = listed(2, tasks)
  times.folded({ revision: 1, events: [event], before, after: reduce(before, event) })
  for (const { arn } of tasks) times.claimed(arn, [arn])
  const shown = times.projected({ revision: 1, unresolved: PersistentMap.empty() })
  return shown.reduce((sum, { backends }) => sum + backends.size, 0)
}

describe('the times since when tasks offer something else', () => {
  it('are noted for all tasks that differ in a snapshot', () => {
    expect(notedOf(sliceSize)).toBe(sliceSize)
  })

  it('are noted for a slice of them if far more differ, because all else waits meanwhile', () => {
    const noted = notedOf(60 * sliceSize)
    expect(noted).toBeGreaterThanOrEqual(4 * sliceSize)
    expect(noted).toBeLessThan(8 * sliceSize)
  })
})
