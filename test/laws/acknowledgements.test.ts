import type { Report } from 'ecs-task-stream'
import { describe, expect, it } from 'vitest'
import { Acknowledgements, type AcknowledgementsOptions } from '../../src/core/acknowledgements.js'
import { type Desired, type Unresolved } from '../../src/core/desired.js'
import type { JournalEvent } from '../../src/core/journal.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import { observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

const change = (id: string, last = 'RUNNING', desired = 'RUNNING'): JournalEvent => ({
  _tag: 'TaskChanged',
  task: observed({ id, last, desired }),
})
const arn = (id: string): string => observed({ id }).arn
const listed: JournalEvent = {
  _tag: 'TasksListed',
  cluster: 'c',
  at: 1,
  order: 1,
  tasks: [observed({ id: 'a' })],
}

/** A state of this revision in which these tasks wait, or lack something else. */
const desired = (
  revision: number,
  waiting: readonly string[] = [],
  why: Unresolved['why'] = 'instance-address',
): Desired => ({
  revision,
  backends: PersistentMap.empty(),
  complete: true,
  awaited: [],
  unjudged: new Set(),
  readings: new Map(),
  unresolved: waiting.reduce(
    (map, id) => map.set(arn(id), { task: arn(id), cluster: 'c', why, detail: '' }),
    PersistentMap.empty<Unresolved>(),
  ),
})

const started = (options: Partial<AcknowledgementsOptions> = {}) => {
  const told: string[] = []
  const reports: Report[] = []
  const clock = virtualClock(0)
  const stop = new AbortController()
  const acks = new Acknowledgements({
    ack: 'applied',
    required: ['table'],
    lookupWaitMs: 1000,
    isCovered: () => true,
    clock,
    signal: stop.signal,
    report: (report) => reports.push(report),
    ...options,
  })
  const enter = (name: string, events: readonly JournalEvent[] = [], newest?: number) =>
    acks.enter(
      {
        _tag: 'Delivery',
        events: [],
        ack: () => told.push(`ack ${name}`),
        nack: (reason) => told.push(`nack ${name}: ${String(reason)}`),
      },
      events,
      newest,
    )
  /** What was reported since the last call. */
  const news = () => reports.splice(0)
  return { acks, enter, told, news, clock, stop }
}
const acknowledged = (deliveries: number, unsettled: number) => ({
  _tag: 'Acknowledged',
  deliveries,
  unsettled,
})

describe('a delivery', () => {
  it('is acknowledged when the sink holds it, which is reported', () => {
    const { acks, enter, told, news } = started()
    expect([enter('one', [change('a')], 5), enter('two', [], 7)]).toEqual([1, 2])
    expect([acks.revision, acks.unsettled, acks.quiet]).toEqual([2, 2, false])
    acks.reportEntered()
    expect(news()).toEqual([])
    acks.settle('table', desired(1), false)
    expect(news()).toEqual([
      { _tag: 'Synced', sink: 'table', revision: 1, newest: 5, exact: false },
      acknowledged(1, 1),
    ])
    acks.settle('table', desired(2), true)
    expect(told).toEqual(['ack one', 'ack two'])
    expect([acks.unsettled, acks.quiet]).toEqual([0, true])
    expect(news()).toEqual([
      { _tag: 'Synced', sink: 'table', revision: 2, newest: 7, exact: true },
      acknowledged(1, 0),
    ])
    acks.settle('table', desired(2), true)
    expect(news()).toEqual([{ _tag: 'Synced', sink: 'table', revision: 2, newest: undefined, exact: true }])
    acks.abandon()
    expect(news()).toEqual([])
  })

  it('is acknowledged when it is entered, if nothing is required', () => {
    const { acks, enter, told, news } = started({ required: [] })
    enter('one', [change('a')])
    expect(told).toEqual(['ack one'])
    acks.reportEntered()
    expect(news()).toEqual([acknowledged(1, 0)])
  })

  it('is acknowledged once, when it is folded, if that is wanted; the sink is followed all the same', () => {
    const { acks, enter, told, news } = started({ ack: 'folded' })
    expect(enter('one', [change('a')], 5)).toBe(1)
    expect(told).toEqual(['ack one'])
    expect(acks.quiet).toBe(false)
    acks.settle('table', desired(1, ['a']), true)
    expect(news()).toEqual([
      { _tag: 'Synced', sink: 'table', revision: 1, newest: 5, exact: true },
      acknowledged(1, 0),
    ])
    enter('two')
    acks.abandon()
    expect(told).toEqual(['ack one', 'ack two'])
  })

  it('is given back when the worker stops, which is reported', () => {
    const { acks, enter, told, news } = started()
    enter('one')
    acks.abandon()
    expect(told).toEqual(['nack one: Error: the worker stopped before this was applied'])
    expect(news()).toEqual([{ _tag: 'Abandoned', deliveries: 1 }])
  })

  it.each<[string, JournalEvent]>([
    ['a task that has stopped', change('a', 'STOPPED', 'STOPPED')],
    ['a task that is to stop', change('a', 'RUNNING', 'STOPPED')],
    ['a task that does not run yet', change('a', 'PENDING', 'RUNNING')],
    ['a snapshot, which comes again', listed],
  ])('of %s waits for no lookup', (_, event) => {
    const { acks, enter, told } = started()
    enter('one', [event])
    acks.settle('table', desired(1, ['a']), true)
    expect(told).toEqual(['ack one'])
  })

  it('of a running task waits for the lookup, and for nothing that will not be answered', () => {
    const { acks, enter, told } = started()
    enter('one', [listed, change('b', 'STOPPED', 'STOPPED'), change('a')])
    acks.settle('table', desired(1, ['a']), true)
    expect(told).toEqual([])
    enter('two', [change('a')])
    acks.settle('table', desired(2, ['a'], 'lookup-refused'), true)
    expect(told.sort()).toEqual(['ack one', 'ack two'])
  })
})

