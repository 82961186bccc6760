import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { reduce } from '../../src/core/reduce.js'
import { atOnce, type Sliced } from '../../src/core/sliced.js'
import {
  Agreement,
  type NewSnapshot,
  type TaskChange,
} from '../../src/sources/ecs-api/snapshots/agreement.js'
import { cluster, observed, type Observed } from '../support/observed-task.js'
import { runs } from '../laws/runs.js'

const SHORTEST = 300_000
const limits = { shortest: SHORTEST, longest: 4 * SHORTEST }
/** The least time between two snapshots in a story is the shortest interval, and so is the time until the end. */
const beginning = 1_000_000

/** A task that begins to run, and may stop; its events are late, or lost. */
interface Life {
  readonly startsAt: number
  readonly stopsAt: number | undefined
  readonly startDelay: number | 'lost'
  readonly stopDelay: number | 'lost'
}

const RUNNING = { version: 3, last: 'RUNNING', desired: 'RUNNING' } as const
const STOPPED = { version: 5, last: 'STOPPED', desired: 'STOPPED' } as const

const span = 8 * SHORTEST
const delay = fc.integer({ min: 0, max: 25_000 })
const moment = fc.integer({ min: 0, max: span })
const life = (loss: fc.Arbitrary<number | 'lost'>): fc.Arbitrary<Life> =>
  fc
    .record({ startsAt: moment, lasts: fc.option(moment), startDelay: loss, stopDelay: loss })
    .map(({ startsAt, lasts, startDelay, stopDelay }) => ({
      startsAt: beginning + startsAt,
      stopsAt: lasts === null ? undefined : beginning + startsAt + lasts + 1,
      startDelay,
      stopDelay,
    }))

interface Step {
  readonly at: number
  readonly event: ClusterEvent
}

const told = (at: number, what: Observed): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({ ...what, at }),
})

/** All that a worker hears: events with their delays, and snapshots, which are exact. */
const stepsOf = (lives: readonly Life[], snapshots: readonly number[]): readonly Step[] => {
  const events = lives.flatMap(({ startsAt, stopsAt, startDelay, stopDelay }, i): readonly Step[] => [
    ...(startDelay === 'lost'
      ? []
      : [{ at: startsAt + startDelay, event: told(startsAt, { id: `${i}`, ...RUNNING }) }]),
    ...(stopsAt === undefined || stopDelay === 'lost'
      ? []
      : [{ at: stopsAt + stopDelay, event: told(stopsAt, { id: `${i}`, ...STOPPED }) }]),
  ])
  const listings = snapshots.map((at): Step => {
    const tasks = lives.flatMap(({ startsAt, stopsAt = Infinity }, i) =>
      startsAt <= at && at < stopsAt ? [observed({ id: `${i}`, ...RUNNING, at: startsAt })] : [],
    )
    return { at, event: { _tag: 'TasksListed', cluster, at, order: at, tasks } }
  })
  return [...events, ...listings].sort((a, b) => a.at - b.at)
}

/** The interval after each step. */
const intervals = (agreement: Agreement, steps: readonly Step[]): readonly number[] => {
  let state: ClusterState = emptyState
  return steps.map(({ at, event }) => {
    const before = state
    state = reduce(before, event)
    const changes: TaskChange[] = []
    state.tasks.diff(before.tasks, (arn, was, is) => changes.push({ arn, before: was, after: is }))
    const mark = state.marks.get(cluster)
    const previous = before.marks.get(cluster)
    if (mark !== undefined && mark !== previous)
      atOnce(agreement.listed({ before, after: state, previous, mark, changes }, at))
    else for (const change of changes) agreement.changed(change, false, at)
    return agreement.interval(at)
  })
}

type Make = (wake: () => void) => Agreement
const make: Make = (wake) => new Agreement(limits, wake)
const at = (n: number): number => beginning + n * SHORTEST
const regular = Array.from({ length: 10 }, (_, n) => at(n))

/** Nothing is lost: the interval never falls, whatever is on its way when a snapshot is taken. */
const patient = (made: Make) =>
  fc.property(fc.array(life(delay), { maxLength: 8 }), (lives) => {
    const steps = stepsOf(lives, regular)
    let woken = 0
    const agreement = made(() => woken++)
    const seen = intervals(agreement, steps)
    // While a snapshot is not judged yet, the interval is the shortest; so it is judged at the end of each, here.
    const judged = steps.flatMap(({ event }, i) =>
      event._tag === 'TasksListed' && i > 0 ? [seen[i - 1] ?? 0] : [],
    )
    for (const [i, interval] of judged.entries())
      expect(interval).toBeGreaterThanOrEqual(Math.min(judged[i - 1] ?? 0, limits.longest))
  })

/** The event of a start, or of a stop, is lost after events have long agreed: the interval is the shortest. */
const alert = (made: Make) =>
  fc.property(
    fc.constantFrom('start', 'stop'),
    fc.integer({ min: 61_000, max: SHORTEST - 1 }),
    (lost, before) => {
      const busy: Life[] = [0, 1, 2, 3].map((n) => ({
        startsAt: at(n) + 1_000,
        stopsAt: undefined,
        startDelay: 500,
        stopDelay: 500,
      }))
      const changed = at(4) + SHORTEST - before
      const victim: Life =
        lost === 'start'
          ? { startsAt: changed, stopsAt: undefined, startDelay: 'lost', stopDelay: 'lost' }
          : { startsAt: at(0) + 2_000, stopsAt: changed, startDelay: 100, stopDelay: 'lost' }
      const steps = stepsOf([...busy, victim], regular.slice(0, 6))
      let woken = 0
      const agreement = made(() => woken++)
      const seen = intervals(agreement, steps)
      expect(seen.at(-2)).toBe(limits.longest)
      expect(seen.at(-1)).toBe(SHORTEST)
      expect(woken).toBeGreaterThan(0)
      expect(agreement.interval(at(5) + 31_000)).toBe(SHORTEST)
      expect(agreement.interval(at(6))).toBe(SHORTEST)
    },
  )

