/** A name stands for one cluster: those of the same name in other accounts and regions are others. */
import { deepStrictEqual, ok } from 'node:assert/strict'
import {
  type ClusterEvent,
  emptyState,
  lastSegment,
  reduce,
  type Report,
  run,
  type RunSetup,
  servicePorts,
} from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { matchesCluster } from '../../src/core/arn.js'
import { followed } from '../../src/core/followed.js'
import { project } from '../../src/core/project.js'
import { shuffled } from '../../src/testing/distortions.js'
import type { History } from '../../src/testing/history.js'
import { histories } from '../../src/testing/histories.js'
import { modelledClusters } from '../../src/testing/modelled-service.js'
import { observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'
import { options, routesOf } from './observed.js'
import { runs, runsOfHistories } from './runs.js'
import { refutation } from './holds.js'

const main = 'arn:aws:ecs:eu-west-1:777777777777:cluster/main'
const namesakes = {
  'another account': 'arn:aws:ecs:eu-west-1:111111111111:cluster/main',
  'another region': 'arn:aws:ecs:eu-north-1:777777777777:cluster/main',
  'another partition': 'arn:aws-cn:ecs:cn-north-1:777777777777:cluster/main',
}

const running = (id: string, cluster: string, host = '10.70.0.1'): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({ id, cluster, host, port: 80, at: 1_000_000 }),
})
const identified = (named: string, ...clusters: readonly string[]): ClusterEvent => ({
  _tag: 'ClusterIdentified',
  named,
  clusters,
  order: 1,
})

const started = (
  identifies: readonly string[],
  setup: Partial<RunSetup> & { readonly covers?: readonly string[] } = {},
) => {
  const { covers = [], ...rest } = setup
  const clock = virtualClock(1_000_000)
  const source = Object.assign(memorySource({ covers }), { identifies })
  const sink = memorySink()
  const worker = run(
    {
      sources: [source],
      sinks: [sink],
      expose: servicePorts(),
      clusters: identifies,
      minWriteIntervalMs: 0,
      ...rest,
    },
    { clock, random: () => 0.5 },
  )
  const reports: Report[] = []
  worker.reports$.subscribe((report) => reports.push(report))
  const stop = async (): Promise<void> => {
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  }
  onTestFinished(stop)
  const push = async (...events: readonly ClusterEvent[]): Promise<{ readonly how: string }> => {
    const state = { how: 'open' }
    void source.push(...events).then((how) => (state.how = how))
    await clock.advance(0)
    return state
  }
  const warnings = () =>
    reports.flatMap((report) =>
      report._tag === 'Noticed' && report.notice._tag === 'Warning' ? [report.notice.message] : [],
    )
  const elsewhere = () =>
    reports.reduce((sum, report) => sum + (report._tag === 'Folded' ? report.elsewhere : 0), 0)
  return { worker, clock, source, sink, push, stop, warnings, elsewhere }
}

describe('a position in a log', () => {
  const read = (position: string): ClusterEvent => ({ _tag: 'LogRead', log: 'stream/shard', position })

  it('is not known while an earlier delivery of its source waits to be identified', async () => {
    const { clock, push, worker } = started(['main'])
    let position: string | undefined
    worker.state$.subscribe(({ logs }) => (position = logs.get('stream/shard')?.position))
    await clock.advance(0)
    await push(read('1'))
    expect(position).toBe('1')
    await push(running('ours', main), read('2'))
    // Has no task, so nothing to wait for.
    expect((await push(read('3'))).how).toBe('acked')
    expect(position).toBe('1')
    await push(identified('main', main))
    expect(position).toBe('2')
    await push(read('4'))
    expect(position).toBe('4')
  })
})

