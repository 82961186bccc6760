/** What the prune guard does in a worker: it doubts, asks again, and believes what is said twice. */
import {
  type ClusterEvent,
  type Report,
  run,
  type RunSetup,
  servicePorts,
  type Sink,
  type Task,
} from 'ecs-task-stream'
import { type Addresses, memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

const start = 1_000_000
const clusters = ['one', 'two'].map((name) => `arn:aws:ecs:eu-west-1:123456789012:cluster/${name}`)
const [one = '', two = ''] = clusters

interface Target {
  /** Whether its records are deleted when nothing wants them. */
  readonly deletes?: boolean
  /** Whether it can empty a record. */
  readonly empties?: boolean
  readonly tells?: boolean
}

/** Twelve services with a task each. */
const tasks: readonly Task[] = Array.from({ length: 12 }, (_, i) =>
  observed({ id: `t${i}`, service: `s${i}`, cluster: one, host: `10.0.0.${i}`, port: 80, at: start }),
)
const listed = (order: number, all: readonly Task[] = [], cluster = one): ClusterEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: start + order * 60_000,
  order,
  tasks: all,
})
const stopped = (task: Task): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: { ...task, version: 9, at: start + 61_000, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' },
})

const started = async (
  { deletes = false, empties = false, tells = true }: Target,
  { covers = [one], ...setup }: Partial<RunSetup> & { readonly covers?: readonly string[] } = {},
) => {
  const clock = virtualClock(start)
  let refreshes = 0
  const source = Object.assign(memorySource({ covers }), {
    refresh: () => {
      refreshes++
    },
  })
  const inner = memorySink()
  const { adopt, target } = inner
  const sink: Sink<Addresses> = {
    name: 'target',
    equals: (a, b) => inner.equals(a, b),
    adopt,
    render: (backends, before) => inner.render(backends, before),
    read: (signal) => inner.read(signal),
    apply: (changes, owner, signal) => inner.apply(changes, owner, signal),
    prune: () => (deletes ? undefined : []),
    ...(tells ? { hostsOf: (value: Addresses) => value.map((address) => address.replace(/:\d+$/, '')) } : {}),
    ...(empties ? { emptied: () => [] } : {}),
  }
  // As a worker left it that has stopped meanwhile.
  tasks.forEach((_, i) => {
    const key = `s${i}`
    target.rows.set(key, { key, value: [`10.0.0.${i}:80`], owner: 'me', etag: '1' })
  })
  const worker = run(
    {
      sources: [source],
      sinks: [sink],
      expose: servicePorts(),
      owner: 'me',
      minWriteIntervalMs: 0,
      ...setup,
    },
    { clock, random: () => 0.5 },
  )
  const reports: Report[] = []
  worker.reports$.subscribe((report) => reports.push(report))
  onTestFinished(async () => {
    const stopping = worker.stop()
    await clock.advance(60_000)
    await stopping
  })
  await clock.advance(0)
  const push = async (...events: readonly ClusterEvent[]): Promise<{ readonly how: string }> => {
    const state = { how: 'open' }
    void source.push(...events).then((how) => (state.how = how))
    await clock.advance(0)
    return state
  }
  return {
    clock,
    push,
    target,
    refreshes: () => refreshes,
    /** How many records offer something. */
    serving: () => [...target.rows.values()].filter(({ value }) => value.length > 0).length,
    skipped: () => {
      const plan = reports.flatMap((report) => (report._tag === 'Planned' ? [report.plan] : [])).at(-1)
      return [...new Set(plan?.skipped.map(({ why }) => why))]
    },
  }
}

describe('a snapshot that says that nothing runs any more', () => {
  it('is doubted: nothing is taken away, it is not acknowledged, and it is asked for again, once', async () => {
    const { clock, push, serving, skipped, refreshes } = await started({ empties: true })
    const first = await push(listed(1))
    await clock.advance(600_000)
    expect(serving()).toBe(12)
    expect(skipped()).toEqual(['too-much'])
    expect(first.how).toBe('open')
    expect(refreshes()).toBe(1)
  })

  it('is not confirmed by coming twice', async () => {
    const { push, serving } = await started({ empties: true })
    await push(listed(1))
    await push(listed(1))
    expect(serving()).toBe(12)
  })

  it('and says it again is believed: records are emptied where that is possible, and those that stay are reported', async () => {
    const { push, serving, skipped, target, refreshes } = await started({ deletes: true, empties: true })
    const first = await push(listed(1))
    const second = await push(listed(2))
    expect([first.how, second.how]).toEqual(['acked', 'acked'])
    expect(serving()).toBe(0)
    expect(target.rows.size).toBe(12)
    expect(skipped()).toEqual(['emptied-only'])
    const { writes } = target
    expect((await push(listed(3))).how).toBe('acked')
    expect([target.writes, target.rows.size, refreshes()]).toEqual([writes, 12, 1])
  })

  it('and says it again is believed: records are deleted where nothing else empties them', async () => {
    const { push, target, skipped } = await started({ deletes: true })
    const first = await push(listed(1))
    await push(listed(2))
    expect(first.how).toBe('acked')
    expect(target.rows.size).toBe(0)
    expect(skipped()).toEqual([])
  })

  it('and says it again is believed by a target that prunes by emptying', async () => {
    const { push, target, serving } = await started({})
    await push(listed(1))
    await push(listed(2))
    expect([serving(), target.rows.size]).toEqual([0, 12])
  })

  it('is refuted by the next one', async () => {
    const { push, serving, target, refreshes } = await started({ deletes: true, empties: true })
    const first = await push(listed(1))
    await push(listed(2, tasks))
    expect(first.how).toBe('acked')
    expect([serving(), target.writes]).toEqual([12, 0])
    // Doubt is over: it begins anew, and asks anew.
    await push(listed(3))
    expect([serving(), refreshes()]).toEqual([12, 2])
    await push(listed(4))
    expect(serving()).toBe(0)
  })

  it('is believed at once where the prune guard is off', async () => {
    const { push, target } = await started({ deletes: true, empties: true }, { pruneGuard: 'off' })
    await push(listed(1))
    expect(target.rows.size).toBe(0)
  })
})

