/** The clock of a worker may be wrong by days, drift, and jump; that of ECS is the one that counts. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyState } from '../../src/core/cluster-state.js'
import { projector } from '../../src/core/project.js'
import { reduce } from '../../src/core/reduce.js'
import { Stamps } from '../../src/core/stamps.js'
import { sweep } from '../../src/core/sweep.js'
import { defaultSkewAllowanceMs } from '../../src/core/liveness.js'
import { liveStays, type Observer } from './convergence.js'
import { holds, refutation } from './holds.js'
import { options, routesOf } from './observed.js'

const fortnight = 14 * 24 * 3_600_000

/** A worker that also sweeps, with a clock that is two weeks ahead, after every snapshot. */
const ours: Observer = () => {
  const project = projector(options)
  let state = emptyState
  let latest = 0
  return (event) => {
    state = reduce(state, event)
    if (event._tag === 'TasksListed') {
      latest = Math.max(latest, event.at)
      state = sweep(state, {
        skewAllowanceMs: defaultSkewAllowanceMs,
        now: latest + fortnight,
        settled: true,
      })
    }
    return routesOf(project(state, 0))
  }
}

describe('a clock that jumps by days', () => {
  it('never removes a live server', () => {
    holds(liveStays(ours))
  })

  it('would remove live servers if it dated the snapshots: the law sees it', () => {
    const { failed } = fc.check(liveStays(ours, { clock: 'own' }), refutation)
    expect(failed).toBe(true)
  })
})

describe('Stamps', () => {
  it('rise, whatever the clock does and others have seen, and are the time where that is the greatest', () => {
    holds(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.option(fc.nat(), { nil: undefined }))), (moments) => {
        const stamps = new Stamps()
        let last = 0
        for (const [now, seen] of moments) {
          const next = stamps.next(now, seen)
          expect(next).toBe(Math.max(now, last + 1, (seen ?? 0) + 1))
          last = next
        }
      }),
    )
  })
})
