import { type Report, run, type RunSetup, servicePorts, type Sink, type Worker } from 'ecs-task-stream'
import { dryRun } from 'ecs-task-stream/sinks/dry-run'
import { type Addresses, memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { memory as memorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cluster, observed } from '../support/observed-task.js'
import { type VirtualClock, virtualClock } from '../support/virtual-clock.js'

interface Started {
  readonly worker: Worker
  readonly clock: VirtualClock
  readonly reports: Report[]
  readonly of: <Tag extends Report['_tag']>(tag: Tag) => Extract<Report, { _tag: Tag }>[]
}

const started = (setup: Omit<RunSetup, 'expose'>): Started => {
  const clock = virtualClock(1_000_000)
  const worker = run(
    { expose: servicePorts(), minWriteIntervalMs: 0, ...setup },
    { clock, random: () => 0.5 },
  )
  const reports: Report[] = []
  worker.reports$.subscribe((report) => reports.push(report))
  onTestFinished(async () => {
    const stopped = worker.stop()
    await clock.advance(60_000)
    await stopped
  })
  return {
    worker,
    clock,
    reports,
    of: (tag) =>
      reports.filter((report): report is Extract<Report, { _tag: typeof tag }> => report._tag === tag),
  }
}

const running = (id: string, port: number) =>
  ({ _tag: 'TaskChanged', task: observed({ id, port, at: 1_000_000 }) }) as const

const listed = (...tasks: readonly ReturnType<typeof observed>[]) =>
  ({ _tag: 'TasksListed', cluster, at: 1_000_000, tasks }) as const

/** A sink that fails, hangs or rejects as told. */
const faulty = (
  sink: Sink<Addresses>,
  faults: Partial<Pick<Sink<Addresses>, 'read' | 'apply'>>,
): Sink<Addresses> => ({ ...sink, ...faults })

describe('run', () => {
  it('lets a hung sink delay no other', async () => {
    const source = memorySource()
    const good = memorySink({ name: 'good' })
    const hung = faulty(memorySink({ name: 'hung' }), { apply: () => new Promise(() => undefined) })
    const { clock } = started({ sources: [source], sinks: [hung, good] })
    await clock.advance(0)
    for (let port = 1; port <= 5; port++) {
      void source.push(running(`t${port}`, port))
      await clock.advance(0)
    }
    expect(good.target.rows.get('web')?.value).toHaveLength(5)
    // But what the hung one does not hold is not forgotten.
    expect(source.unsettled).toBe(5)
  })

  it('writes a first change at once, and what follows closely in one further round', async () => {
    const source = memorySource()
    const sink = memorySink()
    const { worker, clock } = started({ sources: [source], sinks: [sink], minWriteIntervalMs: 250 })
    await clock.advance(0)
    for (let port = 1; port <= 50; port++) {
      void source.push(running(`t${port}`, port))
      await clock.advance(5)
    }
    expect(sink.target.writes).toBe(2)
    void source.push(running('last', 51))
    void worker.stop()
    await clock.advance(0)
    expect(sink.target.writes).toBe(3)
    expect(sink.target.rows.get('web')?.value).toHaveLength(51)
    expect(source.unsettled).toBe(0)
  })

  it('gives up on a call that takes too long, and tries again', async () => {
    const source = memorySource()
    const inner = memorySink()
    let calls = 0
    const sink = faulty(inner, {
      apply: (changes, owner, signal) =>
        calls++ === 0 ? new Promise(() => undefined) : inner.apply(changes, owner, signal),
    })
    const { clock, of } = started({ sources: [source], sinks: [sink], timeoutMs: 5_000 })
    await clock.advance(0)
    const settled = source.push(running('a', 1))
    await clock.advance(10_000)
    expect(await settled).toBe('acked')
    expect(of('SinkFailed').map(({ error }) => error.message)).toEqual(['no answer within 5000 ms'])
  })

  it('acknowledges a delivery that changes nothing', async () => {
    const source = memorySource()
    const { clock } = started({ sources: [source], sinks: [memorySink()] })
    await clock.advance(0)
    const first = source.push(running('a', 1))
    const again = source.push(running('a', 1))
    const empty = source.push()
    await clock.advance(0)
    expect(await Promise.all([first, again, empty])).toEqual(['acked', 'acked', 'acked'])
  })

  it('does not wait for a sink that is not required', async () => {
    const source = memorySource()
    const down = {
      ...memorySink({ name: 'down' }),
      required: false,
      read: () => Promise.reject(new Error('no')),
    }
    const { clock } = started({ sources: [source], sinks: [down, memorySink()] })
    await clock.advance(0)
    const settled = source.push(running('a', 1))
    await clock.advance(0)
    expect(await settled).toBe('acked')
  })

  it('in a dry run, plans and reports, and calls neither apply nor ack', async () => {
    const source = memorySource()
    const sink = memorySink()
    const { clock, of } = started({ sources: [source], sinks: [dryRun(sink)] })
    await clock.advance(0)
    void source.push(running('a', 1))
    void source.push()
    await clock.advance(120_000)
    expect(of('Planned')).toMatchObject([{ dry: true, plan: { changes: [{ _tag: 'Create', key: 'web' }] } }])
    expect(sink.target).toMatchObject({ writes: 0 })
    expect(source.unsettled).toBe(2)
  })

  it("refuses ack: 'folded' for a cluster that no source promises snapshots of", async () => {
    const setup = { sinks: [memorySink()], expose: servicePorts(), ack: 'folded' } as const
    const covering = memorySource({ covers: ['staging'] })
    expect(() => run({ ...setup, sources: [memorySource()] })).toThrow(/name the clusters/)
    expect(() => run({ ...setup, sources: [covering], clusters: ['staging', 'live'] })).toThrow(/covers live/)
    await run({ ...setup, sources: [covering], clusters: [cluster] }).stop()
  })

  it('refuses two sources or two sinks of one name', () => {
    const setup = { sources: [memorySource()], sinks: [memorySink()], expose: servicePorts() }
    expect(() => run({ ...setup, sources: [memorySource(), memorySource()] })).toThrow(
      /two sources are named "memory"/,
    )
    expect(() => run({ ...setup, sinks: [memorySink(), memorySink()] })).toThrow(
      /two sinks are named "memory"/,
    )
  })

  it('ignores, counts and acknowledges events of clusters that it does not follow', async () => {
    const source = memorySource()
    const sink = memorySink()
    const { clock, of } = started({ sources: [source], sinks: [sink], clusters: ['live'] })
    await clock.advance(0)
    const settled = source.push(running('a', 1))
    await clock.advance(0)
    expect(await settled).toBe('acked')
    expect(of('Folded')).toMatchObject([{ events: 0, elsewhere: 1 }])
    expect(sink.target.rows.size).toBe(0)
  })

  it('is ready when every required sink holds a complete state, not before', async () => {
    const source = memorySource({ covers: [cluster] })
    const { worker, clock } = started({ sources: [source], sinks: [memorySink()] })
    let ready = false
    void worker.ready.then(() => (ready = true))
    await clock.advance(0)
    void source.push(running('a', 1))
    await clock.advance(0)
    expect(ready).toBe(false)
    void source.push(listed(observed({ id: 'a', port: 1 })))
    await clock.advance(0)
    expect(ready).toBe(true)
  })

  it.each([
    ['with a sink', [memorySink()]],
    ['without sinks', []],
  ])('is not ready while a running task waits for its definition: %s', async (_, sinks) => {
    const definition = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1'
    const ecs = memorySource({ name: 'ecs', covers: [cluster] })
    const { worker, clock } = started({ sources: [ecs], sinks })
    let ready = false
    void worker.ready.then(() => (ready = true))
    const task = observed({ id: 'a', at: 1_000_000 })
    const unbound = task.containers.map((container) => ({ ...container, bindings: [], bindingsVersion: -1 }))
    void ecs.push(listed({ ...task, definition, containers: unbound }))
    await clock.advance(1000)
    expect(ready).toBe(false)
    const ports = [{ containerPort: 80, hostPort: 80, protocol: 'tcp', count: 1 } as const]
    const web = { name: 'web', image: undefined, ports, labels: {}, environment: {} }
    void ecs.push({
      _tag: 'DefinitionDescribed',
      definition: { arn: definition, networkMode: 'awsvpc', containers: [web] },
    })
    await clock.advance(1000)
    expect(ready).toBe(true)
  })

  it('without sinks, acknowledges what it has folded, and is ready when the state is complete', async () => {
    const source = memorySource({ covers: [cluster] })
    const { worker, clock, of } = started({ sources: [source], sinks: [] })
    let ready = false
    void worker.ready.then(() => (ready = true))
    await clock.advance(0)
    void source.push(running('t1', 1))
    await clock.advance(0)
    expect(ready).toBe(false)
    expect(source.unsettled).toBe(0)
    void source.push(listed(observed({ id: 't1', port: 1, at: 1_000_000 })))
    await clock.advance(0)
    expect(ready).toBe(true)
    // As many as were folded, so that what is counted as unsettled is none.
    expect(of('Folded')).toHaveLength(2)
    expect(of('Acknowledged').map(({ deliveries, unsettled }) => [deliveries, unsettled])).toEqual([
      [1, 0],
      [1, 0],
    ])
  })

  it('drains when it stops: what was delivered is applied and acknowledged, what comes later is refused', async () => {
    const source = memorySource()
    const inner = memorySink()
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    const slow = faulty(inner, {
      apply: (changes, owner, signal) => gate.then(() => inner.apply(changes, owner, signal)),
    })
    const { worker, clock } = started({ sources: [source], sinks: [slow] })
    await clock.advance(0)
    const first = source.push(running('a', 1))
    await clock.advance(0)
    const second = source.push(running('b', 2))
    await clock.advance(0)
    const stopped = worker.stop()
    const late = source.push(running('c', 3))
    await clock.advance(0)
    expect(await late).toBe('nacked')
    release()
    await clock.advance(0)
    await stopped
    expect(await Promise.all([first, second])).toEqual(['acked', 'acked'])
    expect(inner.target.rows.get('web')?.value).toEqual(['10.0.0.1:1', '10.0.0.1:2'])
  })

  it('gives back, after drainMs, what a sink that is down could not take', async () => {
    const source = memorySource()
    const down = faulty(memorySink(), { apply: () => Promise.reject(new Error('down')) })
    const { worker, clock } = started({ sources: [source], sinks: [down], drainMs: 5_000 })
    await clock.advance(0)
    const delivered = source.push(running('a', 1))
    await clock.advance(0)
    const stopped = worker.stop()
    await clock.advance(5_000)
    await stopped
    expect(await delivered).toBe('nacked')
  })

  it('lets a rejected change hold back acknowledgements for three plans, and others not at all', async () => {
    const source = memorySource()
    const inner = memorySink()
    const sink = faulty(inner, {
      apply: async (changes, owner, signal) => [
        ...(await inner.apply(
          changes.filter(({ key }) => key !== 'bad'),
          owner,
          signal,
        )),
        ...changes
          .filter(({ key }) => key === 'bad')
          .map(({ key }) => ({ _tag: 'Rejected', key, reason: 'no such name' }) as const),
      ],
    })
    const { clock, of } = started({ sources: [source], sinks: [sink] })
    await clock.advance(0)
    const settled = source.push(
      { _tag: 'TaskChanged', task: observed({ id: 'x', service: 'bad', port: 9 }) },
      running('a', 1),
    )
    await clock.advance(0)
    expect(inner.target.rows.get('web')?.value).toEqual(['10.0.0.1:1'])
    expect(source.unsettled).toBe(1)
    await clock.advance(10_000)
    expect(await settled).toBe('acked')
    expect(of('Rejected').map(({ attempts, givenUp }) => [attempts, givenUp])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ])
  })

  it('repairs what others did to the target, at the next read', async () => {
    const source = memorySource()
    const sink = memorySink()
    const { clock } = started({ sources: [source], sinks: [sink], resyncMs: 60_000 })
    await clock.advance(0)
    void source.push(running('a', 1))
    await clock.advance(0)
    sink.target.rows.delete('web')
    await clock.advance(66_000)
    expect(sink.target.rows.get('web')?.value).toEqual(['10.0.0.1:1'])
  })

  it('repairs at once what others did to the target, when it is asked to read again', async () => {
    const source = memorySource()
    const sink = memorySink()
    const { worker, clock } = started({ sources: [source], sinks: [sink] })
    await clock.advance(0)
    void source.push(running('a', 1))
    await clock.advance(0)
    sink.target.rows.delete('web')
    await worker.reread()
    expect(sink.target.rows.get('web')?.value).toEqual(['10.0.0.1:1'])
  })

  it('ends the wait for a reading when it stops', async () => {
    const down = faulty(memorySink(), { read: () => Promise.reject(new Error('down')) })
    const { worker, clock } = started({ sources: [memorySource()], sinks: [down], drainMs: 1_000 })
    await clock.advance(0)
    const read = worker.reread()
    const stopped = worker.stop()
    await clock.advance(1_000)
    await stopped
    await read
  })

  it('skips, reports and does not forget a plan that would prune too many records', async () => {
    const source = memorySource({ covers: [cluster] })
    const sink = memorySink()
    for (let i = 0; i < 12; i++)
      sink.target.rows.set(`s${i}`, {
        key: `s${i}`,
        value: ['10.0.0.9:1'],
        owner: 'me',
        etag: '1',
      })
    const { clock, of } = started({ sources: [source], sinks: [sink], owner: 'me' })
    await clock.advance(0)
    void source.push(listed())
    await clock.advance(0)
    expect(sink.target.writes).toBe(0)
    expect(source.unsettled).toBe(1)
    expect(of('Planned').map(({ plan }) => plan.skipped.map(({ why }) => why))).toEqual([
      Array.from({ length: 12 }, () => 'incomplete'),
      Array.from({ length: 12 }, () => 'too-much'),
    ])
  })

  it('reports a policy that throws as unresolved, for that task alone', async () => {
    const source = memorySource()
    const sink = memorySink()
    const { clock, of } = started({
      sources: [source],
      sinks: [sink],
      ...{
        expose: servicePorts({
          name: (task) => {
            if (task.arn.endsWith('/bad')) throw new Error('no name')
            return 'web'
          },
        }),
      },
    })
    await clock.advance(0)
    void source.push(running('bad', 1), running('good', 2))
    await clock.advance(0)
    expect(sink.target.rows.get('web')?.value).toEqual(['10.0.0.1:2'])
    expect([...(of('Unresolved').at(-1)?.tasks.values() ?? [])]).toMatchObject([
      { why: 'refused', detail: 'the policy threw: Error: no name' },
    ])
  })

  it('passes over all tasks once for as many snapshots as there are clusters', async () => {
    const clusters = Array.from(
      { length: 10 },
      (_, i) => `arn:aws:ecs:eu-west-1:123456789012:cluster/many${i}`,
    )
    const source = memorySource({ covers: clusters })
    const { worker, clock, of } = started({ sources: [source], sinks: [memorySink()] })
    await clock.advance(0)
    const takeRound = async (at: number): Promise<void> => {
      for (const one of clusters) {
        void source.push({ _tag: 'TasksListed', cluster: one, at, tasks: [] })
        await clock.advance(0)
      }
    }
    await takeRound(1_000_000)
    await takeRound(2_000_000)
    const before = of('Swept').length
    await takeRound(3_000_000)
    await takeRound(4_000_000)
    expect(of('Swept')).toHaveLength(before + 2)
    await worker.stop()
  })

  it('forgets tasks that snapshots rule out', async () => {
    const source = memorySource({ covers: [cluster] })
    const { worker, clock, of } = started({ sources: [source], sinks: [memorySink()] })
    await clock.advance(0)
    void source.push({ _tag: 'TaskChanged', task: observed({ id: 'old', at: 1 }) })
    void source.push(listed(observed({ id: 'a', port: 1 })))
    await clock.advance(0)
    expect(of('Swept')).toMatchObject([{ forgotten: 1, tasks: 1 }])
    await worker.stop()
  })
})
