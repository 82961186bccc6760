/** What holds for every sink that delivers states, whatever carries them. */
import fc from 'fast-check'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Backend, Outcome, PersistentMap } from 'ecs-task-stream'
import {
  type DeliveredState,
  type DeadLetter,
  type DeliveryResult,
  deliverySink,
  type DeliverySinkOptions,
  type StateData,
  type StateEvent,
} from 'ecs-task-stream/sinks/kit'
import { backendsArbitrary } from '../../src/testing/backends.js'
import { backendOf, backendsOf } from 'ecs-task-stream/testing'
import { runsOfStories } from '../laws/runs.js'
import { reconciled } from '../support/served.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { virtualClock } from '../support/virtual-clock.js'

const temporary = temporaryDirectories()
const { signal } = new AbortController()
const newPath = async () => join(await temporary(), 'delivered.json')
const web = (...lasts: readonly number[]) =>
  backendsOf([
    backendOf(
      'web',
      lasts.map((last) => ({ host: `10.0.0.${last}`, port: 80 })),
    ),
  ])
const addresses = ({ endpoints }: Pick<StateData, 'endpoints'>): readonly string[] =>
  endpoints.map(({ address }) => address)

const delivered: DeliveryResult = { _tag: 'Delivered' }
const failed: DeliveryResult = { _tag: 'Failed', error: new Error('lost') }
const refused: DeliveryResult = { _tag: 'Refused', reason: 'not this one' }

/** A sink whose events are kept, and get the result of the test. */
const recording = (options: Partial<DeliverySinkOptions> = {}) => {
  const events: StateEvent[] = []
  let result: DeliveryResult = delivered
  const sink = deliverySink({
    name: 'recording',
    deliver: (batch) => {
      events.push(...batch)
      return Promise.resolve(batch.map(() => result))
    },
    ...options,
  })
  return { sink, events, answer: (next: DeliveryResult) => void (result = next) }
}

const tags = (outcomes: readonly Outcome<DeliveredState>[]): readonly string[] =>
  outcomes.map(({ _tag }) => _tag)

