/**
 * "Not yet" is not "done": what no sink can hold yet, because a lookup has not answered, is not acknowledged; and what
 * will never be answered holds up nothing.
 */
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
import { memory as memorySource, type MemorySource } from 'ecs-task-stream/sources/memory'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cluster, observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

const start = 1_000_000
const instance = `${cluster.replace(':cluster/', ':container-instance/')}/machine`
const definition = `${cluster.replace(/:cluster.*/, '')}:task-definition/web:1`

/** A bridge task: where its machine is reached is not known. */
const onMachine = (id: string, service = 'web'): Task => ({
  ...observed({ id, service, port: 32_768, at: start }),
  interface: undefined,
  instance,
})

/** A Fargate task: its event tells no ports. */
const withDefinition = (id: string, service = 'web'): Task => {
  const task = observed({ id, service, at: start })
  return {
    ...task,
    launchType: 'FARGATE',
    definition,
    containers: task.containers.map((container) => ({ ...container, bindings: [] })),
  }
}

const told = (task: Task): ClusterEvent => ({ _tag: 'TaskChanged', task })

const addresses: ClusterEvent = {
  _tag: 'InstanceDescribed',
  instance,
  addresses: { ipv4: '10.0.0.9', ipv6: undefined },
  at: start,
}
const described: ClusterEvent = {
  _tag: 'DefinitionDescribed',
  definition: {
    arn: definition,
    networkMode: 'awsvpc',
    containers: [
      {
        name: 'web',
        ports: [{ containerPort: 80, hostPort: 80, protocol: 'tcp', count: 1 }],
        image: undefined,
        labels: {},
        environment: {},
      },
    ],
  },
}
const refused = (key: string): ClusterEvent => ({
  _tag: 'LookupRefused',
  key,
  reason: 'AccessDeniedException: not allowed',
  at: start,
})

/** What is waited for, the answer, and what the sink then holds. */
const lookups: readonly {
  readonly what: string
  readonly task: (id: string, service?: string) => Task
  readonly key: string
  readonly answer: ClusterEvent
  readonly held: string
}[] = [
  {
    what: 'the address of its machine',
    task: onMachine,
    key: instance,
    answer: addresses,
    held: '10.0.0.9:32768',
  },
  {
    what: 'its task definition',
    task: withDefinition,
    key: definition,
    answer: described,
    held: '10.0.0.1:80',
  },
]

/** How a delivery was settled, as far as it is yet. */
const watched = (settled: Promise<'acked' | 'nacked'>): { readonly how: string } => {
  const state = { how: 'open' }
  void settled.then((how) => (state.how = how))
  return state
}

