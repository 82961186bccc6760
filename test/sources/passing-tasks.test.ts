import { ECSClient } from '@aws-sdk/client-ecs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { Task } from '../../src/core/task.js'
import {
  nextQuestionAt,
  PassingTasks,
  patienceMs,
  stopPatienceMs,
} from '../../src/sources/ecs-api/questions/passing-tasks.js'
import { QuestionFollower } from '../../src/sources/ecs-api/questions/question-follower.js'
import { cluster, observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'
import { runs } from '../laws/runs.js'

const passing = fc.constantFrom(
  { last: 'PROVISIONING', desired: 'RUNNING' },
  { last: 'PENDING', desired: 'RUNNING' },
  { last: 'ACTIVATING', desired: 'RUNNING' },
)
const stopping = fc.constantFrom(
  { last: 'RUNNING', desired: 'STOPPED' },
  { last: 'DEACTIVATING', desired: 'STOPPED' },
  { last: 'STOPPING', desired: 'STOPPED' },
  { last: 'DEPROVISIONING', desired: 'STOPPED' },
)
const staying = fc.constantFrom(
  { last: 'RUNNING', desired: 'RUNNING' },
  { last: 'STOPPED', desired: 'STOPPED' },
)

const HOUR = 3_600_000

describe('passing tasks', () => {
  it('are those on their way to a state in which they stay', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(passing, stopping, staying), { minLength: 1 }), (steps) => {
        const tasks = new PassingTasks()
        for (const [version, step] of steps.entries()) {
          const task = observed({ id: 'a', version: version + 1, ...step })
          tasks.changed(task.arn, task, undefined, version)
        }
        const last = steps.at(-1)
        const stays = last?.last === last?.desired
        expect(tasks.size).toBe(stays ? 0 : 1)
        const ends = last?.desired === 'STOPPED'
        if (!stays) expect(tasks.nextAt).toBe(steps.length - 1 + (ends ? stopPatienceMs : patienceMs))
      }),
      { numRuns: runs },
    )
  })

  it('are asked about within a minute of whatever was lost, in the first four minutes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 240_000 }), (age) => {
        expect(nextQuestionAt(0, age) - age).toBeLessThanOrEqual(60_000)
        expect(nextQuestionAt(0, age) - age).toBeGreaterThanOrEqual(patienceMs)
      }),
      { numRuns: runs },
    )
  })

  it('are asked about ever more rarely while they are stuck', () => {
    let questions = 0
    let at = patienceMs
    for (; at < HOUR; at = nextQuestionAt(0, at)) questions++
    expect(questions).toBe(17)
    for (questions = 0; at < 2 * HOUR; at = nextQuestionAt(0, at)) questions++
    expect(questions).toBe(4)
  })

  it('are no longer watched once a newer snapshot rules them out', () => {
    const tasks = new PassingTasks()
    const start = observed({ id: 'a', last: 'PENDING', at: 1_000 })
    const stop = observed({ id: 'b', last: 'STOPPING', desired: 'STOPPED', at: 1_000 })
    const known = new Map([start, stop].map((task) => [task.arn, task]))
    for (const task of known.values()) tasks.changed(task.arn, task, undefined, 1_000)
    tasks.listed({ order: 2, at: 20_000, tasks: PersistentMap.empty() }, (arn) => known.get(arn), 20_000)
    expect(tasks.size).toBe(2)
    tasks.listed({ order: 3, at: 60_000, tasks: PersistentMap.empty() }, (arn) => known.get(arn), 60_000)
    expect(tasks.size).toBe(0)
  })

  it('have their answer when a snapshot lists them', () => {
    const tasks = new PassingTasks()
    const task = observed({ id: 'a', last: 'PENDING', at: 1_000 })
    tasks.changed(task.arn, task, undefined, 0)
    const tasksOf = PersistentMap.from([[task.arn, task]])
    tasks.listed({ order: 2, at: 30_000, tasks: tasksOf }, (arn) => tasksOf.get(arn), 31_000)
    expect(tasks.due(69_999, 100)).toEqual([])
    expect(tasks.due(70_000, 100)).toEqual([task.arn])
  })

  it('are bounded, because whoever can send events can invent them', () => {
    const tasks = new PassingTasks()
    for (let i = 0; i < 10_100; i++) {
      const task = observed({ id: `${i}`, last: 'PENDING' })
      tasks.changed(task.arn, task, undefined, 0)
    }
    expect(tasks.size).toBe(10_000)
  })
})

