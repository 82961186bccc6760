import { describe, expect, it, onTestFinished } from 'vitest'
import { OptionError, PersistentMap } from 'ecs-task-stream'
import {
  type DeliveredState,
  type DeadLetter,
  eventBridge,
  type EventBridgeOptions,
} from 'ecs-task-stream/sinks/event-bridge'
import { backendOf, backendsOf, type SinkHarness, sinkContract } from 'ecs-task-stream/testing'
import {
  type EmbeddedEventBridge,
  embeddedEventBridge,
  type TakenEvent,
} from '../../sim/event-bridge/embedded-event-bridge.js'
import { freePort } from '../support/free-port.js'
import { reconciled } from '../support/served.js'
import { contractRuns } from '../laws/runs.js'

const bus = async (): Promise<EmbeddedEventBridge> => {
  const made = await embeddedEventBridge(['targets'])
  onTestFinished(made.close)
  return made
}

const backendIn = ({ detail }: TakenEvent): string => String(detail['backend'])

const lastOf = (taken: readonly TakenEvent[]): ReadonlyMap<string, unknown> => {
  const last = new Map<string, unknown>()
  for (const event of taken)
    if (event.detail['exists'] === true) last.set(backendIn(event), event.detail['endpoints'])
    else last.delete(backendIn(event))
  return last
}

const harness = async (): Promise<SinkHarness<DeliveredState>> => {
  const { client, taken, inject, close } = await embeddedEventBridge()
  return {
    sink: eventBridge({ client: client() }),
    snapshot: () => Promise.resolve(lastOf(taken)),
    writes: () => taken.length,
    addresses: ({ endpoints }) => endpoints.map(({ address }) => address),
    failOn: (key) => inject((event) => (backendIn(event) === key ? { code: 'ThrottlingException' } : 'ok')),
    dispose: close,
  }
}

// What was put is known to the worker alone, and a bus cannot be read.
sinkContract('eventBridge', harness, {
  lacks: ['tampering', 'foreign-rows', 'adoption', 'extras', 'restart', 'races'],
  runs: contractRuns(30),
})

const named = (...names: readonly string[]) =>
  backendsOf(names.map((name) => backendOf(name, [{ host: '10.0.0.1', port: 80 }])))

/** A backend whose event has about this many bytes. */
const large = (name: string, bytes: number) => {
  const [endpoint] = backendOf(name, [{ host: '10.0.0.1', port: 80 }]).endpoints
  const labelled = { ...endpoint!, labels: { text: 'x'.repeat(bytes) } }
  return { name, endpoints: [labelled], gone: [], complete: true }
}