const started = (setup: Partial<RunSetup> & { readonly covers?: readonly string[] } = {}) => {
  const { covers = [], ...rest } = setup
  const clock = virtualClock(start)
  const source: MemorySource = memorySource({ covers })
  const sink = memorySink()
  const worker = run(
    { sources: [source], sinks: [sink], expose: servicePorts(), minWriteIntervalMs: 0, ...rest },
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
  const unheld = () => reports.flatMap((report) => (report._tag === 'AcknowledgedUnheld' ? [report] : []))
  const push = async (...events: readonly ClusterEvent[]) => {
    const settled = watched(source.push(...events))
    await clock.advance(0)
    return settled
  }
  return { worker, clock, source, sink, reports, unheld, push, stop }
}

describe.each(lookups)('a running task that waits for $what', ({ task, key, answer, held }) => {
  it('is not acknowledged before the answer is in the sink', async () => {
    const { clock, push, sink } = started()
    await clock.advance(0)
    const delivered = await push(told(task('a')))
    await clock.advance(3_600_000)
    expect(delivered.how).toBe('open')
    expect((await push(answer)).how).toBe('acked')
    expect(delivered.how).toBe('acked')
    expect(sink.target.rows.get('web')?.value).toEqual([held])
  })

  it('is not acknowledged by an answer that a sink could not take', async () => {
    const inner = memorySink()
    let down = true
    const sink: Sink<Addresses> = {
      ...inner,
      apply: (changes, owner, signal) =>
        down ? Promise.reject(new Error('down')) : inner.apply(changes, owner, signal),
    }
    const { clock, push } = started({ sinks: [sink] })
    await clock.advance(0)
    const delivered = await push(told(task('a')))
    await push(answer)
    await clock.advance(60_000)
    expect(delivered.how).toBe('open')
    down = false
    await clock.advance(60_000)
    expect(delivered.how).toBe('acked')
    expect(inner.target.rows.get('web')?.value).toEqual([held])
  })

  it('waits for every required sink, and for no other', async () => {
    const [fast, slow] = [memorySink({ name: 'fast' }), memorySink({ name: 'slow' })]
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const gated: Sink<Addresses> = {
      ...slow,
      apply: (changes, owner, signal) => gate.then(() => slow.apply(changes, owner, signal)),
    }
    const never = {
      ...memorySink({ name: 'never' }),
      required: false,
      read: () => new Promise<never>(() => undefined),
    }
    const { clock, push } = started({ sinks: [fast, gated, never] })
    await clock.advance(0)
    const delivered = await push(told(task('a')))
    await push(answer)
    expect(fast.target.rows.get('web')?.value).toEqual([held])
    expect(delivered.how).toBe('open')
    open()
    await clock.advance(0)
    expect(delivered.how).toBe('acked')
  })

  it('ends its wait with an answer that is final, which is reported', async () => {
    const { clock, push, reports, unheld } = started()
    await clock.advance(0)
    const delivered = await push(told(task('a')))
    expect(delivered.how).toBe('open')
    await push(refused(key))
    expect(delivered.how).toBe('acked')
    const unresolved = reports.flatMap((report) => (report._tag === 'Unresolved' ? [report] : [])).at(-1)
    expect([...(unresolved?.tasks.values() ?? [])]).toMatchObject([
      { why: 'lookup-refused', detail: expect.stringContaining('AccessDeniedException') as string },
    ])
    expect(unheld()).toEqual([])
  })

  it('is acknowledged, which is reported, after lookupWaitMs where snapshots cover its cluster', async () => {
    const { clock, push, unheld, sink } = started({ covers: [cluster], lookupWaitMs: 90_000 })
    await clock.advance(0)
    await push({ _tag: 'TasksListed', cluster, at: start, tasks: [] })
    const delivered = await push(told(task('a')))
    await clock.advance(89_999)
    expect(delivered.how).toBe('open')
    expect(unheld()).toEqual([])
    await clock.advance(1)
    expect(delivered.how).toBe('acked')
    expect(unheld()).toEqual([{ _tag: 'AcknowledgedUnheld', tasks: [task('a').arn], afterMs: 90_000 }])
    // It is not forgotten: when the answer comes all the same, the sink has it.
    await push(answer)
    expect(sink.target.rows.get('web')?.value).toEqual([held])
    await clock.advance(600_000)
    expect(unheld()).toHaveLength(1)
  })

  it('that was answered in time is not reported', async () => {
    const { clock, push, unheld } = started({ covers: [cluster], lookupWaitMs: 90_000 })
    await clock.advance(0)
    await push({ _tag: 'TasksListed', cluster, at: start, tasks: [] })
    const delivered = await push(told(task('a')))
    await clock.advance(89_999)
    await push(answer)
    expect(delivered.how).toBe('acked')
    await clock.advance(600_000)
    expect(unheld()).toEqual([])
  })

  it('waits for ever where no snapshot would list it again', async () => {
    const { clock, push, unheld } = started({
      covers: [cluster.replace('staging', 'other')],
      lookupWaitMs: 1_000,
    })
    await clock.advance(0)
    const delivered = await push(told(task('a')))
    await clock.advance(24 * 3_600_000)
    expect(delivered.how).toBe('open')
    expect(unheld()).toEqual([])
  })

  it('does not block other deliveries', async () => {
    const { clock, push, source, sink } = started()
    await clock.advance(0)
    const delivered = await push(told(task('a', 'slow')))
    for (let port = 1; port <= 5; port++)
      expect((await push(told(observed({ id: `t${port}`, port, at: start })))).how).toBe('acked')
    expect(sink.target.rows.get('web')?.value).toHaveLength(5)
    expect(delivered.how).toBe('open')
    expect(source.unsettled).toBe(1)
  })

  it('holds the whole delivery in which it came', async () => {
    const { clock, push } = started()
    await clock.advance(0)
    const delivered = await push(told(observed({ id: 'b', port: 1, at: start })), told(task('a', 'slow')))
    expect(delivered.how).toBe('open')
    await push(answer)
    expect(delivered.how).toBe('acked')
  })

  it('is waited for no more when it has stopped', async () => {
    const { clock, push } = started()
    await clock.advance(0)
    const delivered = await push(told(task('a')))
    const end = await push(
      told({ ...task('a'), version: 4, at: start + 1, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }),
    )
    expect([delivered.how, end.how]).toEqual(['acked', 'acked'])
  })

  it('is waited for no more when a snapshot rules it out', async () => {
    const { clock, push } = started({ covers: [cluster] })
    await clock.advance(0)
    const delivered = await push(told(task('a')))
    expect(delivered.how).toBe('open')
    await push({ _tag: 'TasksListed', cluster, at: start + 60_000, tasks: [] })
    expect(delivered.how).toBe('acked')
  })

  it('is given back when the worker stops', async () => {
    const { worker, clock, push } = started()
    await clock.advance(0)
    const delivered = await push(told(task('a')))
    const stopped = worker.stop()
    await clock.advance(20_000)
    await stopped
    expect(delivered.how).toBe('nacked')
  })

  it('is acknowledged when it is folded under ack: folded', async () => {
    const { clock, push, unheld } = started({ covers: [cluster], clusters: [cluster], ack: 'folded' })
    await clock.advance(0)
    expect((await push(told(task('a')))).how).toBe('acked')
    await clock.advance(600_000)
    expect(unheld()).toEqual([])
  })
})