describe('an event', () => {
  it('is the same at each attempt, and another one for another state', async () => {
    const { sink, events, answer } = recording()
    answer(failed)
    expect(tags(await reconciled(sink, web(1)))).toEqual(['Failed'])
    answer(delivered)
    expect(tags(await reconciled(sink, web(1)))).toEqual(['Done'])
    await reconciled(sink, web(2))
    const [first, second, third] = events
    expect(second).toEqual(first)
    expect(third?.id).not.toBe(first?.id)
    expect(third!.sequence > first!.sequence).toBe(true)
  })

  it('is a new one when a state comes back, so that a receiver that knows the id does not ignore it', async () => {
    const { sink, events } = recording()
    for (const state of [web(1), web(2), web(1)]) await reconciled(sink, state)
    expect(new Set(events.map(({ id }) => id)).size).toBe(3)
    expect(events.map(({ sequence }) => sequence).toSorted()).toEqual(events.map(({ sequence }) => sequence))
  })

  it('says what the receiver needs: weights, zones, labels, the task', async () => {
    const { sink, events } = recording()
    const backend = backendOf('web', [{ host: 'fd00::1', port: 80 }])
    const [endpoint] = backend.endpoints
    const known = { ...endpoint!, weight: 3, zone: 'eu-west-1a', labels: { path: '/' } }
    await reconciled(sink, backendsOf([{ ...backend, endpoints: [known] }]))
    expect(events[0]?.data).toEqual({
      backend: 'web',
      exists: true,
      complete: true,
      endpoints: [
        {
          address: '[fd00::1]:80',
          protocol: 'tcp',
          task: endpoint!.task,
          container: 'app',
          weight: 3,
          zone: 'eu-west-1a',
          labels: { path: '/' },
        },
      ],
    })
  })

  it('is incomplete only while nothing complete was delivered', async () => {
    const { sink, events } = recording()
    const partly = (last: number) =>
      backendsOf([
        backendOf('web', [{ host: `10.0.0.${last}`, port: 80 }], {
          complete: false,
          gone: [{ host: '10.0.0.1', port: 80 }],
        }),
      ])
    await reconciled(sink, partly(2), false)
    await reconciled(sink, web(1, 2))
    await reconciled(sink, partly(3), false)
    expect(events.map(({ data }) => [data.complete, addresses(data)])).toEqual([
      [false, ['10.0.0.2:80']],
      [true, ['10.0.0.1:80', '10.0.0.2:80']],
      // The receiver has all that was delivered, and this is what became of it.
      [true, ['10.0.0.2:80', '10.0.0.3:80']],
    ])
  })

  it('tells of the end of a backend', async () => {
    const { sink, events } = recording()
    await reconciled(sink, web(1))
    await reconciled(sink, backendsOf([]))
    expect(events[1]?.data).toEqual({ backend: 'web', exists: false, complete: true, endpoints: [] })
    expect(await sink.read(signal)).toEqual([])
  })

  it('has a later sequence when the receiver is ahead', async () => {
    const { sink, events, answer } = recording({ clock: virtualClock(1_000) })
    answer({ _tag: 'Behind', error: new Error('409') })
    expect(tags(await reconciled(sink, web(1)))).toEqual(['Failed'])
    await reconciled(sink, web(1))
    expect(events[1]!.sequence > events[0]!.sequence).toBe(true)
    expect(events[1]?.data).toEqual(events[0]?.data)
  })

  it.each([-5, 0, 1e15, 8.64e15, Number.MAX_SAFE_INTEGER])(
    'has 16 digits and a time whatever the clock shows: %d',
    async (at) => {
      const { sink, events } = recording({ clock: virtualClock(at) })
      for (const state of [web(1), web(2)]) await reconciled(sink, state)
      for (const { sequence, time, id } of events) {
        expect(sequence).toMatch(/^\d{16}$/)
        expect(Number.isNaN(Date.parse(time))).toBe(false)
        expect(id).toMatch(/^[\w-]+$/)
      }
      expect(events[1]!.sequence > events[0]!.sequence).toBe(true)
    },
  )

  it('is not made of text that is not valid Unicode', async () => {
    const { sink, events } = recording()
    expect(await reconciled(sink, backendsOf([backendOf('\ud800', [])]))).toMatchObject([
      { _tag: 'Rejected' },
    ])
    expect(events).toEqual([])
  })
})

describe('an event whose answer was lost', () => {
  it('may have arrived: the end of its backend is told', async () => {
    const { sink, events, answer } = recording()
    answer(failed)
    await reconciled(sink, web(1))
    answer(delivered)
    await reconciled(sink, backendsOf([]))
    expect(events.map(({ data }) => data.exists)).toEqual([true, false])
  })

  it('may have arrived: the state before is told again when it comes back, also by the next process', async () => {
    const cursorPath = await newPath()
    const { sink, events, answer } = recording({ cursorPath })
    await reconciled(sink, web(1))
    answer(failed)
    await reconciled(sink, web(2))
    const next = recording({ cursorPath })
    await reconciled(next.sink, web(1))
    expect([...events, ...next.events].map(({ data }) => addresses(data))).toEqual([
      ['10.0.0.1:80'],
      ['10.0.0.2:80'],
      ['10.0.0.1:80'],
    ])
  })

  it('is not taken back while the backend is incomplete', async () => {
    const { sink, events, answer } = recording()
    await reconciled(sink, web(1))
    answer(failed)
    await reconciled(sink, web(1, 2))
    answer(delivered)
    const partly = backendOf('web', [{ host: '10.0.0.3', port: 80 }], { complete: false })
    await reconciled(sink, backendsOf([partly]), false)
    expect(addresses(events[2]!.data)).toEqual(['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'])
  })

  it('that was refused has not arrived: nothing is told when the state before comes back', async () => {
    const { sink, events, answer } = recording()
    await reconciled(sink, web(1))
    answer(refused)
    await reconciled(sink, web(2))
    expect(await reconciled(sink, web(1))).toEqual([])
    expect(events).toHaveLength(2)
  })
})

