import { sourceContext } from 'ecs-task-stream/testing'
import { execFileSync } from 'node:child_process'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { BehaviorSubject } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { type ClusterEvent, type Delivery, emptyState, type Notice, run, servicePorts } from 'ecs-task-stream'
import { memory as memorySink } from 'ecs-task-stream/sinks/memory'
import { replay, type ReplayOptions } from 'ecs-task-stream/sources/replay'
import { anyEvents, histories } from 'ecs-task-stream/testing'
import { encodeEntry } from '../../src/journal/journal.js'
import { fold, stateContents } from '../laws/observed.js'
import { bound, ecsEvent, inSns } from '../support/ecs-event-builder.js'
import { heard } from '../support/heard.js'
import { observed } from '../support/observed-task.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { virtualClock } from '../support/virtual-clock.js'
import { runs as casesOfALaw } from '../laws/runs.js'

const temporary = temporaryDirectories()

const written = async (content: string | Uint8Array, name = 'events.jsonl'): Promise<string> => {
  const file = join(await temporary(), name)
  await writeFile(file, content)
  return file
}

const line = (at: number, ...events: readonly ClusterEvent[]): string => {
  const encoded = encodeEntry(at, 'sqs', events)
  if (encoded._tag !== 'Line') throw new Error(encoded.reason)
  return `${encoded.line}\n`
}

const changed = (id: string, version = 3): ClusterEvent => ({
  _tag: 'TaskChanged',
  task: observed({ id, version }),
})

/** A journal with an event a line, received a second apart. */
const journal = (...events: readonly ClusterEvent[]): string =>
  events.map((event, i) => line(1000 * i, event)).join('')

const [a, b, c] = [changed('a'), changed('b'), changed('c')]
const runs = { numRuns: Math.min(100, casesOfALaw) }

/** A subscriber that settles nothing by itself. */
const listener = (options: ReplayOptions) => {
  const deliveries: Delivery[] = []
  const notices: Notice[] = []
  const state$ = new BehaviorSubject(emptyState)
  let completed = false
  const source = replay(options)
  const subscription = source.deliveries(sourceContext(state$)).subscribe({
    next: (output) => (output._tag === 'Delivery' ? deliveries.push(output) : notices.push(output)),
    complete: () => (completed = true),
  })
  return {
    deliveries,
    notices,
    done: source.done,
    stop: () => state$.complete(),
    unsubscribe: () => subscription.unsubscribe(),
    get completed() {
      return completed
    },
  }
}

