import {
  type ClusterEvent,
  type ClusterState,
  type Delivery,
  emptyState,
  type Notice,
  PersistentMap,
  run,
  servicePorts,
  type Source,
  type Worker,
} from 'ecs-task-stream'
import { type MemoryLog, memoryJournal, memoryLog } from 'ecs-task-stream/journals/memory'
import { kinesis, type KinesisOptions } from 'ecs-task-stream/sources/kinesis'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { sourceContext } from 'ecs-task-stream/testing'
import { BehaviorSubject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { faultProxy } from '../../sim/faults/fault-proxy.js'
import { type EmbeddedKinesis, embeddedKinesis } from '../../sim/kinesis/embedded-kinesis.js'
import { decodeMessage } from '../../src/sources/ecs-events/ecs-event.js'
import { kinesisBackend } from '../support/kinesis-backend.js'
import { observed } from '../support/observed-task.js'

let server: EmbeddedKinesis
beforeAll(async () => {
  server = await embeddedKinesis()
})
afterAll(() => server.close())

const event = (n: number): ClusterEvent => ({
  _tag: 'InstanceDescribed',
  instance: `instance-${n}`,
  addresses: { ipv4: '10.0.0.1', ipv6: undefined },
  at: n,
})
const events = (count: number, from = 0) => Array.from({ length: count }, (_, n) => event(from + n))
const names = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `instance-${from + n}`)
const sorted = (all: readonly string[]) => [...new Set(all)].sort()

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 60_000, interval: 10 })

interface Listening {
  readonly settle?: (delivery: Delivery) => void
  readonly state?: ClusterState
}

/** Subscribes until the test ends; `settle` says what becomes of a delivery. */
const listen = (
  source: Source,
  { settle = (delivery) => delivery.ack(), state = emptyState }: Listening = {},
) => {
  const state$ = new BehaviorSubject(state)
  const heard = {
    seen: [] as string[],
    deliveries: [] as Delivery[],
    notices: [] as Notice[],
    stop: () => state$.complete(),
    unsubscribe: () => subscription.unsubscribe(),
  }
  const subscription = source.deliveries(sourceContext(state$)).subscribe((output) => {
    if (output._tag !== 'Delivery') {
      heard.notices.push(output)
      return
    }
    for (const each of output.events) if (each._tag === 'InstanceDescribed') heard.seen.push(each.instance)
    heard.deliveries.push(output)
    settle(output)
  })
  onTestFinished(() => subscription.unsubscribe())
  return heard
}

const backend = async (options: Partial<KinesisOptions> & { readonly shards?: number } = {}) => {
  const made = await kinesisBackend(server, options)
  onTestFinished(made.dispose)
  return made
}

/** A stream behind a proxy that can misbehave. */
const behindProxy = async (options: Partial<KinesisOptions> = {}) => {
  const proxy = await faultProxy({ target: server.url })
  onTestFinished(() => proxy.close())
  const client = server.client({ endpoint: proxy.url, maxAttempts: 1 })
  return { proxy, ...(await backend({ client, ...options })) }
}

const warnings = (notices: readonly Notice[]) =>
  notices.flatMap((notice) => (notice._tag === 'Warning' ? [notice.message] : []))
const failures = (notices: readonly Notice[]) =>
  notices.flatMap((notice) => (notice._tag === 'SourceFailed' ? [notice] : []))

const now = Date.now
let passed = 0

/** Sets the date of this process, in which the server is, forward. */
const passHours = (hours: number): void => {
  passed += hours * 3_600_000
  vi.spyOn(Date, 'now').mockImplementation(() => now() + passed)
  onTestFinished(() => {
    passed = 0
    vi.restoreAllMocks()
  })
}