describe('a cursor', () => {
  it('lets a restart deliver only what has changed since, and the end of what is gone', async () => {
    const cursorPath = await newPath()
    const both = backendsOf([...web(1).values(), backendOf('api', [{ host: '10.0.0.9', port: 80 }])])
    await reconciled(recording({ cursorPath }).sink, both)
    const { sink, events } = recording({ cursorPath })
    expect(await reconciled(sink, both)).toEqual([])
    await reconciled(sink, web(1))
    expect(events.map(({ data }) => [data.backend, data.exists])).toEqual([['api', false]])
  })

  it('keeps sequences rising over a restart even if the clock is behind, and all backends are gone', async () => {
    const cursorPath = await newPath()
    const before = recording({ cursorPath, clock: virtualClock(9_000_000) })
    for (const state of [web(1), backendsOf([])]) await reconciled(before.sink, state)
    const after = recording({ cursorPath, clock: virtualClock(1_000) })
    await reconciled(after.sink, web(2))
    expect(after.events[0]!.sequence > before.events[1]!.sequence).toBe(true)
  })

  it('is not moved past what failed', async () => {
    const cursorPath = await newPath()
    const before = recording({ cursorPath })
    before.answer(failed)
    await reconciled(before.sink, web(1))
    const after = recording({ cursorPath })
    await reconciled(after.sink, web(1))
    expect(after.events).toHaveLength(1)
  })

  it('of another owner stops the sink before anything is sent', async () => {
    const cursorPath = await newPath()
    await reconciled(recording({ cursorPath }).sink, web(1), true, 'first')
    const { sink, events } = recording({ cursorPath })
    const change = { _tag: 'Create', key: 'api', after: { complete: true, endpoints: [] } } as const
    await expect(sink.apply([change], 'second', signal)).rejects.toThrow('belongs to the owner "first"')
    expect(events).toEqual([])
  })

  it.each(['{"owner":"x"}', 'not json', '{"owner":"x","sequence":1.5,"backends":{}}'])(
    'that is damaged stops the sink, and is kept: %s',
    async (text) => {
      const cursorPath = await newPath()
      await writeFile(cursorPath, text)
      await expect(recording({ cursorPath }).sink.read(signal)).rejects.toThrow('move the file away')
      expect(await readFile(cursorPath, 'utf8')).toBe(text)
    },
  )

  it('without one, a restart delivers everything once more, with greater sequences', async () => {
    const clock = virtualClock(1_000)
    const before = recording({ clock })
    await reconciled(before.sink, web(1))
    await clock.advance(1)
    const after = recording({ clock })
    await reconciled(after.sink, web(1))
    expect(after.events[0]?.data).toEqual(before.events[0]?.data)
    expect(after.events[0]!.sequence > before.events[0]!.sequence).toBe(true)
  })
})

describe('a dead letter', () => {
  it('is written once for an event that was refused three times', async () => {
    const letters: DeadLetter[] = []
    const { sink, events, answer } = recording({ deadLetter: (letter) => void letters.push(letter) })
    answer(refused)
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(tags(await reconciled(sink, web(1)))).toEqual(['Rejected'])
      expect(letters).toHaveLength(attempt < 3 ? 0 : 1)
    }
    expect(letters).toEqual([{ event: events[0], reason: 'not this one' }])
    for (let attempt = 1; attempt <= 3; attempt++) await reconciled(sink, web(2))
    expect(letters.map(({ event }) => addresses(event.data))).toEqual([['10.0.0.1:80'], ['10.0.0.2:80']])
  })

  it('that fails is written at the next refusal, and the report says so', async () => {
    let attempts = 0
    const { sink, answer } = recording({
      deadLetter: () => {
        attempts++
        if (attempts === 1) throw new Error('the queue is gone')
      },
    })
    answer(refused)
    for (let attempt = 1; attempt <= 2; attempt++) await reconciled(sink, web(1))
    expect(await reconciled(sink, web(1))).toMatchObject([
      { reason: expect.stringContaining('the queue is gone') as unknown },
    ])
    for (let attempt = 1; attempt <= 3; attempt++) await reconciled(sink, web(1))
    expect(attempts).toBe(2)
  })
})

