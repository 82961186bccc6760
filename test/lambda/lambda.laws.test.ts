import type { ClusterEvent, Task } from 'ecs-task-stream'
import { memoryJournal, memoryLog } from 'ecs-task-stream/journals/memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LambdaHandler } from '../../src/lambda/index.js'
import { runsOfStories } from '../laws/runs.js'
import { happenings } from '../race/stage.js'
import {
  addressOf,
  batch,
  type Fate,
  held,
  isLive,
  record,
  type Record,
  schedule,
  serviceOf,
  Stage,
} from './stage.js'
import { refutation } from '../laws/holds.js'

/** Longer than the skew allowance: whatever happened before is old enough for a snapshot to rule it out. */
const pause = 40_000

interface Step {
  /** How many more things happen to the cluster before. */
  readonly happen: number
  /** How many of the queue's messages are in the batch, at most. */
  readonly size: number
  readonly remaining: number
  /** How many waits the container survives. */
  readonly waits: number
  readonly garbage: boolean
  readonly other: boolean
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    happen: fc.nat(4),
    size: fc.integer({ min: 1, max: 8 }),
    // Less than the margin leaves no time at all.
    remaining: fc.constantFrom(500, 1_010, 1_030, 3_000, 20_000, 20_000),
    waits: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: fc.nat(12) }),
    garbage: fc.boolean(),
    other: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
)

const roll = (dice: fc.Stream<number>): number => (dice.next() as IteratorYieldResult<number>).value

const fates = (dice: fc.Stream<number>, share: number) => (): Fate => {
  const drawn = roll(dice) % 100
  return drawn < share ? 'fails' : drawn < share + share / 2 ? 'hangs' : 'done'
}

/**
 * Lives through the steps: a function whose invocations are cut by their deadline, whose calls fail and hang, and
 * whose container is killed. At the end all goes well, until the queue is empty.
 */
const live = async (
  { events, steps, dice, maxAgeMs, journal }: Case,
  wrap: (handler: LambdaHandler) => LambdaHandler,
  check: (stage: Stage, succeeded: readonly Task[]) => void,
): Promise<Stage> => {
  const stage = new Stage()
  const queue = new Map<string, { readonly record: Record; readonly task: Task }>()
  const succeeded: Task[] = []
  let coming = events.flatMap((event) => (event._tag === 'TaskChanged' ? [event.task] : []))
  let faulty = true
  const sink = (): Fate => (faulty ? fates(dice, 15)() : 'done')
  const snapshot = (): Fate => (faulty ? fates(dice, 8)() : 'done')
  const log = memoryLog()
  const start = (): ReturnType<Stage['start']> =>
    stage.start(
      { sink, snapshot },
      { maxAgeMs, ...(journal ? { journal: memoryJournal({ log, now: () => stage.outside.now }) } : {}) },
    )
  let now = start()

  const happen = (count: number): void => {
    for (const described of coming.slice(0, count)) {
      const task = { ...described, at: stage.outside.now }
      stage.cluster.happens(task)
      // At least once: some messages come twice, as two.
      for (let copy = 0; copy <= (roll(dice) % 4 === 0 ? 1 : 0); copy++) {
        const messageId = `${task.arn} ${task.version} ${copy}`
        const body = JSON.stringify({ _tag: 'TaskChanged', task })
        queue.set(messageId, { task, record: record(messageId, body) })
      }
      stage.outside.now += 100
    }
    coming = coming.slice(count)
  }

  const invoke = async (step: Step): Promise<void> => {
    happen(step.happen)
    stage.outside.now += pause
    // Timers that went due meanwhile may go off before the runtime gets its event.
    if (roll(dice) % 2 === 0) await now.container.thaw()
    const chosen = [...queue.values()]
      .map((message) => ({ message, at: roll(dice) }))
      .sort((a, b) => a.at - b.at)
      .slice(0, step.size)
      .map(({ message }) => message)
    const records = [
      ...chosen.map(({ record }) => record),
      ...(step.garbage ? [record('bad', 'garbage')] : []),
      ...(step.other ? [record('other', 'other')] : []),
    ]
    const answer = await now.container.invoke(wrap(now.handler), batch(...records), step)
    if (answer === 'killed') {
      now = start()
      return
    }
    if (answer instanceof Error) throw answer
    const failed = answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
    const ids = records.map(({ messageId }) => messageId)
    expect(failed.filter((id) => !ids.includes(id))).toEqual([])
    expect(new Set(failed).size).toBe(failed.length)
    expect(failed.includes('bad')).toBe(step.garbage)
    expect(failed).not.toContain('other')
    for (const { task, record } of chosen) {
      if (failed.includes(record.messageId)) continue
      queue.delete(record.messageId)
      succeeded.push(task)
    }
    check(stage, succeeded)
  }

  const well = { size: Infinity, remaining: 60_000, waits: Infinity, garbage: false, other: false }
  for (const step of steps) await invoke(step)
  faulty = false
  for (let tries = 0; coming.length + queue.size > 0; tries++) {
    if (tries > 5) throw new Error(`${queue.size} messages never succeed`)
    await invoke({ ...well, happen: coming.length })
  }
  expect(stage.strayed).toEqual([])
  return stage
}

interface Case {
  readonly events: readonly ClusterEvent[]
  readonly steps: readonly Step[]
  readonly dice: fc.Stream<number>
  readonly maxAgeMs: number
  /** Whether it has a journal in place of snapshots. */
  readonly journal: boolean
}

