import { sourceContext } from 'ecs-task-stream/testing'
import { BehaviorSubject } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  type ClusterEvent,
  type ClusterState,
  type Delivery,
  emptyState,
  type Notice,
  type Source,
  systemClock,
} from 'ecs-task-stream'
import { sqs, type SqsOptions } from 'ecs-task-stream/sources/sqs'
import { type EmbeddedSqs, embeddedSqs, type QueueOptions } from '../../sim/sqs/embedded-sqs.js'
import { type FaultProxy, faultProxy, half } from '../../sim/faults/fault-proxy.js'
import { decodeMessage } from '../../src/sources/ecs-events/ecs-event.js'
import { sqsQueue } from '../../src/sources/sqs/sqs-queue.js'
import { sqsBackend } from '../support/sqs-backend.js'
import { virtualClock } from '../support/virtual-clock.js'

let server: EmbeddedSqs
beforeAll(async () => {
  server = await embeddedSqs()
})
afterAll(() => server.close())

const event = (n: number): ClusterEvent => ({
  _tag: 'InstanceDescribed',
  instance: `instance-${n}`,
  addresses: { ipv4: '10.0.0.1', ipv6: undefined },
  at: n,
})
const events = (count: number) => Array.from({ length: count }, (_, n) => event(n))

/** Subscribes until the test ends; `settle` says what becomes of a delivery. */
const listen = (source: Source, settle: (delivery: Delivery) => void = (delivery) => delivery.ack()) => {
  const state$ = new BehaviorSubject<ClusterState>(emptyState)
  const heard = {
    seen: [] as string[],
    deliveries: [] as Delivery[],
    notices: [] as Notice[],
    completed: false,
    stop: () => state$.complete(),
  }
  const subscription = source.deliveries(sourceContext(state$)).subscribe({
    next: (output) => {
      if (output._tag !== 'Delivery') {
        heard.notices.push(output)
        return
      }
      for (const each of output.events) if (each._tag === 'InstanceDescribed') heard.seen.push(each.instance)
      heard.deliveries.push(output)
      settle(output)
    },
    complete: () => (heard.completed = true),
  })
  onTestFinished(() => subscription.unsubscribe())
  return heard
}

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 60_000, interval: 10 })

const backend = async (options: Partial<SqsOptions> & { readonly queue?: QueueOptions } = {}) => {
  const made = await sqsBackend(server, options)
  onTestFinished(made.dispose)
  return made
}

/** A queue behind a proxy that can misbehave. */
const behindProxy = async (
  options: Partial<SqsOptions> = {},
): Promise<{ proxy: FaultProxy } & Awaited<ReturnType<typeof sqsBackend>>> => {
  const proxy = await faultProxy({ target: server.url })
  onTestFinished(() => proxy.close())
  const client = server.client({ endpoint: proxy.url, maxAttempts: 1 })
  return { proxy, ...(await backend({ client, ...options })) }
}

const failures = (notices: readonly Notice[], operation: string) =>
  notices.flatMap((notice) =>
    notice._tag === 'SourceFailed' && notice.operation === operation ? [notice] : [],
  )