describe('questions about passing tasks', () => {
  /** A follower whose calls find every task as it is. */
  const asking = (
    count: number,
    alone: <A extends object>(work: string, make: () => Promise<A>) => Promise<A | undefined>,
  ) => {
    const clock = virtualClock(0)
    const stop = new AbortController()
    const tasks = new PassingTasks()
    const known = new Map<string, Task>()
    const calls: number[] = []
    const ecs = new ECSClient({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    })
    ecs.middlewareStack.add(
      () => () => {
        calls.push(clock.now())
        // An answer that lacks a task says nothing about it, as one that finds it unchanged.
        return Promise.resolve({ response: undefined, output: { tasks: [], failures: [], $metadata: {} } })
      },
      { step: 'initialize' },
    )
    for (let i = 0; i < count; i++) {
      const task = observed({ id: `${i}`, last: 'PENDING' })
      known.set(task.arn, task)
      tasks.changed(task.arn, task, undefined, 0)
    }
    const follower = new QuestionFollower({
      cluster,
      call: (_, __, ___, make) => make(ecs),
      passing: tasks,
      newestMark: () => undefined,
      newestOrder: () => 0,
      known: (arn) => known.get(arn),
      tell: () => undefined,
      notice: () => undefined,
      missed: () => undefined,
      alone,
      clock,
      random: () => 0.5,
      signal: stop.signal,
    })
    follower.start()
    return { clock, stop, calls, follower, tasks }
  }

  it('are bounded with ten thousand stuck tasks: at most five calls in fifteen seconds, and ever fewer', async () => {
    const { clock, stop, calls, follower } = asking(10_000, (_, make) => make())
    await clock.advance(2 * HOUR)
    for (const call of calls)
      expect(calls.filter((other) => other >= call && other < call + 15_000).length).toBeLessThanOrEqual(5)
    const hour = (n: number): number => calls.filter((at) => Math.floor(at / HOUR) === n).length
    expect(hour(0)).toBeLessThanOrEqual(5 * 240)
    expect(hour(1)).toBeLessThan(hour(0) / 2)
    expect(calls.length).toBeGreaterThan(100)
    stop.abort()
    await follower.idle()
  })

  it('share a call, and cost none when nothing passes', async () => {
    const { clock, stop, calls, follower, tasks } = asking(100, (_, make) => make())
    await clock.advance(60_000)
    expect(calls).toHaveLength(1)
    tasks.clear()
    await clock.advance(HOUR)
    expect(calls).toHaveLength(1)
    await follower.idle()
    expect(clock.sleeping).toBe(0)
    stop.abort()
  })

  it('are asked by one of the workers that share a journal, and by another when it ends', async () => {
    let holder: object | undefined
    const alone = async <A extends object>(_: string, make: () => Promise<A>): Promise<A | undefined> => {
      if (holder !== undefined) return undefined
      holder = make
      return make().finally(() => (holder = undefined))
    }
    const [first, second] = [asking(1, alone), asking(1, alone)]
    for (let minute = 0; minute < 10; minute++) {
      await first.clock.advance(60_000)
      await second.clock.advance(60_000)
    }
    expect(first.calls.length).toBeGreaterThan(4)
    expect(second.calls).toEqual([])
    first.stop.abort()
    await first.follower.idle()
    await second.clock.advance(60_000)
    expect(second.calls.length).toBeGreaterThan(0)
    second.stop.abort()
    await second.follower.idle()
  })
})