describe('failures', () => {
  it('of the handler fail every event, and a result that is missing fails its event', async () => {
    const rejecting = deliverySink({ name: 'x', deliver: () => Promise.reject(new Error('no network')) })
    expect(await reconciled(rejecting, web(1))).toMatchObject([
      { _tag: 'Failed', error: { message: 'no network' } },
    ])
    const short = deliverySink({ name: 'x', deliver: () => Promise.resolve([]) })
    expect(tags(await reconciled(short, web(1)))).toEqual(['Failed'])
  })

  it('do not take back what was delivered in the same round, even after an abort', async () => {
    const abort = new AbortController()
    const sink = deliverySink({
      name: 'x',
      cursorPath: await newPath(),
      deliver: (events) => {
        abort.abort()
        return Promise.resolve(events.map(({ data }) => (data.backend === 'web' ? delivered : failed)))
      },
    })
    const change = (key: string) =>
      ({ _tag: 'Create', key, after: { complete: true, endpoints: [] } }) as const
    const outcomes = await sink.apply([change('web'), change('api')], 'us', abort.signal)
    expect(new Map(outcomes.map(({ key, _tag }) => [key, _tag]))).toEqual(
      new Map([
        ['web', 'Done'],
        ['api', 'Failed'],
      ]),
    )
    const sure = (await sink.read(signal)).filter(({ value }) => value.unsure === undefined)
    expect(sure.map(({ key }) => key)).toEqual(['web'])
  })
})

/** Uses an event, or not. `behind`: it answers that it has a greater sequence. */
type Receiver = (known: Map<string, StateEvent>, event: StateEvent) => 'ok' | 'behind'

const careful: Receiver = (known, event) => {
  const before = known.get(event.data.backend)
  if (before?.id === event.id) return 'ok'
  if (before !== undefined && event.sequence <= before.sequence) return 'behind'
  known.set(event.data.backend, event)
  return 'ok'
}
const silent: Receiver = (known, event) => {
  careful(known, event)
  return 'ok'
}
const lastArrival: Receiver = (known, event) => {
  known.set(event.data.backend, event)
  return 'ok'
}
const seenContents = (): Receiver => {
  const seen = new Set<string>()
  return (known, event) => {
    const content = JSON.stringify(event.data)
    if (seen.has(content)) return 'ok'
    seen.add(content)
    return careful(known, event)
  }
}

/** What becomes of one request: it arrives or not, once more later or not, and the sink hears of it or not. */
interface Way {
  readonly arrives: boolean
  readonly again: boolean
  readonly answered: boolean
}

interface Story {
  readonly states: readonly PersistentMap<Backend>[]
  readonly ways: readonly Way[]
  /** After which states the worker restarts. */
  readonly restarts: readonly boolean[]
  /** By how much the clock of each process is off, in ms; none if all clocks are right. */
  readonly skews: readonly number[]
  readonly shuffle: readonly number[]
  readonly hasCursor: boolean
}

const stories = (skews: fc.Arbitrary<readonly number[]>): fc.Arbitrary<Story> =>
  fc.record({
    states: fc.array(backendsArbitrary({ complete: true }), { minLength: 1, maxLength: 5 }),
    ways: fc.array(fc.record({ arrives: fc.boolean(), again: fc.boolean(), answered: fc.boolean() }), {
      maxLength: 40,
    }),
    restarts: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    skews,
    shuffle: fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
    hasCursor: fc.boolean(),
  })
const rightClocks = stories(fc.constant([]))
const anyClocks = stories(fc.array(fc.integer({ min: -50_000, max: 50_000 }), { minLength: 6, maxLength: 6 }))