describe('a stream', () => {
  it('is read by every subscriber as a whole, from all of its shards', async () => {
    const { source, stream, client, publish } = await backend({ shards: 3 })
    const other = kinesis({
      stream,
      client,
      from: 'horizon',
      pollMs: 5,
      decode: (text) => ({ _tag: 'Event', event: JSON.parse(text) as ClusterEvent }),
    })
    const heard = [listen(source), listen(other)]
    await publish(events(40))
    const shards = new Set((await server.records(stream)).map(({ shard }) => shard))
    expect(shards.size).toBe(3)
    for (const { seen } of heard) await eventually(() => expect(sorted(seen)).toEqual(sorted(names(40))))
  })

  it('is read on when its shards are split and merged, from the beginning of each that follows', async () => {
    const { source, stream, publish } = await backend()
    const heard = listen(source)
    await publish(events(10))
    await eventually(() => expect(heard.seen).toHaveLength(10))
    await server.split(stream, 'shardId-000000000000')
    await publish(events(10, 10))
    await server.merge(stream, 'shardId-000000000001', 'shardId-000000000002')
    await publish(events(10, 20))
    await eventually(() => expect(sorted(heard.seen)).toEqual(sorted(names(30))))
    expect(heard.seen).toHaveLength(30)
    expect(heard.notices.filter(({ _tag }) => _tag !== 'ClockSkew' && _tag !== 'Answered')).toEqual([])
  })

  it('is read from now on by default', async () => {
    const { stream, source, publish, iterators$ } = await backend({ from: 'latest' })
    const iterators: unknown[] = []
    iterators$.subscribe(({ ShardIteratorType }) => iterators.push(ShardIteratorType))
    await publish(events(3))
    passHours(1)
    const heard = listen(source)
    await eventually(() => expect(iterators).toEqual(['AT_TIMESTAMP']))
    await publish(events(2, 3))
    await eventually(() => expect(heard.seen).toEqual(names(2, 3)))
    expect(await server.records(stream)).toHaveLength(5)
  })

  it('is read from a time before now', async () => {
    const { source, publish } = await backend({ from: { agoMs: 2 * 3_600_000 } })
    await publish(events(1))
    passHours(1.5)
    await publish(events(1, 1))
    passHours(1.5)
    await publish(events(1, 2))
    const heard = listen(source)
    await eventually(() => expect(heard.seen).toEqual(names(2, 1)))
  })

  it('is read on where it was acknowledged, although nothing was, and it began with what was new', async () => {
    const { source, publish } = await backend({ from: 'latest' })
    const first = listen(source, { settle: () => undefined })
    await publish(events(1))
    // What is put while the source looks for its shards may be before its beginning by the whole seconds of dates.
    await eventually(async () => {
      await publish(events(1))
      expect(first.seen).not.toEqual([])
    })
    first.unsubscribe()
    await publish(events(1, 1))
    const second = listen(source)
    await eventually(() => expect(sorted(second.seen)).toEqual(names(2)))
  })
})

describe('an iterator', () => {
  it('that expires while reading pauses is renewed, without a gap and without a notice', async () => {
    const { source, publish } = await backend({ maxInFlight: 3 })
    const held: Delivery[] = []
    const heard = listen(source, { settle: (delivery) => held.push(delivery) })
    await publish(events(5))
    await eventually(() => expect(heard.seen).toEqual(names(3)))
    passHours(0.1)
    for (const delivery of held.splice(0)) delivery.ack()
    await eventually(() => expect(heard.seen).toEqual(names(5)))
    expect(failures(heard.notices)).toEqual([])
    expect(warnings(heard.notices)).toEqual([])
  })
})

describe('a position', () => {
  /** A state that knows a position, such as from a journal. */
  const knowing = (stream: string, position: string): ClusterState => ({
    ...emptyState,
    logs: PersistentMap.from([[`${stream}/shardId-000000000000`, { position }]]),
  })
  const positionsOf = async (stream: string) => (await server.records(stream)).map(({ position }) => position)

  it('in the state is continued from', async () => {
    const { source, stream, publish } = await backend({ from: 'latest' })
    await publish(events(5))
    const positions = await positionsOf(stream)
    const heard = listen(source, { state: knowing(stream, positions[2]!) })
    await eventually(() => expect(heard.seen).toEqual(names(2, 3)))
    expect(warnings(heard.notices)).toEqual([])
    expect(heard.deliveries.at(-1)?.events.at(-1)).toEqual({
      _tag: 'LogRead',
      log: `${stream}/shardId-000000000000`,
      position: positions[4],
    })
  })

  it.each([3, 1])('is no new event, with room for %s', async (maxInFlight) => {
    const { source, stream, publish } = await backend({ maxInFlight })
    await publish(events(3))
    const [, known] = await positionsOf(stream)
    const heard = listen(source, { state: knowing(stream, known!) })
    await eventually(() => expect(heard.seen).toEqual(names(1, 2)))
  })

  it('whose record is older than the retention of the stream is warned of, and all that is left is read', async () => {
    const { source, stream, publish } = await backend({ from: 'latest' })
    await publish(events(2))
    const [known] = await positionsOf(stream)
    passHours(25)
    await publish(events(2, 2))
    const heard = listen(source, { state: knowing(stream, known!) })
    await eventually(() => expect(heard.seen).toEqual(names(2, 2)))
    expect(warnings(heard.notices)).toHaveLength(1)
    expect(warnings(heard.notices)[0]).toContain('events may have been lost: snapshots repair it')
  })

  it('of another stream is warned of, and all is read', async () => {
    const { source, stream, publish } = await backend({ from: 'latest' })
    await publish(events(2))
    const heard = listen(source, { state: knowing(stream, '1') })
    await eventually(() => expect(heard.seen).toEqual(names(2)))
    expect(warnings(heard.notices)).toHaveLength(1)
    expect(failures(heard.notices)).toEqual([])
  })

  it('of one shard has the others read from their beginning', async () => {
    const { source, stream, publish } = await backend({ from: 'latest', shards: 2 })
    await publish(events(20))
    const records = await server.records(stream)
    const inFirst = records.filter(({ shard }) => shard === 'shardId-000000000000')
    passHours(1)
    const heard = listen(source, { state: knowing(stream, inFirst.at(-1)!.position) })
    await eventually(() => expect(heard.seen).toHaveLength(20 - inFirst.length))
  })
})