const cases: fc.Arbitrary<Case> = fc.record({
  events: happenings,
  steps,
  dice: fc.infiniteStream(fc.nat()),
  maxAgeMs: fc.constantFrom(0, 30_000, 100_000, Infinity),
  journal: fc.boolean(),
})

/**
 * Nothing that succeeded is missing from the target: of each task, it shows the newest version that succeeded, or a
 * later one.
 */
const neverBehind = ({ cluster, target }: Stage, succeeded: readonly Task[]): void => {
  const known = new Map<string, number>()
  for (const { arn, version } of succeeded) known.set(arn, Math.max(known.get(arn) ?? 0, version))
  const possible = (arn: string): readonly Task[] =>
    cluster.versions.filter((task) => task.arn === arn && task.version >= (known.get(arn) ?? 0))
  const shown = held(target)
  for (const arn of known.keys()) {
    const [task] = possible(arn)
    const shows = (shown[serviceOf(task!)] ?? []).includes(addressOf(task!))
    if (possible(arn).every(isLive) && !shows) throw new Error(`${arn} succeeded as live, and is not there`)
    const elsewhere = cluster.versions.some(
      (other) =>
        other.arn !== arn && addressOf(other) === addressOf(task!) && serviceOf(other) === serviceOf(task!),
    )
    if (!elsewhere && shows && !possible(arn).some(isLive))
      throw new Error(`${arn} succeeded as gone, and is there`)
  }
}

const honest = (wrap: (handler: LambdaHandler) => LambdaHandler = (handler) => handler) =>
  fc.asyncProperty(cases, async (one) => {
    await live(one, wrap, neverBehind)
  })

describe('a function that is cut by deadlines, whose calls fail and hang, and that is killed and started cold', () => {
  it('leaves exactly what is live, once all has succeeded', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const stage = await live(
          one,
          (handler) => handler,
          () => undefined,
        )
        expect(held(stage.target)).toEqual(stage.cluster.truth)
      }),
      { numRuns: runsOfStories },
    )
  })

  it('reports as failed every record that the target does not hold, and everything that is not an event', async () => {
    await fc.assert(honest(), { numRuns: runsOfStories })
  })

  it('would be caught if it reported one too few', async () => {
    const boastful =
      (handler: LambdaHandler): LambdaHandler =>
      async (event, context) => {
        const { batchItemFailures } = await handler(event, context)
        return {
          batchItemFailures: batchItemFailures.filter(({ itemIdentifier }) => itemIdentifier === 'bad'),
        }
      }
    const { failed } = await fc.check(honest(boastful), refutation)
    expect(failed).toBe(true)
  })
})

describe('two containers that take turns on one queue', () => {
  const turns = fc.record({
    events: happenings,
    who: fc.infiniteStream(fc.boolean()),
    sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 6 }),
  })

  /** Each invocation gets what happened since the last, and the target is compared with what is live. */
  const exactEachTime = (maxAgeMs: number, { journal = false } = {}) =>
    fc.asyncProperty(turns, async ({ events, who, sizes }) => {
      const stage = new Stage()
      const log = memoryLog()
      const start = (): ReturnType<Stage['start']> =>
        stage.start(
          {},
          { maxAgeMs, ...(journal ? { journal: memoryJournal({ log, now: () => stage.outside.now }) } : {}) },
        )
      const [one, other] = [start(), start()]
      let coming = events.flatMap((event) => (event._tag === 'TaskChanged' ? [event.task] : []))
      for (const size of sizes) {
        const records = coming.slice(0, size).map((described, i) => {
          const task = { ...described, at: stage.outside.now }
          stage.cluster.happens(task)
          return record(`${i}`, JSON.stringify({ _tag: 'TaskChanged', task }))
        })
        coming = coming.slice(size)
        stage.outside.now += pause
        const { container, handler } = who.next().value === true ? one : other
        const answer = await container.invoke(handler, batch(...records), { remaining: 60_000 })
        expect(answer).toEqual({ batchItemFailures: [] })
        expect(held(stage.target)).toEqual(stage.cluster.truth)
      }
    })

  it('are exact after each invocation, if each takes a snapshot', async () => {
    await fc.assert(exactEachTime(0), { numRuns: runsOfStories })
  })

  it('are exact after each invocation, without snapshots, if they share a journal', async () => {
    await fc.assert(exactEachTime(Infinity, { journal: true }), { numRuns: runsOfStories })
  })

  it('are not, while each believes what it knew before: hence one container, and a maximal age', async () => {
    const { failed } = await fc.check(exactEachTime(Infinity), refutation)
    expect(failed).toBe(true)
  })

  it('are exact again after the next schedule', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async ({ events, who }) => {
        const stage = new Stage()
        const both = [stage.start(), stage.start()] as const
        for (const event of events) {
          if (event._tag !== 'TaskChanged') continue
          const task = { ...event.task, at: stage.outside.now }
          stage.cluster.happens(task)
          stage.outside.now += 100
          const { container, handler } = both[who.next().value === true ? 0 : 1]
          const body = JSON.stringify({ _tag: 'TaskChanged', task })
          await container.invoke(handler, batch(record('m', body)), { remaining: 60_000 })
        }
        stage.outside.now += pause
        await both[0].container.invoke(both[0].handler, schedule, { remaining: 60_000 })
        expect(held(stage.target)).toEqual(stage.cluster.truth)
      }),
      { numRuns: runsOfStories },
    )
  })
})