describe('the wait for lookups', () => {
  const waits = (options?: Partial<AcknowledgementsOptions>, ...ids: readonly string[]) => {
    const made = started(options)
    made.enter(
      'one',
      ids.map((id) => change(id)),
    )
    made.acks.settle('table', desired(1, ids), true)
    made.news()
    return made
  }

  it('ends after its time, no more than a tenth before, and that is reported', async () => {
    const { clock, told, news } = waits({}, 'a')
    await clock.advance(899)
    expect(told).toEqual([])
    await clock.advance(101)
    expect(told).toEqual(['ack one'])
    expect(news()).toEqual([
      { _tag: 'AcknowledgedUnheld', tasks: [arn('a')], afterMs: 1000 },
      acknowledged(1, 0),
    ])
    await clock.advance(5000)
    expect(told).toEqual(['ack one'])
  })

  it('has no end where no snapshot would list one of the tasks again', async () => {
    const { clock, told } = waits({ isCovered: (task) => task === arn('a') }, 'a', 'b')
    await clock.advance(100_000)
    expect(told).toEqual([])
  })

  it('that was answered is not ended, and is forgotten', async () => {
    const { acks, clock, enter, news } = waits({}, 'a')
    enter('two')
    acks.settle('table', desired(2), true)
    news()
    await clock.advance(5000)
    expect(news()).toEqual([])
  })

  it('of each delivery has its own time, whichever timer runs', async () => {
    const { acks, clock, enter, told } = waits({}, 'a')
    await clock.advance(500)
    enter('two', [change('b')])
    acks.settle('table', desired(2, ['a', 'b']), true)
    await clock.advance(500)
    expect(told).toEqual(['ack one'])
    await clock.advance(399)
    expect(told).toEqual(['ack one'])
    await clock.advance(101)
    expect(told).toEqual(['ack one', 'ack two'])
    // The timer has stopped, and starts again.
    await clock.advance(10_000)
    expect(clock.sleeping).toBe(0)
    enter('three', [change('c')])
    acks.settle('table', desired(3, ['c']), true)
    await clock.advance(1000)
    expect(told).toEqual(['ack one', 'ack two', 'ack three'])
  })

  it('ends with the worker, which gives the delivery back', async () => {
    const { acks, clock, stop, told, news } = waits({}, 'a')
    stop.abort()
    await clock.advance(5000)
    acks.abandon()
    expect(told).toEqual(['nack one: Error: the worker stopped before this was applied'])
    expect(news()).toEqual([{ _tag: 'Abandoned', deliveries: 1 }])
  })
})