describe('records', () => {
  const action = JSON.stringify({
    version: '0',
    id: '1',
    'detail-type': 'ECS Service Action',
    source: 'aws.ecs',
    account: '123456789012',
    time: '2026-01-01T00:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: {},
  })

  it('of another kind are counted, and committed past', async () => {
    const { source, stream, unacknowledged } = await backend({ decode: decodeMessage })
    await server.put(stream, [action, action, action])
    const heard = listen(source)
    await eventually(() =>
      expect(heard.notices).toContainEqual({
        _tag: 'Ignored',
        kind: 'aws.ecs/ECS Service Action',
        count: 3,
      }),
    )
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    expect(heard.deliveries.flatMap(({ events }) => events.map(({ _tag }) => _tag))).toEqual(['LogRead'])
  })

  it('on which the decoder throws are reported by shard and position, like others that are not events', async () => {
    const { source, stream, publish } = await backend({
      decode: () => {
        throw new Error('a bug')
      },
    })
    await publish([event(0)])
    const [record] = await server.records(stream)
    const heard = listen(source)
    await eventually(() =>
      expect(heard.notices).toContainEqual({
        _tag: 'Undecodable',
        id: `shardId-000000000000/${record!.position}`,
        reason: 'Error: a bug',
        receives: undefined,
      }),
    )
  })
})

describe('a failed call', () => {
  it.each(['ListShards', 'GetShardIterator', 'GetRecords'])(
    '%s is reported and retried, and nothing is lost',
    async (operation) => {
      const { proxy, source, publish } = await behindProxy()
      proxy.faults = (called, count) => (called === operation && count <= 2 ? 'error500' : 'ok')
      const heard = listen(source)
      await publish(events(3))
      await eventually(() => expect(heard.seen).toEqual(names(3)))
      expect(failures(heard.notices).map((failure) => failure.operation)).toEqual([operation, operation])
    },
  )

  it('whose answer is lost is made again, and nothing is lost', async () => {
    const { proxy, source, publish } = await behindProxy()
    proxy.faults = (called, count) => (called === 'GetRecords' && count % 2 === 0 ? 'lost-answer' : 'ok')
    const heard = listen(source)
    await publish(events(3))
    await eventually(() => expect(heard.seen).toEqual(names(3)))
    await publish(events(3, 3))
    await eventually(() => expect(heard.seen).toEqual(names(6)))
  })

  it('for too many reads is reported only if the next one is refused as well', async () => {
    const { proxy, source, publish } = await behindProxy()
    proxy.faults = (called, count) => (called === 'GetRecords' && count % 2 === 1 ? 'throttle' : 'ok')
    const heard = listen(source)
    await publish(events(3))
    await eventually(() => expect(heard.seen).toEqual(names(3)))
    expect(failures(heard.notices)).toEqual([])
    proxy.faults = (called) => (called === 'GetRecords' ? 'throttle' : 'ok')
    await eventually(() => expect(failures(heard.notices)).not.toEqual([]))
    expect(failures(heard.notices)[0]?.error.message).toContain('raise pollMs')
  })

  it('for a stream that does not exist says so', async () => {
    const { client } = await backend()
    const heard = listen(kinesis({ stream: 'nowhere', client, pollMs: 5 }))
    await eventually(() =>
      expect(failures(heard.notices)[0]?.error.message).toContain(
        'stream nowhere does not exist: check its name, region and account',
      ),
    )
  })
})