describe.each(Object.entries(namesakes))('a cluster of the same name in %s', (_, foreign) => {
  it('is counted elsewhere, never reaches the sink, and is warned of once', async () => {
    const { clock, push, sink, warnings, elsewhere } = started(['main'])
    await clock.advance(0)
    await push(identified('main', main))
    for (let i = 0; i < 5; i++) expect((await push(running(`t${i}`, foreign, '10.11.0.9'))).how).toBe('acked')
    expect(elsewhere()).toBe(5)
    expect(sink.target.rows.size).toBe(0)
    expect(warnings()).toHaveLength(1)
    expect(warnings()[0]).toContain(foreign)
    expect(warnings()[0]).toContain(main)
    expect((await push(running('ours', main))).how).toBe('acked')
    expect(sink.target.rows.get('web')?.value).toEqual(['10.70.0.1:80'])
  })

  it('is held back, as ours is, until it is known which one the name stands for, and settled then', async () => {
    const { clock, push, source, sink, worker, elsewhere } = started(['main'])
    let tasks = 0
    worker.state$.subscribe((state) => (tasks = state.tasks.size))
    await clock.advance(0)
    const theirs = await push(running('theirs', foreign, '10.11.0.9'))
    const ours = await push(running('ours', main))
    await clock.advance(3_600_000)
    expect([theirs.how, ours.how]).toEqual(['open', 'open'])
    expect([tasks, sink.target.writes, source.unsettled]).toEqual([0, 0, 2])
    await push(identified('main', main))
    expect([theirs.how, ours.how]).toEqual(['acked', 'acked'])
    expect(elsewhere()).toBe(1)
    expect(sink.target.rows.get('web')?.value).toEqual(['10.70.0.1:80'])
  })

  it('takes no name of a service from ours: a deployment goes on', async () => {
    const { clock, push, sink } = started(['main'], { covers: ['main'] })
    await clock.advance(0)
    const theirs = await push(running('theirs', foreign, '10.11.0.9'))
    const before = observed({ id: 'before', cluster: main, host: '10.70.0.1', port: 80, at: 1_000_000 })
    await push(identified('main', main), {
      _tag: 'TasksListed',
      cluster: main,
      at: 1_000_000,
      tasks: [before],
    })
    expect(theirs.how).toBe('acked')
    await push(running('after', main, '10.70.0.2'))
    await push({
      _tag: 'TaskChanged',
      task: { ...before, version: 4, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' },
    })
    expect(sink.target.rows.get('web')?.value).toEqual(['10.70.0.2:80'])
  })

  it('is forgotten where a snapshot shows too late that ours is another', async () => {
    // A source that covers the name and promises no identity: until its first snapshot the name is all there is.
    const { clock, push, sink, worker } = started([], { covers: ['main'], clusters: ['main'] })
    let known: readonly string[] = []
    worker.state$.subscribe(({ tasks }) => (known = Array.from(tasks, ([, { cluster }]) => cluster)))
    await clock.advance(0)
    await push(running('theirs', foreign, '10.11.0.9'))
    expect(known).toEqual([foreign])
    const ours = observed({ id: 'ours', cluster: main, host: '10.70.0.1', port: 80, at: 1_000_000 })
    await push({ _tag: 'TasksListed', cluster: main, at: 1_000_000, tasks: [ours] })
    expect(known).toEqual([main])
    expect(sink.target.rows.get('web')?.value).toEqual(['10.70.0.1:80'])
  })

  it('is followed when it is named by its ARN', async () => {
    const { clock, push, sink } = started(['main'], { clusters: ['main', foreign] })
    await clock.advance(0)
    await push(running('theirs', foreign, '10.11.0.9'))
    expect(sink.target.rows.get('web')?.value).toEqual(['10.11.0.9:80'])
  })
})

describe('a name whose cluster is never known', () => {
  it('is all there is: what has it is followed', async () => {
    const { clock, push, sink } = started(['main'])
    await clock.advance(0)
    const ours = await push(running('ours', main))
    expect(ours.how).toBe('open')
    await push({ _tag: 'LookupRefused', key: 'main', reason: 'AccessDeniedException', at: 1 })
    expect(ours.how).toBe('acked')
    expect(sink.target.rows.get('web')?.value).toEqual(['10.70.0.1:80'])
  })

  it('gives way to an answer that comes all the same', async () => {
    const { clock, push, elsewhere, worker } = started(['main'])
    let known: readonly string[] = []
    worker.state$.subscribe(({ tasks }) => (known = Array.from(tasks, ([, { cluster }]) => cluster)))
    await clock.advance(0)
    await push({ _tag: 'LookupRefused', key: 'main', reason: 'AccessDeniedException', at: 2 })
    await push(running('theirs', namesakes['another account'], '10.11.0.9'))
    await push(identified('main', main))
    await push(running('more', namesakes['another account'], '10.11.0.8'))
    expect(known).toEqual([])
    expect(elsewhere()).toBe(1)
  })
})

describe('events whose cluster is not known yet', () => {
  it('block no others, and are given back when the worker stops', async () => {
    const { clock, push, stop } = started(['main'], { clusters: ['main', modelledClusters[0] ?? ''] })
    await clock.advance(0)
    const unknown = await push(running('ours', main))
    expect((await push(running('t', modelledClusters[0] ?? ''))).how).toBe('acked')
    expect(unknown.how).toBe('open')
    await stop()
    expect(unknown.how).toBe('nacked')
  })
})

describe('a delivery that says which cluster a name stands for', () => {
  it('is understood whatever else it says, in any order', async () => {
    const { clock, push, sink, elsewhere } = started(['main', 'other'])
    await clock.advance(0)
    const mixed = await push(
      running('theirs', namesakes['another account'], '10.11.0.9'),
      running('ours', main),
      identified('main', main),
    )
    expect(mixed.how).toBe('acked')
    expect(elsewhere()).toBe(1)
    expect(sink.target.rows.get('web')?.value).toEqual(['10.70.0.1:80'])
  })

  it('is heeded for others even while it waits itself', async () => {
    const { clock, push, sink } = started(['main', 'other'])
    await clock.advance(0)
    const ours = await push(running('ours', main))
    const mixed = await push(
      identified('main', main),
      running('x', main.replace('main', 'other'), '10.70.0.5'),
    )
    expect([ours.how, mixed.how]).toEqual(['acked', 'open'])
    expect(sink.target.rows.get('web')?.value).toEqual(['10.70.0.1:80'])
    await push(identified('other', main.replace('main', 'other')))
    expect(mixed.how).toBe('acked')
  })
})

describe('a pattern', () => {
  const [one, two] = [main.replace('main', 'prod-1'), main.replace('main', 'prod-2')]
  const theirs = one.replace('777777777777', '111111111111')

  it('stands for the clusters of its account: those of others are elsewhere', async () => {
    const { clock, push, elsewhere, sink } = started(['prod-*'])
    await clock.advance(0)
    const early = await push(running('theirs', theirs, '10.11.0.9'))
    expect(early.how).toBe('open')
    await push(identified('prod-*', one))
    expect(early.how).toBe('acked')
    await push(running('ours', one))
    expect(elsewhere()).toBe(1)
    expect(sink.target.rows.get('web')?.value).toEqual(['10.70.0.1:80'])
  })

  it('stands for a cluster that is new in the same account and region before it is listed: nothing of it is lost', async () => {
    const { clock, push, elsewhere, sink } = started(['prod-*'])
    await clock.advance(0)
    await push(identified('prod-*', one))
    await push(running('new', two, '10.70.0.7'))
    expect(elsewhere()).toBe(0)
    expect(sink.target.rows.get('web')?.value).toEqual(['10.70.0.7:80'])
  })
})

/** The same things in another account: every ARN is another, and every address. */
const elsewhereOf = (events: readonly ClusterEvent[]): readonly ClusterEvent[] =>
  JSON.parse(
    JSON.stringify(events.filter(({ _tag }) => _tag !== 'TasksListed'))
      .replaceAll(':123456789012:', ':111111111111:')
      .replaceAll('"10.', '"66.'),
  ) as readonly ClusterEvent[]

const names = modelledClusters.map(lastSegment)
const identities = modelledClusters.map((cluster) => identified(lastSegment(cluster), cluster))

/** A history beside that of clusters of the same names in another account. */
const besides: fc.Arbitrary<{ readonly history: History; readonly arrived: readonly ClusterEvent[] }> = fc
  .tuple(histories({ maxLength: 20 }), histories({ maxLength: 20 }))
  .chain(([history, other]) =>
    shuffled([
      ...history.events,
      ...history.lookups,
      ...history.closing,
      ...elsewhereOf(other.events),
      ...identities,
    ]).map((arrived) => ({ history, arrived })),
  )

describe('what happens in another account under the same names', () => {
  const clusterOf = (event: ClusterEvent): string | undefined =>
    event._tag === 'TaskChanged'
      ? event.task.cluster
      : event._tag === 'TasksListed'
        ? event.cluster
        : undefined

  /** A worker that follows as told, and folds at once or holds back. */
  const namesakesChangeNothing = (follow: typeof followed) =>
    fc.property(besides, ({ history, arrived }) => {
      const follows = follow({ clusters: names, identified: new Set(names), covers: names })
      let state = emptyState
      let open = arrived
      for (let before = -1; before !== open.length;) {
        before = open.length
        open = open.filter((event) => {
          const cluster = clusterOf(event)
          const following = cluster === undefined ? 'yes' : follows(cluster, state)
          if (following === 'yes') state = reduce(state, event)
          return following === 'unknown'
        })
      }
      deepStrictEqual(open, [])
      deepStrictEqual(routesOf(project(state, options)), history.truth)
    })

  it('changes nothing here', () => {
    fc.assert(namesakesChangeNothing(followed), { numRuns: runsOfHistories })
  })

  it('changes everything for a worker that follows by name alone', () => {
    const byName: typeof followed =
      ({ clusters = [] }) =>
      (cluster) =>
        clusters.some((named) => matchesCluster(named, cluster)) ? 'yes' : 'no'
    ok(fc.check(namesakesChangeNothing(byName), refutation).failed)
  })

  it('changes nothing in the target of a worker, at no time', async () => {
    await fc.assert(
      fc.asyncProperty(besides, async ({ history, arrived }) => {
        const { clock, push, source, sink, stop } = started(names, { covers: names })
        await clock.advance(0)
        for (const event of arrived) {
          await push(event)
          for (const { value } of sink.target.rows.values())
            ok(value.every((address) => !address.startsWith('66.')))
        }
        // Lookups are asked again for what was forgotten before its task was known.
        await push(...history.lookups)
        await clock.advance(60_000)
        const routes = [...sink.target.rows.values()]
          .filter(({ value }) => value.length > 0)
          .map(({ key, value }): [string, readonly string[]] => [key, value])
        deepStrictEqual(new Map(routes.sort(([a], [b]) => (a < b ? -1 : 1))), history.truth)
        deepStrictEqual(source.unsettled, 0)
        await stop()
      }),
      { numRuns: Math.min(runs, 200) },
    )
  })
})
