import { describe, expect, it } from 'vitest'
import type { EventInTransit, TruthChange } from '../../demo/cluster-life.js'
import type { Contents } from '../../demo/contents.js'
import { Convergence } from '../../demo/convergence.js'
import { Durations, type Spread } from '../../demo/durations.js'

const web = (...servers: readonly string[]): Contents => new Map([['web', servers]])

const change = (server: string, live: boolean, more: Partial<TruthChange> = {}): TruthChange => ({
  service: 'web',
  server,
  live,
  task: 'one',
  version: 3,
  lost: false,
  ...more,
})

const letter = (task: string, version: number): EventInTransit => ({ number: 1, body: '', task, version })

const once = (ms: number) => ({ count: 1, p50: ms, p95: ms, max: ms })
const never = { count: 0, p50: 0, p95: 0, max: 0 }

describe('convergence', () => {
  it('is measured from the change of the truth until a read shows it, and from the arrival of its event', () => {
    const convergence = new Convergence(web(), web())
    convergence.truthChanged(change('a:1', true), 1_000)
    convergence.tableRead(web(), 1_050)
    convergence.queued([letter('one', 3)], 1_300)
    convergence.tableRead(web(), 1_310)
    expect(convergence.figures).toMatchObject({ delivered: never, open: 1 })
    convergence.tableRead(web('a:1'), 1_320)
    expect(convergence.figures).toMatchObject({ delivered: once(320), queued: once(20), open: 0 })
  })

  it('is measured for servers that go as for those that come', () => {
    const convergence = new Convergence(web('a:1', 'b:1'), web('a:1', 'b:1'))
    convergence.truthChanged(change('a:1', false), 0)
    convergence.tableRead(web('a:1', 'b:1'), 10)
    convergence.tableRead(web('b:1'), 40)
    expect(convergence.figures).toMatchObject({ delivered: once(40), open: 0 })
  })

  it('counts only the first copy of an event, and none of another task or version', () => {
    const convergence = new Convergence(web(), web())
    convergence.truthChanged(change('a:1', true), 0)
    convergence.queued([letter('one', 2), letter('two', 3)], 10)
    convergence.queued([letter('one', 3)], 20)
    convergence.queued([letter('one', 3)], 30)
    convergence.tableRead(web('a:1'), 50)
    expect(convergence.figures.queued).toEqual(once(30))
  })

  it('distinguishes what repaired a lost event: the next event of its task, or a snapshot', () => {
    const convergence = new Convergence(web('a:1', 'b:1'), web('a:1', 'b:1'))
    convergence.truthChanged(change('a:1', false, { lost: true }), 0)
    convergence.truthChanged(change('b:1', false, { lost: true, task: 'two' }), 0)
    convergence.queued([letter('one', 4)], 100)
    convergence.tableRead(web('b:1'), 120)
    convergence.tableRead(web(), 4_000)
    expect(convergence.figures).toMatchObject({
      delivered: never,
      byNextEvent: once(120),
      bySnapshot: once(4_000),
    })
  })

  it('does not count what the cluster took back before the table had it', () => {
    const convergence = new Convergence(web(), web())
    convergence.truthChanged(change('a:1', true), 0)
    convergence.truthChanged(change('a:1', false), 10)
    convergence.tableRead(web(), 20)
    expect(convergence.figures).toMatchObject({ delivered: never, overtaken: 1, open: 0 })
  })

  it('sees the table leave the truth by itself, and come back', () => {
    const convergence = new Convergence(web('a:1'), web('a:1'))
    convergence.tableRead(web('a:1', 'ghost:1'), 100)
    expect(convergence.figures).toMatchObject({ strayed: never, open: 1 })
    convergence.tableRead(web('a:1'), 130)
    expect(convergence.figures).toMatchObject({ strayed: once(30), delivered: never, open: 0 })
  })

  it('counts the moments in which a server that is live all the time has gone from the table', () => {
    const convergence = new Convergence(web('a:1', 'b:1'), web('a:1', 'b:1'))
    convergence.tableRead(web(), 10)
    convergence.tableRead(web(), 20)
    expect(convergence.figures.missing).toBe(1)
    convergence.tableRead(web('a:1', 'b:1'), 30)
    convergence.tableRead(web('b:1'), 40)
    expect(convergence.figures.missing).toBe(2)
  })

  it('does not count servers that the table has not shown yet, or that have stopped', () => {
    const convergence = new Convergence(web('a:1'), web('a:1'))
    convergence.truthChanged(change('b:1', true, { task: 'two' }), 0)
    convergence.tableRead(web('a:1'), 10)
    convergence.truthChanged(change('a:1', false), 20)
    convergence.tableRead(web(), 30)
    expect(convergence.figures.missing).toBe(0)
  })

  it('does not count an address that passed to another task before the table let go of it', () => {
    const convergence = new Convergence(web('a:1'), web('a:1'))
    convergence.truthChanged(change('a:1', false), 0)
    convergence.truthChanged(change('a:1', true, { task: 'two' }), 5)
    convergence.tableRead(web('a:1'), 10)
    // The event of the first task's end came before that of the second one's start.
    convergence.tableRead(web(), 20)
    expect(convergence.figures.missing).toBe(0)
    convergence.tableRead(web('a:1'), 30)
    convergence.tableRead(web(), 40)
    expect(convergence.figures.missing).toBe(1)
  })

  it('keeps one address under two services apart', () => {
    const convergence = new Convergence(web('a:1'), web('a:1'))
    convergence.truthChanged(change('a:1', true, { service: 'api' }), 0)
    expect(convergence.figures.open).toBe(1)
  })
})

describe('a spread of durations', () => {
  const spread = (durations: readonly number[]): Spread => {
    const all = new Durations()
    for (const ms of durations) all.add(ms)
    return all.spread
  }

  it('is made of durations that were measured, by nearest rank', () => {
    const durations = Array.from({ length: 100 }, (_, n) => 100 - n)
    expect(spread(durations)).toEqual({ count: 100, p50: 50, p95: 95, max: 100 })
    expect(spread([10, 9])).toEqual({ count: 2, p50: 9, p95: 10, max: 10 })
  })

  it('counts equal ones as often as they came', () => {
    expect(spread([...Array<number>(94).fill(5), 1, 7, 7, 7, 7, 90])).toEqual({
      count: 100,
      p50: 5,
      p95: 5,
      max: 90,
    })
    expect(spread([5, 5, 5, 9])).toEqual({ count: 4, p50: 5, p95: 9, max: 9 })
  })

  it('is to the millisecond', () => {
    expect(spread([1.4])).toEqual({ count: 1, p50: 1, p95: 1, max: 1 })
  })

  it('of nothing is nothing', () => {
    expect(spread([])).toEqual(never)
  })
})