describe('replay', () => {
  it('delivers what was recorded, line by line, and completes', async () => {
    const source = replay({ file: await written(line(1, a, b) + line(2, c)) })
    expect(source).toMatchObject({ name: 'replay', covers: [] })
    expect(await heard(source)).toEqual({ deliveries: [[a, b], [c]], notices: [] })
    expect(await source.done).toEqual({ _tag: 'Done', deliveries: 2, error: undefined })
  })

  it('gives back any events, with everything that core knows of them', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents, async (events) => {
        const { deliveries, notices } = await heard(replay({ file: await written(line(7, ...events)) }))
        expect(notices).toEqual([])
        expect(deliveries).toStrictEqual([events])
      }),
      runs,
    )
  })

  it('ends in the state of any history', async () => {
    await fc.assert(
      fc.asyncProperty(histories(), fc.boolean(), async ({ events }, packed) => {
        const text = journal(...events)
        const { deliveries } = await heard(replay({ file: await written(packed ? gzipSync(text) : text) }))
        expect(stateContents(fold(deliveries.flat()))).toStrictEqual(stateContents(fold(events)))
      }),
      runs,
    )
  })

  it('unpacks gzip by its content, whatever its name, and several archives in one', async () => {
    const packed = Buffer.concat([gzipSync(line(1, a)), gzipSync(line(2, b))])
    expect((await heard(replay({ file: await written(packed, 'events.log') }))).deliveries).toEqual([
      [a],
      [b],
    ])
    expect((await heard(replay({ file: await written(line(1, a), 'events.gz') }))).deliveries).toEqual([[a]])
  })

  it('delivers lines while more are still to come, as out of a pipe', async () => {
    const pipe = join(await temporary(), 'pipe')
    execFileSync('mkfifo', [pipe])
    const { deliveries, done } = listener({ file: pipe })
    const writer = await open(pipe, 'w')
    for (const [i, event] of [a, b].entries()) {
      await writer.appendFile(line(i, event))
      await vi.waitFor(() => expect(deliveries[i]?.events).toEqual([event]))
    }
    await writer.appendFile(line(2, c).slice(0, 9))
    await writer.close()
    for (const delivery of deliveries) delivery.ack()
    expect(await done).toMatchObject({ _tag: 'Done', deliveries: 2 })
  })

  it('puts several files in the order of receipt, and keeps the order of each', async () => {
    const d = changed('d')
    const file = [await written(line(1, a) + line(5, b) + line(2, c)), await written(line(3, d))]
    expect((await heard(replay({ file }))).deliveries).toEqual([[a], [d], [b], [c]])
  })

  it('leaves out what was received after `until`, given as a number or as text', async () => {
    const file = await written(journal(a, b, c))
    for (const until of [1000, '1970-01-01T00:00:01Z'])
      expect((await heard(replay({ file, until }))).deliveries).toEqual([[a], [b]])
  })

  it('reads events as EventBridge sends them, in envelopes, and behind the time of an exported log line', async () => {
    const detail = (version: number) => ({
      version,
      containers: [{ name: 'web', lastStatus: 'RUNNING', networkBindings: [bound(80, 32768)] }],
    })
    const file = await written(
      [
        JSON.stringify(ecsEvent(detail(1))),
        JSON.stringify(inSns(ecsEvent(detail(2)))),
        `2026-01-02T04:00:00.000Z ${JSON.stringify(ecsEvent(detail(3)))}`,
        JSON.stringify({ ...ecsEvent(), 'detail-type': 'ECS Service Action' }),
      ].join('\r\n'),
    )
    const all = await heard(replay({ file }))
    expect(all.deliveries.flat().map((event) => event._tag === 'TaskChanged' && event.task.version)).toEqual([
      1, 2, 3,
    ])
    expect(all.notices).toEqual([{ _tag: 'Ignored', kind: 'aws.ecs/ECS Service Action', count: 1 }])
    expect((await heard(replay({ file, until: '2026-01-02T03:59:00Z' }))).deliveries).toHaveLength(2)
  })

  it('reports every failing path of a bad line, with its number, and continues', async () => {
    const bad = {
      v: 1,
      at: 'noon',
      source: 'sqs',
      events: [{ _tag: 'InstanceDescribed', instance: '', addresses: { ipv4: 7 }, at: 1 }],
    }
    const task = observed({ id: 'x' })
    const unordered = {
      ...task,
      containers: ['b', 'a'].flatMap((name) => task.containers.map((one) => ({ ...one, name }))),
    }
    const file = await written(
      `${line(1, a)}\n${JSON.stringify(bad)}\nnonsense\n{"v":4}\n${JSON.stringify({ v: 1, at: 1, source: 's', events: [{ _tag: 'TaskChanged', task: unordered }] })}\n${line(2, b)}`,
    )
    const { deliveries, notices } = await heard(replay({ file }))
    expect(deliveries).toEqual([[a], [b]])
    expect(notices.map((notice) => notice._tag === 'Undecodable' && notice.id)).toEqual(
      [3, 4, 5, 6].map((number) => `${file}:${number}`),
    )
    const reasons = notices.map((notice) => (notice._tag === 'Undecodable' ? notice.reason : ''))
    for (const path of ['$.at', '$.events[0].instance', '$.events[0].addresses.ipv4'])
      expect(reasons[0]).toContain(`${path}: expected`)
    expect(reasons[1]).toContain('expected JSON')
    expect(reasons[1]).not.toContain('onsense')
    expect(reasons[2]).toContain('$.v: expected a version of the journal')
    expect(reasons[3]).toContain('array ordered by name')
  })

  it('of a journal cut off at any byte, packed or not, delivers what is whole, and warns of the rest', async () => {
    const text = journal(a, b, c)
    const expected = [a, b, c]
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.boolean(), async (cut, packed) => {
        const bytes = packed ? gzipSync(text) : Buffer.from(text)
        const { deliveries, notices } = await heard(
          replay({ file: await written(bytes.subarray(0, cut % (bytes.length + 1))) }),
        )
        expect(deliveries.flat()).toEqual(expected.slice(0, deliveries.length))
        for (const notice of notices) expect(notice).toMatchObject({ _tag: 'Warning' })
        if (packed) return
        const kept = cut % (bytes.length + 1)
        const ends = [...text.matchAll(/\n/g)].map(({ index }) => index)
        expect(deliveries).toHaveLength(ends.filter((end) => end <= kept).length)
        // Only in the middle of a line there is something to warn of.
        const between = kept === 0 || ends.includes(kept) || ends.includes(kept - 1)
        expect(notices).toHaveLength(between ? 0 : 1)
      }),
      { numRuns: Math.min(300, 2 * casesOfALaw) },
    )
  })

  it('keeps to its bound, and goes on as deliveries are settled', async () => {
    const events = Array.from({ length: 20 }, (_, i) => changed(`t${i}`))
    const { deliveries, done } = listener({ file: await written(journal(...events)), maxInFlight: 3 })
    let outcome: unknown
    void done.then((how) => (outcome = how))
    for (let settled = 0; settled < events.length; settled++) {
      await vi.waitFor(() => expect(deliveries).toHaveLength(Math.min(events.length, settled + 3)))
      expect(outcome).toBeUndefined()
      deliveries[settled]?.ack()
      deliveries[settled]?.nack(new Error('too late'))
    }
    expect(await done).toMatchObject({ _tag: 'Done', deliveries: 20 })
  })

  it('lets a refused delivery come again after a second, before it is done', async () => {
    const clock = virtualClock()
    const { deliveries, done } = listener({ file: await written(journal(a)), clock })
    await vi.waitFor(() => expect(deliveries).toHaveLength(1))
    deliveries[0]?.nack(new Error('not now'))
    await clock.advance(999)
    expect(deliveries).toHaveLength(1)
    await clock.advance(1)
    expect(deliveries[1]?.events).toEqual([a])
    deliveries[1]?.ack()
    expect(await done).toMatchObject({ _tag: 'Done', deliveries: 1 })
  })

  it.each([
    ['recorded' as const, 1],
    [10, 10],
  ])('at the pace %s waits as long as it took, divided by %d', async (pace, speed) => {
    const clock = virtualClock(5_000_000)
    const { deliveries } = listener({ file: await written(journal(a, b, c)), clock, pace })
    await vi.waitFor(() => expect(clock.sleeping).toBe(1))
    expect(deliveries).toHaveLength(1)
    await clock.advance(1000 / speed - 1)
    expect(deliveries).toHaveLength(1)
    await clock.advance(1)
    expect(deliveries).toHaveLength(2)
    await clock.advance(1000 / speed)
    expect(deliveries).toHaveLength(3)
  })

  it('at its speed is not delayed by a clock that is set back by days', async () => {
    const clock = virtualClock(5_000_000_000)
    const time = { offset: 0 }
    const { deliveries } = listener({
      file: await written(journal(a, b, c)),
      clock: { now: () => clock.now() + time.offset, sleep: (ms, signal) => clock.sleep(ms, signal) },
      pace: 'recorded',
    })
    await vi.waitFor(() => expect(clock.sleeping).toBe(1))
    time.offset = -3 * 86_400_000
    await clock.advance(1_000)
    expect(deliveries).toHaveLength(2)
    // The time of the sleep was lost with the jump: it waits once more.
    await clock.advance(2_000)
    expect(deliveries).toHaveLength(3)
  })

  it('after a stop delivers nothing more, and completes once all is settled', async () => {
    const clock = virtualClock()
    const replayed = listener({ file: await written(journal(a, b)), clock, pace: 'recorded' })
    await vi.waitFor(() => expect(replayed.deliveries).toHaveLength(1))
    replayed.stop()
    await clock.advance(10_000)
    expect(replayed.completed).toBe(false)
    replayed.deliveries[0]?.nack(new Error('stopping'))
    expect(await replayed.done).toEqual({ _tag: 'Stopped', deliveries: 1, error: undefined })
    expect(replayed.deliveries).toHaveLength(1)
    expect(replayed.completed).toBe(true)
  })

  it('when it is unsubscribed, ends and delivers nothing more; the next subscriber gets all', async () => {
    const file = await written(journal(a, b))
    const first = listener({ file, maxInFlight: 1 })
    await vi.waitFor(() => expect(first.deliveries).toHaveLength(1))
    first.unsubscribe()
    first.deliveries[0]?.ack()
    expect(await first.done).toMatchObject({ _tag: 'Stopped' })
    expect(first.deliveries).toHaveLength(1)
    const source = replay({ file })
    for (let time = 0; time < 2; time++) expect((await heard(source)).deliveries).toEqual([[a], [b]])
  })

  it('reports a file that cannot be read, and never fails the stream', async () => {
    const source = replay({ file: [await written(journal(a)), '/nonexistent/journal.jsonl'] })
    const { notices } = await heard(source)
    expect(notices).toMatchObject([{ _tag: 'SourceFailed', operation: 'read', retryIn: undefined }])
    expect(await source.done).toMatchObject({ _tag: 'Failed', error: { code: 'ENOENT' } })
  })

  it('reports an archive that is damaged', async () => {
    const packed = gzipSync(journal(...Array.from({ length: 50 }, (_, i) => changed(`t${i}`))))
    packed.fill(0xff, 200, 260)
    const source = replay({ file: await written(packed) })
    expect((await heard(source)).notices).toContainEqual(expect.objectContaining({ _tag: 'SourceFailed' }))
    expect(await source.done).toMatchObject({ _tag: 'Failed' })
  })

  it('feeds a worker, whose sinks end as those of the worker that was recorded', async () => {
    const listed: ClusterEvent = {
      _tag: 'TasksListed',
      cluster: observed({ id: 'a' }).cluster,
      at: 60_000,
      tasks: [observed({ id: 'a', version: 4 })],
    }
    const source = replay({ file: await written(journal(a, b, listed)), covers: ['staging'] })
    const sink = memorySink()
    const worker = run({ sources: [source], sinks: [sink], expose: servicePorts() })
    await worker.ready
    expect(await source.done).toMatchObject({ _tag: 'Done', deliveries: 3 })
    await worker.stop()
    expect((await sink.read(new AbortController().signal)).map(({ key }) => key)).toEqual(['web'])
  })

  it.each([{ until: 'yesterday' }, { pace: 0 }, { pace: NaN }, { maxInFlight: 0 }])(
    'refuses %j',
    (options) => {
      expect(() => replay({ file: 'x', ...options })).toThrow(RangeError)
    },
  )
})
