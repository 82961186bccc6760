import * as fc from 'fast-check'
import {
  type ClusterEvent,
  type Report,
  run,
  type RunSetup,
  servicePorts,
  type Sink,
  type Task,
} from 'ecs-task-stream'
import { dryRun } from 'ecs-task-stream/sinks/dry-run'
import { type Addresses, memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { histories, redelivered } from 'ecs-task-stream/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cluster, observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'
import { runsOfHistories } from './runs.js'

const start = 1_000_000

type Reached = Extract<Report, { readonly _tag: 'Reached' }>

const working = (setup: Partial<RunSetup> = {}) => {
  const clock = virtualClock(start)
  const source = memorySource()
  const worker = run(
    { sources: [source], sinks: [memorySink()], expose: servicePorts(), minWriteIntervalMs: 0, ...setup },
    { clock, random: () => 0.5 },
  )
  const reports: Report[] = []
  worker.reports$.subscribe((report) => reports.push(report))
  const stop = async () => {
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  }
  /** Pushes the events as one delivery, `after` milliseconds from now. */
  const push = async (after: number, ...events: readonly ClusterEvent[]) => {
    await clock.advance(after)
    void source.push(...events)
    await clock.advance(0)
  }
  return {
    clock,
    reports,
    push,
    stop,
    reached: () => reports.filter((report): report is Reached => report._tag === 'Reached'),
    lags: () =>
      reports.flatMap((report) =>
        report._tag === 'Reached' ? [[report.sink, report.writtenAt - report.eventAt]] : [],
      ),
  }
}

const worked = (setup: Partial<RunSetup> = {}) => {
  const at = working(setup)
  onTestFinished(at.stop)
  return at
}

const changed = (task: Task): ClusterEvent => ({ _tag: 'TaskChanged', task })

const listed = (at: number, ...tasks: readonly Task[]): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at,
  tasks,
})

const starting = observed({ id: 'a', version: 1, at: start, last: 'PENDING' })
const running = observed({ id: 'a', version: 2, at: start + 100 })
const stopping = observed({ id: 'a', version: 3, at: start + 9_000, desired: 'STOPPED' })

/** A sink that fails until told otherwise. */
const failing = () => {
  const sink = memorySink()
  const state = { fails: true }
  const made: Sink<Addresses> = {
    ...sink,
    apply: (...args) => (state.fails ? Promise.reject(new Error('injected')) : sink.apply(...args)),
  }
  return { sink: made, state }
}

