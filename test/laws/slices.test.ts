import { type ClusterEvent, run, servicePorts, type Task, type Worker } from 'ecs-task-stream'
import { memoryJournal, memoryLog } from 'ecs-task-stream/journals/memory'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { config, firstValueFrom } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { atOnce, inSlices, type Sliced, sliceSize } from '../../src/core/sliced.js'
import { cluster, observed } from '../support/observed-task.js'
import { type VirtualClock, virtualClock } from '../support/virtual-clock.js'

const tasks = (count: number): readonly Task[] =>
  Array.from({ length: count }, (_, i) => observed({ id: `t${i}`, host: '10.0.0.1', port: 1000 + i }))

/** Larger than a slice by far. */
const large = 3 * sliceSize + 1

/** Lets one slice be done. */
const settled = (clock: VirtualClock): Promise<void> => clock.advance(0)

const isFolded = async ({ state$ }: Worker, count: number): Promise<boolean> =>
  (await firstValueFrom(state$)).tasks.size >= count

const worldOf = () => {
  const clock = virtualClock()
  const queue = memorySource({ name: 'queue' })
  const ecs = memorySource({ name: 'ecs', covers: [cluster] })
  const sink = memorySink()
  const worker = run(
    { sources: [queue, ecs], sinks: [sink], expose: servicePorts(), clusters: [cluster] },
    { clock, random: () => 0.5 },
  )
  const seen: { readonly tasks: number; readonly listed: number | undefined }[] = []
  worker.state$.subscribe(({ tasks, marks }) =>
    seen.push({ tasks: tasks.size, listed: marks.get(cluster)?.tasks.size }),
  )
  return { clock, queue, ecs, worker, seen, target: sink.target }
}

describe('a snapshot that is folded in slices', () => {
  it('is never seen in part, and what arrives meanwhile is folded after it', async () => {
    const { clock, queue, ecs, worker, seen } = worldOf()
    await clock.advance(0)
    void ecs.push({ _tag: 'TasksListed', cluster, at: 1_000_000, tasks: tasks(large) })
    void queue.push({ _tag: 'TaskChanged', task: observed({ id: 'late', at: 1_000_000 }) })
    while (seen.at(-1)?.tasks !== large + 1) await clock.advance(0)
    expect(new Set(seen.map((state) => JSON.stringify(state)))).toEqual(
      new Set([
        JSON.stringify({ tasks: 0, listed: undefined }),
        JSON.stringify({ tasks: large + 1, listed: large }),
      ]),
    )
    await worker.stop()
  })

  it('does not hold up a stop', async () => {
    const { clock, queue, ecs, worker, seen } = worldOf()
    await clock.advance(0)
    const listed = ecs.push({ _tag: 'TasksListed', cluster, at: 1_000_000, tasks: tasks(large) })
    const heard = queue.push({ _tag: 'TaskChanged', task: observed({ id: 'late', at: 1_000_000 }) })
    const stopped = worker.stop()
    await clock.advance(20_000)
    await stopped
    expect(await listed).toBe('acked')
    expect(['acked', 'nacked']).toContain(await heard)
    expect(seen.every(({ listed }) => listed === undefined || listed === large)).toBe(true)
  })

  it('is stored in a journal as its difference, and gives another worker the same state', async () => {
    const clock = virtualClock()
    const log = memoryLog()
    const launch = () => {
      const ecs = memorySource({ name: 'ecs', covers: [cluster] })
      const journal = memoryJournal({ log, now: () => clock.now() })
      const worker = run(
        { sources: [ecs], sinks: [memorySink()], expose: servicePorts(), clusters: [cluster], journal },
        { clock, random: () => 0.5 },
      )
      let listed = 0
      worker.state$.subscribe(({ marks }) => (listed = marks.get(cluster)?.tasks.size ?? 0))
      return { ecs, worker, listed: () => listed }
    }
    const [one, other] = [launch(), launch()]
    await clock.advance(0)
    void one.ecs.push({ _tag: 'TasksListed', cluster, at: 1_000_000, tasks: tasks(large) })
    while (other.listed() !== large) await clock.advance(100)
    void one.ecs.push({ _tag: 'TasksListed', cluster, at: 2_000_000, tasks: tasks(large - 1) })
    while (other.listed() !== large - 1) await clock.advance(100)
    expect(log.entries.at(-1)?.entry.events).toEqual([
      expect.objectContaining({ _tag: 'TasksRelisted', tasks: [], unlisted: [tasks(large).at(-1)?.arn] }),
    ])
    await Promise.all([one.worker.stop(), other.worker.stop()])
  })
})