describe('workers with a journal', () => {
  const task = (n: number): ClusterEvent => ({
    _tag: 'TaskChanged',
    task: observed({ id: `task-${n}`, host: `10.0.0.${n}` }),
  })
  const tasks = (count: number, from = 0) => Array.from({ length: count }, (_, n) => task(from + n))

  const started = (source: Source, log: MemoryLog) => {
    const sink = memorySink()
    const worker: Worker = run({
      sources: [source],
      sinks: [sink],
      expose: servicePorts(),
      journal: memoryJournal({ log }),
      catchUpMs: 10,
      minWriteIntervalMs: 0,
    })
    const notices: Notice[] = []
    let folded = 0
    worker.reports$.subscribe((report) => {
      if (report._tag === 'Noticed') notices.push(report.notice)
      if (report._tag === 'Folded' && report.source === source.name) folded += report.events
    })
    onTestFinished(() => worker.stop())
    const served = () => (sink.target.rows.get('web')?.value ?? []).length
    return { worker, served, notices, folded: () => folded }
  }

  it('continue after a restart where the journal ends, with what was put meanwhile and nothing else', async () => {
    const { stream, client, publish, source, iterators$ } = await backend({ from: 'latest' })
    const log = memoryLog()
    const iterators: (string | undefined)[] = []
    iterators$.subscribe(({ StartingSequenceNumber }) => iterators.push(StartingSequenceNumber))
    const before = started(source, log)
    await eventually(() => expect(iterators).toEqual([undefined]))
    await publish(tasks(5))
    await eventually(() => expect(before.served()).toBe(5))
    await before.worker.stop()
    const last = (await server.records(stream)).at(-1)?.position

    await publish(tasks(2, 5))
    passHours(1)
    const { source: again } = await backend({ from: 'latest', stream, client })
    const after = started(again, log)
    await eventually(() => expect(after.served()).toBe(7))
    expect(iterators).toEqual([undefined, last])
    // Two tasks, and the position.
    expect(after.folded()).toBe(3)
    expect(warnings(after.notices)).toEqual([])
  })

  it('all read everything, and the next one begins behind all of it', async () => {
    const { stream, client, publish, source } = await backend({ shards: 2 })
    const log = memoryLog()
    const { source: other } = await backend({ stream, client })
    const both = [started(source, log), started(other, log)]
    for (let from = 0; from < 30; from += 5) await publish(tasks(5, from))
    for (const { served } of both) await eventually(() => expect(served()).toBe(30))
    for (const { worker } of both) await worker.stop()

    const { source: last } = await backend({ stream, client })
    const next = started(last, log)
    await publish(tasks(1, 30))
    await eventually(() => expect(next.served()).toBe(31))
    expect(next.folded()).toBe(2)
  })
})

describe('kinesis', () => {
  it.each([
    [
      { stream: 'a stream' },
      `kinesis: stream: expected a stream's name or ARN, such as ecs-events, got "a stream"`,
    ],
    [
      { stream: 'arn:aws:sqs:eu-west-1:123456789012:events' },
      `got "arn:aws:sqs:eu-west-1:123456789012:events"`,
    ],
    [{ stream: 'events', pollMs: 0 }, 'kinesis: pollMs: expected a whole number from 1 to 60000, got 0'],
    [{ stream: 'events', maxInFlight: 0 }, 'kinesis: maxInFlight: expected a whole number'],
    [{ stream: 'events', from: { agoMs: -1 } }, 'kinesis: from.agoMs: expected a whole number'],
    [{ stream: 'events', region: 'nowhere/' }, 'region: expected the name of an AWS region'],
  ])('refuses %j', (options, message) => {
    expect(() => kinesis(options)).toThrow(message)
  })

  it('makes its own client, for the endpoint in the environment, that servers without HTTP/2 understand', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', server.url)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'embedded')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'embedded')
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })
    const { stream, publish } = await backend()
    await publish(events(1))
    const decode = (text: string) => ({ _tag: 'Event' as const, event: JSON.parse(text) as ClusterEvent })
    const heard = listen(kinesis({ stream, region: 'us-east-1', from: 'horizon', decode }))
    await eventually(() => expect(heard.seen).toEqual(names(1)))
    heard.stop()
  })
})