const reachable = (backend: Backend): readonly string[] =>
  addresses(
    recording()
      .sink.render(backendsOf([backend]), new Map())
      .get(backend.name) ?? { endpoints: [] },
  )

/** Plays a story, and resolves to what the receiver knows of backends and what it should know. */
const played = async (
  { states, ways, restarts, skews, shuffle, hasCursor }: Story,
  receive: Receiver,
): Promise<readonly [known: unknown, wanted: unknown]> => {
  const known = new Map<string, StateEvent>()
  const late: StateEvent[] = []
  const cursorPath = hasCursor ? await newPath() : undefined
  let requests = 0
  let seconds = 1_000
  const start = (process: number) =>
    deliverySink({
      name: 'story',
      cursorPath,
      clock: { ...virtualClock(), now: () => 1_000 * seconds + (skews[process] ?? 0) },
      deliver: (events) =>
        Promise.resolve(
          events.map((event): DeliveryResult => {
            const way = ways[requests++] ?? { arrives: true, again: false, answered: true }
            const answer = way.arrives ? receive(known, event) : 'ok'
            // No sequence helps against a request that a process with a fast clock made, and that arrives first later.
            if (way.again && (way.arrives || skews.length === 0)) late.push(event)
            if (!way.arrives || !way.answered) return failed
            return answer === 'ok' ? delivered : { _tag: 'Behind', error: new Error('behind') }
          }),
        ),
    })
  let sink = start(0)
  for (const [i, state] of states.entries()) {
    seconds += 10
    await reconciled(sink, state)
    const copy = late[(shuffle[i] ?? 0) % Math.max(1, late.length)]
    if (copy !== undefined) receive(known, copy)
    if (restarts[i] === true) sink = start(i + 1)
  }
  const last = states.at(-1) ?? backendsOf([])
  // As the reconciler does: until nothing is left to do.
  do seconds += 10
  while ((await reconciled(sink, last)).length > 0)
  const order = late.map((event, i) => [shuffle[i % shuffle.length] ?? 0, event] as const)
  for (const [, event] of order.toSorted(([a], [b]) => a - b)) receive(known, event)
  // Without a cursor, a process does not know of backends that were gone before it started.
  const isTold = (name: string): boolean => hasCursor || !restarts.includes(true) || last.has(name)
  return [
    Object.fromEntries(
      [...known]
        .filter(([name, { data }]) => data.exists && isTold(name))
        .map(([name, { data }]) => [name, addresses(data)]),
    ),
    Object.fromEntries(Array.from(last, ([name, backend]) => [name, reachable(backend)])),
  ]
}

describe('a receiver under lost, repeated, late and reordered events, and restarts', () => {
  const law = (story: fc.Arbitrary<Story>, receiver: () => Receiver) =>
    fc.asyncProperty(story, async (each) => {
      const [known, wanted] = await played(each, receiver())
      expect(known).toEqual(wanted)
    })

  it('has the last state if it keeps the greatest sequence of each backend, and clocks are right', async () => {
    await fc.assert(
      law(rightClocks, () => silent),
      { numRuns: runsOfStories },
    )
  })

  it('has the last state whatever clocks show, if the worker has a cursor', async () => {
    const withCursor = anyClocks.map((each) => ({ ...each, hasCursor: true }))
    await fc.assert(
      law(withCursor, () => silent),
      { numRuns: runsOfStories },
    )
  })

  it('has the last state whatever clocks show, if it also answers 409 to a sequence that is not greater', async () => {
    await fc.assert(
      law(anyClocks, () => careful),
      { numRuns: runsOfStories },
    )
  })

  it.each([
    ['keeps what arrives last', rightClocks, () => lastArrival],
    ['ignores contents that it has seen', rightClocks, seenContents],
    ['says nothing of a greater sequence and clocks are wrong', anyClocks, () => silent],
  ])('has not if it %s: the law can fail', async (_what, story, receiver) => {
    expect((await fc.check(law(story, receiver), { numRuns: 1_000, endOnFailure: true })).failed).toBe(true)
  })
})