describe('messages', () => {
  it('that are not events go to the dead letter queue after their receives, while good ones flow', async () => {
    const { source, publish, publishGarbage, url, deadLetterUrl } = await backend({
      visibilitySeconds: 1,
      queue: { redrive: { maxReceiveCount: 2 } },
    })
    const heard = listen(source)
    await publish([event(0)])
    await publishGarbage()
    await publish([event(1)])
    await eventually(async () => expect((await server.counts(deadLetterUrl!)).visible).toBe(1))
    const undecodable = heard.notices.flatMap((notice) => (notice._tag === 'Undecodable' ? [notice] : []))
    expect(undecodable.map(({ receives }) => receives)).toEqual([1, 2])
    expect(new Set(undecodable.map(({ id }) => id)).size).toBe(1)
    expect(undecodable[0]?.reason).toContain('expected JSON')
    expect(heard.seen.sort()).toEqual(['instance-0', 'instance-1'])
    await eventually(async () => expect(await server.counts(url)).toEqual({ visible: 0, inFlight: 0 }))
  })

  it('of another kind are acknowledged and counted, and make no delivery', async () => {
    const { source, url, unacknowledged } = await backend({ decode: decodeMessage })
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
    await server.send(url, [action, action, action])
    const heard = listen(source)
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    const ignored = heard.notices.flatMap((notice) => (notice._tag === 'Ignored' ? [notice] : []))
    expect(new Set(ignored.map(({ kind }) => kind))).toEqual(new Set(['aws.ecs/ECS Service Action']))
    expect(ignored.reduce((sum, { count }) => sum + count, 0)).toBe(3)
    expect(heard.deliveries).toEqual([])
  })

  it('on which the decoder throws are reported like others that are not events', async () => {
    const { source, publish } = await backend({
      decode: () => {
        throw new Error('a bug')
      },
    })
    const heard = listen(source)
    await publish([event(0)])
    await eventually(() =>
      expect(heard.notices).toContainEqual(
        expect.objectContaining({ _tag: 'Undecodable', reason: 'Error: a bug' }),
      ),
    )
  })

  it('are hidden for as long as they are unsettled', async () => {
    const { proxy, source, publish, unacknowledged } = await behindProxy({ visibilitySeconds: 1 })
    const heard = listen(source, () => undefined)
    await publish([event(0)])
    // Three extensions at half-life are one and a half times the visibility.
    await eventually(() => expect(proxy.calls.get('ChangeMessageVisibilityBatch')).toBeGreaterThanOrEqual(3))
    expect(heard.seen).toEqual(['instance-0'])
    heard.deliveries[0]?.ack()
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    expect(failures(heard.notices, 'ChangeMessageVisibilityBatch')).toEqual([])
  })

  it('that come again while unsettled are not delivered again, and are deleted by the new handle', async () => {
    const { source, publish, handles, redeliver, unacknowledged } = await backend()
    const heard = listen(source, () => undefined)
    await publish([event(0)])
    await eventually(() => expect(heard.seen).toHaveLength(1))
    const [handle] = handles.values()
    await redeliver()
    await eventually(() => expect([...handles.values()]).not.toEqual([handle]))
    heard.deliveries[0]?.ack()
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    expect(heard.seen).toHaveLength(1)
    expect(heard.notices.filter(({ _tag }) => _tag === 'SourceFailed')).toEqual([])
  })

  it('that come again because their deletion failed are deleted, not delivered again', async () => {
    const { proxy, source, publish, handles, unacknowledged } = await behindProxy({ visibilitySeconds: 1 })
    proxy.faults = (operation) => (operation === 'DeleteMessageBatch' ? 'throttle' : 'ok')
    const heard = listen(source)
    await publish([event(0)])
    await eventually(() => expect(handles.size).toBe(1))
    const [first] = handles.values()
    await eventually(() => expect([...handles.values()]).not.toEqual([first]))
    proxy.faults = () => 'ok'
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    expect(heard.seen).toEqual(['instance-0'])
  })

  it('that are nacked come again after a second or more, and later with each receive', async () => {
    const { source, publish, unacknowledged } = await backend({ visibilitySeconds: 30 })
    const times: number[] = []
    listen(source, (delivery) => {
      times.push(performance.now())
      if (times.length === 1) delivery.nack(new Error('not now'))
      else delivery.ack()
    })
    await publish([event(0)])
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    expect(times).toHaveLength(2)
    expect(times[1]! - times[0]!).toBeGreaterThan(900)
    // Before its lease ends.
    expect(times[1]! - times[0]!).toBeLessThan(30_000)
  })
})