describe('with several clusters', () => {
  it('every one of them must say it again', async () => {
    const { push, serving } = await started({ empties: true }, { covers: clusters })
    await push(listed(1, tasks))
    await push(listed(1, [], two))
    await push(listed(2))
    expect(serving()).toBe(12)
    // A newer one of the other alone, however often, does not confirm what this one said.
    await push(listed(2, [], two))
    await push(listed(3, [], two))
    expect(serving()).toBe(12)
    await push(listed(3))
    expect(serving()).toBe(0)
  })

  it('one that has been deleted, or that has appeared since, is not waited for', async () => {
    const { push, serving } = await started({ empties: true }, { covers: ['*'] })
    const identified = (order: number, ...all: readonly string[]): ClusterEvent => ({
      _tag: 'ClusterIdentified',
      named: '*',
      clusters: all,
      order,
    })
    const three = one.replace('one', 'three')
    await push(identified(1, one, two), listed(1, tasks), listed(1, [], two))
    for (let order = 2; order < 6; order++) await push(listed(order, tasks), listed(order, [], two))
    await push(listed(6))
    expect(serving()).toBe(12)
    await push(identified(2, one, three), listed(1, [], three))
    expect(serving()).toBe(12)
    await push(listed(7))
    expect(serving()).toBe(0)
  })

  it('one that can be read no more is not waited for', async () => {
    const { push, serving } = await started({ empties: true }, { covers: clusters })
    await push(listed(1, tasks), listed(1, [], two))
    await push(...tasks.map(stopped))
    await push({ _tag: 'LookupRefused', key: two, reason: 'AccessDenied', at: 5 })
    expect(serving()).toBe(12)
    await push(listed(2))
    expect(serving()).toBe(0)
  })
})

describe('events that say that every task has stopped', () => {
  it('wait for the next snapshot, which refutes them if they were forged', async () => {
    const { push, serving, target, refreshes } = await started({ empties: true })
    await push(listed(1, tasks))
    const forged = await push(...tasks.map(stopped))
    expect([serving(), refreshes(), forged.how]).toEqual([12, 1, 'open'])
    await push(listed(2, tasks))
    expect([serving(), target.writes, forged.how]).toEqual([12, 0, 'acked'])
  })

  it('are believed when they come one by one, as those of a deployment do, and refuted by the next snapshot', async () => {
    const { push, serving } = await started({ empties: true })
    await push(listed(1, tasks))
    for (const task of tasks) await push(stopped(task))
    expect(serving()).toBe(0)
    await push(listed(2, tasks))
    expect(serving()).toBe(12)
  })

  it('are believed when the next snapshot says so', async () => {
    const { push, serving, target } = await started({ deletes: true, empties: true })
    await push(listed(1, tasks))
    const told = await push(...tasks.map(stopped))
    await push(listed(2))
    expect([serving(), target.rows.size, told.how]).toEqual([0, 12, 'acked'])
  })

  it('are believed at once by a target that does not know what its records lead to', async () => {
    const { push, serving } = await started({ tells: false })
    await push(listed(1, tasks))
    await push(...tasks.map(stopped))
    expect(serving()).toBe(0)
  })

  it('are believed when they empty no more than half of the records', async () => {
    const { push, serving, refreshes } = await started({ empties: true })
    await push(listed(1, tasks))
    await push(...tasks.slice(0, 6).map(stopped))
    expect([serving(), refreshes()]).toEqual([6, 0])
  })
})

describe('a record that leads to a task of which nothing can ever be known', () => {
  it('stays while others go, and holds back nothing', async () => {
    const expose: RunSetup['expose'] = {
      expose: (task, definition) =>
        definition === undefined
          ? { _tag: 'NeedsDefinition', backends: 'any' }
          : servicePorts().expose(task, definition),
    }
    const { push, target, skipped } = await started({ deletes: true }, { expose, pruneGuard: 'off' })
    const secret: Task = {
      ...observed({ id: 'x', cluster: one, host: '10.0.0.3', at: start }),
      definition: 'secret:1',
    }
    const snapshot = await push(listed(1, [secret]))
    expect(target.rows.size).toBe(12)
    await push({ _tag: 'LookupRefused', key: 'secret:1', reason: 'AccessDenied', at: start })
    expect([...target.rows.keys()]).toEqual(['s3'])
    expect(skipped()).toEqual(['unjudged'])
    expect(snapshot.how).toBe('acked')
    await push(listed(2))
    expect(target.rows.size).toBe(0)
  })

  it('keeps all of them in a target that does not know where its records lead', async () => {
    const expose: RunSetup['expose'] = {
      expose: (_task, definition) =>
        definition === undefined
          ? { _tag: 'NeedsDefinition', backends: 'any' }
          : { _tag: 'Ports', ports: [] },
    }
    const { push, target } = await started({ deletes: true, tells: false }, { expose, pruneGuard: 'off' })
    const secret: Task = {
      ...observed({ id: 'x', cluster: one, host: '10.0.0.3', at: start }),
      definition: 'secret:1',
    }
    const snapshot = await push(listed(1, [secret]))
    await push({ _tag: 'LookupRefused', key: 'secret:1', reason: 'AccessDenied', at: start })
    expect(target.rows.size).toBe(12)
    expect(snapshot.how).toBe('acked')
  })
})