describe('eventBridge', () => {
  it('puts the state on its bus, under its source, with an id and a sequence', async () => {
    const { client, taken } = await bus()
    const sink = eventBridge({ client: client(), eventBusName: 'targets', source: 'platform.targets' })
    await reconciled(sink, named('web'), true, 'us')
    expect(taken).toMatchObject([
      {
        bus: 'targets',
        source: 'platform.targets',
        detailType: 'Backend State',
        detail: {
          owner: 'us',
          backend: 'web',
          exists: true,
          complete: true,
          endpoints: [{ address: '10.0.0.1:80', protocol: 'tcp', container: 'app' }],
        },
      },
    ])
    expect(taken[0]?.detail['sequence']).toMatch(/^\d{16}$/)
    expect(taken[0]?.detail['id']).toMatch(/^\d{16}-[\da-f]{24}$/)
  })

  it('puts ten events into a call, and no more', async () => {
    const { client, calls, taken } = await bus()
    await reconciled(
      eventBridge({ client: client() }),
      named(...Array.from({ length: 23 }, (_, i) => `b-${i}`)),
    )
    expect(calls).toEqual([10, 10, 3])
    expect(taken).toHaveLength(23)
  })

  it('keeps calls of several events below 256 KB, and gives a large event a call of its own', async () => {
    const { client, calls } = await bus()
    const backends = backendsOf([
      large('a', 100_000),
      large('b', 100_000),
      large('c', 100_000),
      large('d', 900_000),
      large('e', 1),
    ])
    await reconciled(eventBridge({ client: client() }), backends)
    expect(calls).toEqual([2, 1, 1, 1])
  })

  it('refuses an event that is too large for EventBridge, and puts the others', async () => {
    const { client, taken } = await bus()
    const backends = backendsOf([large('a', 1024 * 1024), large('b', 1)])
    const outcomes = await reconciled(eventBridge({ client: client() }), backends)
    expect(outcomes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          _tag: 'Rejected',
          key: 'a',
          reason: expect.stringContaining('divide the backend') as unknown,
        }),
      ]),
    )
    expect(taken.map(backendIn)).toEqual(['b'])
  })

  it.each([
    ['ThrottlingException', 'Failed'],
    ['InternalFailure', 'Failed'],
    ['SomethingNew', 'Failed'],
    ['InvalidArgument', 'Rejected'],
    ['MalformedDetail', 'Rejected'],
    ['NotAuthorizedForSourceException', 'Rejected'],
  ])('an entry with the code %s is %s, and the others of its call are done', async (code, tag) => {
    const { client, inject } = await bus()
    inject((event) => (backendIn(event) === 'web' ? { code } : 'ok'))
    const outcomes = await reconciled(eventBridge({ client: client() }), named('api', 'web', 'mail'))
    expect(new Map(outcomes.map(({ key, _tag }) => [key, _tag]))).toEqual(
      new Map([
        ['api', 'Done'],
        ['web', tag],
        ['mail', 'Done'],
      ]),
    )
  })

  it('puts a failed entry again with the same id', async () => {
    const { client, inject, taken } = await bus()
    const sink = eventBridge({ client: client() })
    const seen: unknown[] = []
    inject(({ detail }) => {
      seen.push(detail['id'])
      return { code: 'ThrottlingException' }
    })
    await reconciled(sink, named('web'))
    inject(() => 'ok')
    await reconciled(sink, named('web'))
    expect(taken.map(({ detail }) => detail['id'])).toEqual(seen)
  })

  it('finds the one entry for which EventBridge refuses a whole call', async () => {
    const { client, inject, taken } = await bus()
    inject((event) => (backendIn(event) === 'web' ? { call: 'ValidationException' } : 'ok'))
    const letters: DeadLetter[] = []
    const sink = eventBridge({ client: client(), deadLetter: (letter) => void letters.push(letter) })
    for (let attempt = 1; attempt <= 3; attempt++) await reconciled(sink, named('api', 'web', 'mail'))
    expect(taken.map(backendIn).toSorted()).toEqual(['api', 'mail'])
    expect(letters.map(({ event }) => event.data.backend)).toEqual(['web'])
  })

  it.each([
    ['AccessDeniedException', 'give that action to the role'],
    ['ThrottlingException', 'ThrottlingException'],
    ['InternalFailure', 'InternalFailure'],
  ])('fails when the call is refused with %s, and says %j', async (call, text) => {
    const { client, inject } = await bus()
    inject(() => ({ call }))
    expect(await reconciled(eventBridge({ client: client() }), named('web'))).toMatchObject([
      { _tag: 'Failed', error: { message: expect.stringContaining(text) as unknown } },
    ])
  })

  it('says which bus does not exist', async () => {
    const { client } = await bus()
    const sink = eventBridge({ client: client(), eventBusName: 'tragets' })
    expect(await reconciled(sink, named('web'))).toMatchObject([
      {
        _tag: 'Failed',
        error: { message: expect.stringContaining('there is no event bus "tragets"') as unknown },
      },
    ])
  })

  it('fails without a server', async () => {
    const { client } = await bus()
    const nobody = client({ endpoint: `http://127.0.0.1:${await freePort()}` })
    expect(await reconciled(eventBridge({ client: nobody }), named('web'))).toMatchObject([
      { _tag: 'Failed' },
    ])
  })

  it('makes no client before the first delivery', () => {
    const sink = eventBridge({ region: 'not a region' })
    expect(sink.render(PersistentMap.empty(), new Map()).size).toBe(0)
  })

  it.each<[string, EventBridgeOptions]>([
    ['a source of AWS', { source: 'aws.ecs' }],
    ['no source', { source: '' }],
    ['no bus', { eventBusName: '' }],
  ])('refuses %s', (_what, options) => {
    expect(() => eventBridge(options)).toThrow(OptionError)
  })
})