/** No event ever comes: the interval is the shortest for ever. */
const neverAlone = (made: Make) =>
  fc.property(fc.array(life(fc.constant('lost')), { maxLength: 8 }), (lives) => {
    const seen = intervals(
      made(() => undefined),
      stepsOf(lives, regular),
    )
    for (const interval of seen) expect(interval).toBe(SHORTEST)
  })

/** Judges a snapshot at once, although events may be on their way. */
class Hasty extends Agreement {
  override *listed(snapshot: NewSnapshot, now: number): Sliced<void> {
    yield* super.listed(snapshot, now)
    super.interval(now + 60_000)
  }
}

/** Takes what began just before a snapshot for missed. */
class Unforgiving extends Agreement {
  override *listed(snapshot: NewSnapshot, now: number): Sliced<void> {
    yield* super.listed({ ...snapshot, mark: { ...snapshot.mark, at: snapshot.mark.at + 30_000 } }, now)
  }
}

/** Takes every snapshot for agreement. */
class Credulous extends Agreement {
  override *listed(snapshot: NewSnapshot, now: number): Sliced<void> {
    yield* super.listed({ ...snapshot, previous: snapshot.mark, changes: [] }, now)
  }
}

/** Takes what a snapshot itself tells for what events tell. */
class SelfAssured extends Agreement {
  override *listed(snapshot: NewSnapshot, now: number): Sliced<void> {
    for (const change of snapshot.changes) super.changed(change, false, now)
    yield* super.listed({ ...snapshot, changes: [] }, now)
  }
}

describe('the agreement of events and snapshots', () => {
  it('does not take an event that is on its way for a lost one', () => {
    fc.assert(patient(make), { numRuns: runs })
  })

  it('shortens the interval after one lost start or stop', () => {
    fc.assert(alert(make), { numRuns: runs })
  })

  it('never lengthens the interval without events', () => {
    fc.assert(neverAlone(make), { numRuns: runs })
  })

  it.each<readonly [string, Make, (made: Make) => fc.IProperty<unknown>]>([
    ['judges at once', (wake) => new Hasty(limits, wake), patient],
    ['forgives nothing', (wake) => new Unforgiving(limits, wake), patient],
    ['believes everything', (wake) => new Credulous(limits, wake), alert],
    ['takes its own word for an event', (wake) => new SelfAssured(limits, wake), neverAlone],
  ])('is caught if it %s', (_, wrong, law) => {
    expect(fc.check(law(wrong), { numRuns: 300 }).failed).toBe(true)
  })

  it('is idle while nothing happens', () => {
    const lives = [{ startsAt: beginning, stopsAt: undefined, startDelay: 0, stopDelay: 0 }]
    const seen = intervals(
      make(() => undefined),
      stepsOf(lives, regular.slice(1)),
    )
    expect(new Set(seen)).toEqual(new Set([SHORTEST]))
  })

  it('takes a change of health for a reason to look again soon: no event tells of it', () => {
    const unhealthy = (order: number): ClusterEvent => ({
      _tag: 'TasksListed',
      cluster,
      at: order,
      order,
      tasks: [
        { ...observed({ id: '0', ...RUNNING, at: beginning }), health: { at: order, status: 'UNHEALTHY' } },
      ],
    })
    const quiet = (n: number): Life => ({
      startsAt: at(n) + 1_000,
      stopsAt: at(n) + 2_000,
      startDelay: 0,
      stopDelay: 0,
    })
    const lives: Life[] = [{ startsAt: beginning, stopsAt: undefined, startDelay: 0, stopDelay: 0 }]
    const steps = [
      ...stepsOf([...lives, quiet(0), quiet(1), quiet(2)], regular.slice(0, 4)),
      { at: at(4), event: unhealthy(at(4)) },
    ]
    const seen = intervals(
      make(() => undefined),
      steps,
    )
    expect(seen.at(-2)).toBe(limits.longest)
    expect(seen.at(-1)).toBe(SHORTEST)
  })

  it('does not take the answer to a question for an event', () => {
    const agreement = make(() => undefined)
    const task = observed({ id: '0', ...RUNNING })
    const snapshot = (at: number): NewSnapshot => ({
      before: emptyState,
      after: emptyState,
      previous: { order: at - 1, at: at - 1, tasks: emptyState.tasks },
      mark: { order: at, at, tasks: emptyState.tasks },
      changes: [],
    })
    agreement.changed({ arn: task.arn, before: undefined, after: task }, true, at(0))
    atOnce(agreement.listed(snapshot(at(1)), at(1)))
    expect(agreement.interval(at(1))).toBe(SHORTEST)
    agreement.changed({ arn: task.arn, before: undefined, after: task }, false, at(1))
    atOnce(agreement.listed(snapshot(at(2)), at(2)))
    expect(agreement.interval(at(2))).toBe(2 * SHORTEST)
  })
})