describe('a queue that fails', () => {
  it('half of all calls loses nothing: all is delivered once, and deleted in the end', async () => {
    const { proxy, source, publish, unacknowledged } = await behindProxy({ visibilitySeconds: 30 })
    proxy.faults = half(7)
    const heard = listen(source)
    await publish(events(300))
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    expect(heard.seen).toHaveLength(300)
    expect(new Set(heard.seen).size).toBe(300)
    expect(failures(heard.notices, 'DeleteMessageBatch').length).toBeGreaterThan(0)
    heard.stop()
    await eventually(() => expect(heard.completed).toBe(true))
  })

  it('to answer is called again: deletions stand, and lost messages are received again', async () => {
    const { proxy, source, publish, unacknowledged } = await behindProxy({ visibilitySeconds: 1 })
    proxy.faults = (operation, count) =>
      count === 1 && (operation === 'ReceiveMessage' || operation === 'DeleteMessageBatch')
        ? 'lost-answer'
        : 'ok'
    await publish(events(5))
    const heard = listen(source)
    await eventually(() => expect(new Set(heard.seen).size).toBe(5))
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    expect(heard.seen).toHaveLength(5)
  })

  it('to answer at all is given up after the wait and ten seconds, and asked again', async () => {
    const clock = virtualClock(Date.now())
    const { proxy, source, publish } = await behindProxy({ clock, polls: 1 })
    proxy.faults = (operation, count) => (operation === 'ReceiveMessage' && count === 1 ? 'hang' : 'ok')
    const heard = listen(source)
    await eventually(() => expect(proxy.calls.get('ReceiveMessage')).toBe(1))
    await publish([event(0)])
    await clock.advance(29_999)
    expect(failures(heard.notices, 'ReceiveMessage')).toEqual([])
    await clock.advance(1)
    await eventually(() => expect(heard.seen).toEqual(['instance-0']))
    expect(failures(heard.notices, 'ReceiveMessage')).toMatchObject([
      { error: { message: 'no answer within 30000 ms' }, retryIn: 0 },
    ])
    // On a clock that stands still no lease ends: a deletion that fails, such as by the end of the proxy, is tried for ever.
    heard.stop()
    await eventually(() => expect(heard.completed).toBe(true))
  })

  it('for a while is reported, and received from as soon as it is back', async () => {
    const { proxy, source, publish, unacknowledged } = await behindProxy({ random: () => 0.3 })
    proxy.down = true
    const heard = listen(source)
    await eventually(() => expect(failures(heard.notices, 'ReceiveMessage').length).toBeGreaterThanOrEqual(8))
    for (const { retryIn } of failures(heard.notices, 'ReceiveMessage')) expect(retryIn).toBeGreaterThan(0)
    await publish(events(3))
    proxy.down = false
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    expect(heard.seen).toHaveLength(3)
  })

  it('because it does not exist is named, and received from once it does', async () => {
    const { url } = await server.createQueue('model')
    const source = sqs({
      queueUrl: url.replace('model', 'created-late'),
      client: server.client({ maxAttempts: 1 }),
      decode: () => ({ _tag: 'Event', event: event(0) }),
      random: () => 0.3,
    })
    const heard = listen(source)
    await eventually(() => expect(failures(heard.notices, 'ReceiveMessage')).not.toEqual([]))
    await eventually(() => expect(failures(heard.notices, 'GetQueueAttributes')).not.toEqual([]))
    for (const { error } of failures(heard.notices, 'ReceiveMessage'))
      expect(error.message).toMatch(/^queue http:.*created-late does not exist: check its URL/)
    const late = await server.createQueue('created-late')
    await server.send(late.url, ['any'])
    await eventually(() => expect(heard.seen).toEqual(['instance-0']))
  })
})