describe('a state that is projected in slices', () => {
  /** A worker whose `desired$` has been subscribed, and the numbers of endpoints that it has seen. */
  const watched = () => {
    const world = worldOf()
    const endpoints: number[] = []
    world.worker.desired$.subscribe(({ backends }) =>
      endpoints.push([...backends.values()].reduce((sum, backend) => sum + backend.endpoints.length, 0)),
    )
    return { ...world, endpoints }
  }

  it('is never seen in part, and what is folded meanwhile is part of the next one', async () => {
    const { clock, queue, ecs, worker, target, endpoints } = watched()
    await clock.advance(0)
    void ecs.push({ _tag: 'TasksListed', cluster, at: 1_000_000, tasks: tasks(large) })
    // Folded after the snapshot, while that is projected.
    while (!(await isFolded(worker, large))) await settled(clock)
    const later = queue.push({
      _tag: 'TaskChanged',
      task: observed({ id: 'late', at: 1_000_000, host: '10.0.0.2', port: 1 }),
    })
    while (target.rows.get('web')?.value.length !== large + 1) await clock.advance(250)
    expect(await later).toBe('acked')
    expect(endpoints.every((count) => [0, large, large + 1].includes(count))).toBe(true)
    expect(endpoints.at(-1)).toBe(large + 1)
    await worker.stop()
  })

  it('does not hold up a stop, which ends with all of it in the target', async () => {
    const { clock, ecs, worker, target, endpoints } = watched()
    await clock.advance(0)
    const listed = ecs.push({ _tag: 'TasksListed', cluster, at: 1_000_000, tasks: tasks(large) })
    while (!(await isFolded(worker, large))) await settled(clock)
    const stopped = worker.stop()
    await clock.advance(20_000)
    await stopped
    expect(await listed).toBe('acked')
    expect(target.rows.get('web')?.value).toHaveLength(large)
    expect(endpoints.every((count) => count === 0 || count === large)).toBe(true)
  })
})

describe('changes of many backends that were made at once', () => {
  it('are reported in slices, between which other work goes on', async () => {
    const { clock, ecs, worker } = worldOf()
    const seenByOthers: number[] = []
    let applied = 0
    worker.reports$.subscribe(({ _tag }) => {
      if (_tag !== 'Applied') return
      applied++
      if (applied === 1)
        void clock.sleep(0, new AbortController().signal).then(() => seenByOthers.push(applied))
    })
    await clock.advance(0)
    const all = Array.from({ length: large }, (_, i) => observed({ id: `t${i}`, service: `s${i}` }))
    void ecs.push({ _tag: 'TasksListed', cluster, at: 1_000_000, tasks: all })
    while (applied < large) await clock.advance(250)
    expect(seenByOthers).toEqual([sliceSize])
    await worker.stop()
  })
})

describe('an event that cannot be folded', () => {
  const unreported = (): readonly unknown[] => {
    const errors: unknown[] = []
    const before = config.onUnhandledError
    config.onUnhandledError = (error) => errors.push(error)
    onTestFinished(() => {
      config.onUnhandledError = before
    })
    return errors
  }

  it('is reported, and those after it are folded', async () => {
    const errors = unreported()
    const { clock, queue, worker, seen } = worldOf()
    await clock.advance(0)
    // Of a source of somebody's own, which keeps no types.
    void queue.push(JSON.parse('{"_tag":"TaskChanged"}') as ClusterEvent)
    void queue.push({ _tag: 'TaskChanged', task: observed({ id: 'next' }) })
    await vi.waitFor(() => expect(seen.at(-1)?.tasks).toBe(1))
    await vi.waitFor(() => expect(errors).toHaveLength(1))
    // It is not acknowledged, so that the stop waits for it as long as it may.
    const stopped = worker.stop()
    await clock.advance(20_000)
    await stopped
  })
})

describe('work in slices', () => {
  function* sum(to: number): Sliced<number> {
    let total = 0
    for (let i = 1; i <= to; i++) {
      if (i % 10 === 0) yield
      total += i
    }
    return total
  }

  it('has the result of the work at once', async () => {
    let result = 0
    let pauses = 0
    await inSlices(
      sum(95),
      () => {
        pauses++
        return Promise.resolve()
      },
      (total) => (result = total),
    )
    expect([result, pauses]).toEqual([atOnce(sum(95)), 9])
  })

  it('is done before the call returns if one slice is all', () => {
    let result = 0
    expect(
      inSlices(
        sum(9),
        () => Promise.reject(new Error('no pause is needed')),
        (total) => (result = total),
      ),
    ).toBe(undefined)
    expect(result).toBe(45)
  })
})
