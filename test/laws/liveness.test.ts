import { describe, expect, it } from 'vitest'
import { emptyState, type Mark } from '../../src/core/cluster-state.js'
import {
  believed,
  containerLiveness,
  defaultSkewAllowanceMs,
  livenessOf,
  ruledOut,
} from '../../src/core/liveness.js'
import { reduce } from '../../src/core/reduce.js'
import type { Task } from '../../src/core/task.js'
import { lifecycleRank } from '../../src/core/task-status.js'
import { cluster, observed } from '../support/observed-task.js'

const skew = 30
const task = (last: string, desired: string, health?: 'HEALTHY' | 'UNHEALTHY'): Task => ({
  ...observed({ id: 'a', at: 100, last, desired }),
  health: health === undefined ? undefined : { at: 1, status: health },
})
const markOf = (at: number, ...tasks: readonly Task[]): Mark | undefined =>
  reduce(emptyState, { _tag: 'TasksListed', cluster, at, order: at, tasks }).marks.get(cluster)
const running = task('RUNNING', 'RUNNING')
const ruling = markOf(131)

it('allows clocks to differ by half a minute', () => {
  expect(defaultSkewAllowanceMs).toBe(30_000)
})

describe('a task', () => {
  it.each([
    ['RUNNING', 'RUNNING', undefined, undefined, 'live'],
    ['RUNNING', 'RUNNING', undefined, 'HEALTHY', 'live'],
    ['RUNNING', 'RUNNING', undefined, 'UNHEALTHY', 'unhealthy'],
    ['RUNNING', 'RUNNING', 'that rules it out', undefined, 'gone'],
    ['RUNNING', 'RUNNING', 'that rules it out', 'UNHEALTHY', 'gone'],
    ['RUNNING', 'STOPPED', undefined, undefined, 'gone'],
    ['PENDING', 'STOPPED', undefined, undefined, 'gone'],
    ['DEACTIVATING', 'RUNNING', undefined, undefined, 'gone'],
    ['STOPPED', 'RUNNING', undefined, 'UNHEALTHY', 'gone'],
    ['PENDING', 'RUNNING', undefined, undefined, 'pending'],
    ['PENDING', 'RUNNING', 'that rules it out', undefined, 'gone'],
    ['ACTIVATING', 'RUNNING', undefined, 'UNHEALTHY', 'pending'],
    ['HIBERNATING', 'RUNNING', undefined, undefined, 'pending'],
    ['RUNNING', 'HIBERNATING', undefined, undefined, 'pending'],
  ] as const)(
    'that is %s, and should be %s, under the snapshot %s, with the health %s, is %s',
    (last, desired, snapshot, health, is) => {
      expect(livenessOf(task(last, desired, health), snapshot && ruling, skew)).toBe(is)
    },
  )

  it('is ruled out by a snapshot that does not list it, and is newer by more than the allowance', () => {
    expect(ruledOut(running, undefined, skew)).toBe(false)
    expect(ruledOut(running, markOf(130), skew)).toBe(false)
    expect(ruledOut(running, markOf(131), skew)).toBe(true)
    expect(ruledOut(running, markOf(131, running), skew)).toBe(false)
  })

  it('is believed as that snapshot lists it, with the health of the newest answer', () => {
    const forged = { ...running, version: 99, health: { at: 7, status: 'UNHEALTHY' as const } }
    const well = { ...running, health: { at: 7, status: 'UNHEALTHY' as const } }
    expect(believed(forged, undefined, skew)).toBe(forged)
    expect(believed(forged, markOf(131), skew)).toBe(forged)
    expect(believed(forged, markOf(130, running), skew)).toBe(forged)
    expect(believed(forged, markOf(131, running), skew)).toEqual(well)
    expect(believed(forged, markOf(131, well), skew)).toBe(well)
  })
})

describe('a container of a live task', () => {
  it.each([
    ['RUNNING', 'live'],
    ['PENDING', 'pending'],
    ['HIBERNATING', 'pending'],
    ['STOPPED', 'gone'],
    ['DEACTIVATING', 'gone'],
  ] as const)('that is %s, is %s', (status, is) => {
    expect(containerLiveness(status)).toBe(is)
  })
})

it('ranks the statuses in the order in which a task has them, and an unknown one before all', () => {
  const all = [
    'HIBERNATING',
    'PROVISIONING',
    'PENDING',
    'ACTIVATING',
    'RUNNING',
    'DEACTIVATING',
    'STOPPING',
    'DEPROVISIONING',
    'STOPPED',
    'DELETED',
  ]
  expect(all.map(lifecycleRank)).toEqual(all.map((_, rank) => rank))
})