describe('what an event changed has reached a target', () => {
  it('from the time at which ECS says that it happened until the write', async () => {
    const { push, lags } = worked()
    await push(0, changed(starting))
    expect(lags()).toEqual([])
    await push(1_000, changed(running))
    await push(9_000, changed(stopping))
    expect(lags()).toEqual([
      ['memory', 900],
      ['memory', 1_000],
    ])
  })

  it('in each target for itself, and in none that is written dry', async () => {
    const sinks = [memorySink({ name: 'a' }), memorySink({ name: 'b' }), dryRun(memorySink({ name: 'dry' }))]
    const { push, lags } = worked({ sinks })
    await push(300, changed(running))
    expect(lags()).toEqual([
      ['a', 200],
      ['b', 200],
    ])
  })

  it('once for each delivery, of which the earliest event counts, however many one write brings', async () => {
    const { push, clock, lags } = worked({ minWriteIntervalMs: 1_000 })
    await push(200, changed(running))
    await push(0, changed(observed({ id: 'b', port: 2, at: start + 150 })))
    await push(
      0,
      changed(observed({ id: 'c', port: 3, at: start + 190 })),
      changed(observed({ id: 'd', port: 4, at: start + 50 })),
    )
    await clock.advance(1_000)
    expect(lags()).toEqual([
      ['memory', 100],
      ['memory', 1_050],
      ['memory', 1_150],
    ])
  })

  it('never because of a duplicate, or of a snapshot that only confirms', async () => {
    const { push, lags } = worked()
    await push(200, changed(running))
    await push(0, changed(running), changed(starting))
    await push(0, listed(start + 100, running))
    await push(60_000, listed(start + 60_000, running))
    expect(lags()).toEqual([['memory', 100]])
  })

  it('when a snapshot tells what an event should have told, unless it is the first of its cluster', async () => {
    const { push, lags } = worked()
    const old = observed({ id: 'old', port: 1, at: 5 })
    await push(0, listed(start, old))
    expect(lags()).toEqual([])
    await push(60_000, listed(start + 60_000, old, running))
    expect(lags()).toEqual([['memory', 59_900]])
  })

  it('at the write that succeeds after others have failed', async () => {
    const { sink, state } = failing()
    const { push, clock, lags } = worked({ sinks: [sink] })
    await push(100, changed(running))
    await clock.advance(20_000)
    expect(lags()).toEqual([])
    state.fails = false
    await clock.advance(20_000)
    expect(lags()).toHaveLength(1)
    expect(lags()[0]?.[1]).toBeGreaterThanOrEqual(20_000)
  })

  it('late, when its address had to be looked up', async () => {
    const instance = 'arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/i'
    const task: Task = { ...running, instance, interface: undefined }
    const { push, lags } = worked()
    await push(200, changed(task))
    await push(100, changed(observed({ id: 'other', port: 2, at: start + 290 })))
    expect(lags()).toEqual([['memory', 10]])
    await push(700, {
      _tag: 'InstanceDescribed',
      instance,
      addresses: { ipv4: '10.0.0.9', ipv6: undefined },
      at: 1,
    })
    expect(lags().slice(1)).toEqual([['memory', 900]])
  })

  it('not when only its health changes, of which nobody knows the time', async () => {
    const { push, reports, lags } = worked()
    await push(200, changed(running))
    const sick = { ...running, health: { at: 1, status: 'UNHEALTHY' } as const }
    await push(10_000, changed(sick))
    expect(reports.filter(({ _tag }) => _tag === 'Applied')).toHaveLength(2)
    expect(lags()).toEqual([['memory', 100]])
  })

  it('not because another record of the target was written', async () => {
    // The readers of this target only see whether there are addresses.
    const sink: Sink<Addresses> = { ...memorySink(), equals: (a, b) => a.length > 0 === b.length > 0 }
    const { push, lags } = worked({ sinks: [sink] })
    await push(200, changed(running))
    await push(0, changed(observed({ id: 'b', port: 2, at: start + 10 })))
    await push(0, changed(observed({ id: 'api', service: 'api', at: start + 150 })))
    expect(lags()).toEqual([
      ['memory', 100],
      ['memory', 50],
    ])
  })
})

interface Told {
  readonly revision: number
  readonly sink: string
}

/** What may not be said about deliveries that were settled one after another. */
const flawsOf = (reports: readonly Report[], saysReached: (report: Report) => Told | undefined) => {
  const flaws: string[] = []
  const said = new Set<string>()
  let written = false
  for (const report of reports) {
    if (report._tag === 'Folded') written = false
    if (report._tag === 'Applied') written = true
    const told = saysReached(report)
    if (told === undefined) continue
    const name = `${told.revision} in ${told.sink}`
    if (said.has(name)) flaws.push(`${name} twice`)
    if (!written) flaws.push(`${name} without a write`)
    said.add(name)
  }
  return flaws
}

const history = histories({ maxLength: 25 }).chain(({ events }) => redelivered(events))

const lived = async (events: readonly ClusterEvent[]) => {
  const at = working()
  for (const event of events) await at.push(10, event)
  await at.stop()
  return at
}

describe('the law of lag', () => {
  it('a delivery is measured at most once, and only if it was written; its time is one of its events', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (events) => {
        const { reports, reached } = await lived(events)
        expect(flawsOf(reports, (report) => (report._tag === 'Reached' ? report : undefined))).toEqual([])
        for (const { revision, eventAt } of reached()) {
          const event = events[revision - 1]
          const tasks =
            event?._tag === 'TasksListed' ? event.tasks : event?._tag === 'TaskChanged' ? [event.task] : []
          expect(tasks.map(({ at }) => at)).toContain(eventAt)
        }
      }),
      { numRuns: runsOfHistories },
    )
  })

  it('is broken by whoever measures each time that a sink is synced', async () => {
    const law = fc.asyncProperty(history, async (events) => {
      const { reports } = await lived(events)
      const flaws = flawsOf(reports, (report) =>
        report._tag === 'Synced' && report.newest !== undefined ? report : undefined,
      )
      expect(flaws).toEqual([])
    })
    expect((await fc.check(law, { numRuns: Math.max(runsOfHistories, 50) })).failed).toBe(true)
  })
})