describe('the queue source', () => {
  const warnings = (notices: readonly Notice[]) =>
    notices.flatMap((notice) => (notice._tag === 'Warning' ? [notice.message] : []))

  it('warns at start of a queue without redrive policy, and says what to do', async () => {
    const heard = listen((await backend()).source)
    await eventually(() => expect(warnings(heard.notices)).toHaveLength(1))
    expect(warnings(heard.notices)[0]).toContain('dead letter queue')
  })

  it('finds the redrive policy of a queue that has one', async () => {
    const { url } = await server.createQueue('with-redrive', { redrive: { maxReceiveCount: 5 } })
    const queue = sqsQueue({
      client: server.client(),
      url,
      waitSeconds: 0,
      visibilitySeconds: 30,
      clock: systemClock,
    })
    expect(await queue.hasRedrive(new AbortController().signal)).toBe(true)
  })

  it('never asks for more than the bound leaves room for', async () => {
    const { source, publish, unacknowledged } = await backend({ maxInFlight: 3 })
    const held: Delivery[] = []
    let most = 0
    const heard = listen(source, (delivery) => {
      held.push(delivery)
      most = Math.max(
        most,
        held.reduce((sum, each) => sum + each.events.length, 0),
      )
    })
    await publish(events(20))
    while (new Set(heard.seen).size < 20) {
      await eventually(() => expect(held.length).toBeGreaterThan(0))
      held.shift()?.ack()
    }
    for (const delivery of held) delivery.ack()
    await eventually(async () => expect(await unacknowledged()).toBe(0))
    expect(most).toBeLessThanOrEqual(3)
  })

  it('keeps what is unsettled hidden during a stop, and completes when it is settled and deleted', async () => {
    const { proxy, source, publish, unacknowledged } = await behindProxy({ visibilitySeconds: 1 })
    const heard = listen(source, () => undefined)
    await publish([event(0)])
    await eventually(() => expect(heard.seen).toHaveLength(1))
    heard.stop()
    const extended = (times: number) => {
      const before = proxy.calls.get('ChangeMessageVisibilityBatch') ?? 0
      return eventually(() =>
        expect(proxy.calls.get('ChangeMessageVisibilityBatch')).toBeGreaterThanOrEqual(before + times),
      )
    }
    // By then a poll that was on its way at the stop has arrived.
    await extended(1)
    const polls = proxy.calls.get('ReceiveMessage')
    await extended(2)
    expect(heard.completed).toBe(false)
    heard.deliveries[0]?.ack()
    await eventually(() => expect(heard.completed).toBe(true))
    expect(await unacknowledged()).toBe(0)
    expect(proxy.calls.get('ReceiveMessage')).toBe(polls)
  })

  it('completes even if deletions fail to the end: after the lease they are given up, and said to be', async () => {
    const { proxy, source, publish } = await behindProxy({ visibilitySeconds: 1, random: () => 0.5 })
    proxy.faults = (operation) => (operation === 'DeleteMessageBatch' ? 'error500' : 'ok')
    const heard = listen(source)
    await publish([event(0)])
    await eventually(() => expect(heard.seen).toHaveLength(1))
    heard.stop()
    await eventually(() => expect(heard.completed).toBe(true))
    expect(failures(heard.notices, 'DeleteMessageBatch').at(-1)?.retryIn).toBeUndefined()
  })

  it('makes a client of its own from the environment, and releases it', async () => {
    const proxy = await faultProxy({ target: server.url })
    onTestFinished(() => proxy.close())
    vi.stubEnv('AWS_ENDPOINT_URL_SQS', proxy.url)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'any')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any')
    vi.stubEnv('AWS_REGION', 'us-east-1')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { url } = await server.createQueue('environment')
    await server.send(url, ['any'])
    const heard = listen(sqs({ queueUrl: url, decode: () => ({ _tag: 'Event', event: event(0) }) }))
    await eventually(() => expect(heard.seen).toEqual(['instance-0']))
    heard.stop()
    await eventually(() => expect(heard.completed).toBe(true))
    expect(proxy.forwarded.get('DeleteMessageBatch')).toBe(1)
  })

  it.each([{ polls: 0 }, { waitSeconds: 21 }, { visibilitySeconds: 0 }, { maxInFlight: 1.5 }])(
    'refuses %o',
    (options) => {
      expect(() => sqs({ queueUrl: 'https://sqs.us-east-1.amazonaws.com/1/q', ...options })).toThrow(
        RangeError,
      )
    },
  )
})
