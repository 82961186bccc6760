import { sourceContext } from 'ecs-task-stream/testing'
import { execFileSync } from 'node:child_process'
import { createReadStream, existsSync } from 'node:fs'
import { readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { BehaviorSubject, Observable } from 'rxjs'
import { describe, expect, it, vi } from 'vitest'
import { type ClusterEvent, type Delivery, emptyState, type Notice, type Source } from 'ecs-task-stream'
import { memory, type MemorySource } from 'ecs-task-stream/sources/memory'
import { recordTo, type RecordToOptions } from 'ecs-task-stream/sources/record-to'
import { replay } from 'ecs-task-stream/sources/replay'
import { anyEvents, histories } from 'ecs-task-stream/testing'
import { decodeMessage } from '../../src/sources/ecs-events/ecs-event.js'
import { fold, stateContents } from '../laws/observed.js'
import { ecsEvent } from '../support/ecs-event-builder.js'
import { heard } from '../support/heard.js'
import { observed } from '../support/observed-task.js'
import { temporaryDirectories } from '../support/temporary-directory.js'
import { virtualClock } from '../support/virtual-clock.js'
import { needs } from '../tiers/needs.js'
import { runs as casesOfALaw } from '../laws/runs.js'

const temporary = temporaryDirectories()

const changed = (id: string): ClusterEvent => ({ _tag: 'TaskChanged', task: observed({ id }) })
const numbered = (count: number) => Array.from({ length: count }, (_, i) => changed(`t${i}`))

/** A source that delivers all of these at once, completes when they are settled, and heeds a stop. */
const delivering = (deliveries: readonly (readonly ClusterEvent[])[], name = 'some'): Source => ({
  name,
  covers: ['staging'],
  deliveries: () =>
    new Observable<Delivery | Notice>((subscriber) => {
      let open = deliveries.length
      const settle = (): void => {
        if (--open === 0) subscriber.complete()
      }
      for (const events of deliveries)
        subscriber.next({ _tag: 'Delivery', events, ack: settle, nack: settle })
      if (open === 0) subscriber.complete()
    }),
})

/** Subscribes, acknowledges at once, and remembers. */
const attached = (source: Source) => {
  const events: ClusterEvent[] = []
  const notices: Notice[] = []
  const state$ = new BehaviorSubject(emptyState)
  let complete: () => void = () => undefined
  const completed = new Promise<void>((resolve) => (complete = resolve))
  const subscription = source.deliveries(sourceContext(state$)).subscribe({
    next: (output) => {
      if (output._tag !== 'Delivery') {
        notices.push(output)
        return
      }
      events.push(...output.events)
      output.ack()
    },
    complete,
  })
  return {
    events,
    notices,
    completed,
    stop: () => state$.complete(),
    unsubscribe: () => subscription.unsubscribe(),
  }
}

const filesIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory)).sort().map((file) => join(directory, file))

const replayed = async (directory: string) => heard(replay({ file: await filesIn(directory) }))

const record = (
  directory: string,
  deliveries: readonly (readonly ClusterEvent[])[],
  options: Partial<RecordToOptions> = {},
) => heard(recordTo(delivering(deliveries), { directory, fsync: 'never', ...options }))

const runs = { numRuns: Math.min(60, casesOfALaw) }

describe('recordTo', () => {
  it('is the source that it records: same name, same clusters, same deliveries in the same order', async () => {
    const deliveries = numbered(20).map((event) => [event])
    const source = recordTo(delivering(deliveries), { directory: await temporary() })
    expect(source).toMatchObject({ name: 'some', covers: ['staging'] })
    expect(await heard(source)).toEqual({ deliveries, notices: [] })
  })

  it('writes what replay turns into the same state, for any history in any deliveries', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories(),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 20_000 }),
        async ({ events }, size, maxBytes) => {
          const directory = await temporary()
          const deliveries = Array.from({ length: Math.ceil(events.length / size) }, (_, i) =>
            events.slice(i * size, (i + 1) * size),
          )
          await record(directory, deliveries, { maxBytes, maxFiles: 1000 })
          const again = await replayed(directory)
          expect(again).toStrictEqual({ deliveries, notices: [] })
          expect(stateContents(fold(again.deliveries.flat()))).toStrictEqual(stateContents(fold(events)))
        },
      ),
      runs,
    )
  })

  it('of a crash at any byte loses only what was being written, also for the next process', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents, anyEvents, fc.nat(), async (before, after, at) => {
        const directory = await temporary()
        const deliveries = before.map((event) => [event])
        await record(directory, deliveries)
        const [file] = await filesIn(directory)
        if (file === undefined) return
        await truncate(file, at % ((await stat(file)).size + 1))
        const cut = await replayed(directory)
        expect(cut.deliveries).toStrictEqual(deliveries.slice(0, cut.deliveries.length))

        const more = after.map((event) => [event])
        await record(directory, more)
        const all = await replayed(directory)
        expect(await filesIn(directory)).toHaveLength(1)
        expect(all.deliveries).toStrictEqual([...cut.deliveries, ...more])
        expect(all.notices.length).toBe(cut.notices.length)
      }),
      runs,
    )
  })

  it('writes down when, and from which source, it was received', async () => {
    const directory = await temporary()
    await record(directory, [[changed('a')]], { clock: { ...virtualClock(), now: () => 1234 } })
    const [file = ''] = await filesIn(directory)
    expect(file).toBe(join(directory, 'some-00000001.jsonl'))
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ v: 3, at: 1234, source: 'some' })
  })

  it('writes a delivery before it passes it on', async () => {
    const directory = await temporary()
    const deliveries = numbered(30).map((event) => [event])
    let passed = 0
    const source = recordTo(delivering(deliveries), {
      directory,
      fsync: 'every',
      maxBytes: 2000,
      maxFiles: 100,
    })
    const written: Promise<void>[] = []
    await heard(source, (delivery) => {
      const index = ++passed
      written.push(
        filesIn(directory).then(async (files) => {
          const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
          expect(texts.join('').split('\n').length - 1).toBeGreaterThanOrEqual(index)
        }),
      )
      delivery.ack()
    })
    await Promise.all(written)
    expect(passed).toBe(30)
  })

  it('holds nothing secret: no overrides, no variables but SERVICE_…, no field that core does not read', async () => {
    const directory = await temporary()
    const secret = 'hunter2-5f1c'
    const overrides = { containerOverrides: [{ environment: [{ name: 'PASSWORD', value: secret }] }] }
    const decoded = decodeMessage(JSON.stringify(ecsEvent({ overrides })))
    const careless = {
      ...changed('careless'),
      raw: secret,
      task: { ...observed({ id: 'careless' }), overrides, environment: { PASSWORD: secret } },
    } as unknown as ClusterEvent
    const definition: ClusterEvent = {
      _tag: 'DefinitionDescribed',
      definition: {
        arn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1',
        networkMode: 'bridge',
        containers: [
          {
            name: 'web',
            ports: [],
            image: undefined,
            labels: {},
            environment: { PASSWORD: secret, SERVICE_80_NAME: '_web._tcp' },
          },
        ],
      },
    }
    expect(decoded._tag).toBe('Event')
    await record(directory, [decoded._tag === 'Event' ? [decoded.event] : [], [careless], [definition]])
    const texts = await Promise.all((await filesIn(directory)).map((file) => readFile(file, 'utf8')))
    expect(texts.join('')).not.toContain(secret)
    expect(texts.join('')).not.toContain('PASSWORD')
    expect(texts.join('')).toContain('SERVICE_80_NAME')
    expect((await replayed(directory)).deliveries).toHaveLength(3)
  })

  it('makes files and directories for their owner alone', async () => {
    const directory = join(await temporary(), 'made', 'here')
    await record(
      directory,
      numbered(9).map((event) => [event]),
      { maxBytes: 1000 },
    )
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    for (const file of await filesIn(directory)) expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('ends a file before it would grow beyond its bound, exactly', async () => {
    const [event] = numbered(1)
    const deliveries = Array.from({ length: 6 }, () => (event === undefined ? [] : [event]))
    const measured = await temporary()
    const clock = virtualClock(1000)
    await record(measured, deliveries.slice(0, 1), { clock })
    const { size } = await stat((await filesIn(measured))[0] ?? '')
    for (const [maxBytes, expected] of [
      [3 * size, [3, 3]],
      [3 * size - 1, [2, 2, 2]],
      [size, [1, 1, 1, 1, 1, 1]],
      [1, [1, 1, 1, 1, 1, 1]],
    ] as const) {
      const directory = await temporary()
      await record(directory, deliveries, { maxBytes, clock })
      const sizes = await Promise.all(
        (await filesIn(directory)).map(async (file) => (await stat(file)).size / size),
      )
      expect(sizes).toEqual(expected)
    }
  })

  it('keeps the newest files, and touches no other', async () => {
    const directory = await temporary()
    for (const other of ['some-notes.jsonl', 'other-00000001.jsonl', 'some-1.jsonl'])
      await writeFile(join(directory, other), '')
    await record(
      directory,
      numbered(7).map((event) => [event]),
      { maxBytes: 1, maxFiles: 3 },
    )
    expect((await readdir(directory)).sort()).toEqual(
      [
        'other-00000001.jsonl',
        'some-1.jsonl',
        'some-notes.jsonl',
        ...[5, 6, 7].map((number) => `some-0000000${number}.jsonl`),
      ].sort(),
    )
  })

  it('lets several sources share a directory, whatever their names', async () => {
    const directory = await temporary()
    for (const name of ['sqs', 'https://sqs/a queue'])
      await heard(recordTo(delivering([[changed('a')]], name), { directory }))
    expect(await readdir(directory)).toEqual(['https___sqs_a_queue-00000001.jsonl', 'sqs-00000001.jsonl'])
  })

  it(
    'while the disk is full passes everything on and says so; then writes again, and says what is missing',
    needs(existsSync('/dev/full') ? undefined : 'no /dev/full on this system'),
    async () => {
      const directory = await temporary()
      const file = join(directory, 'memory-00000001.jsonl')
      await symlink('/dev/full', file)
      const clock = virtualClock()
      const source = memory()
      const { events, notices, stop, completed } = attached(
        recordTo(source, { directory, fsync: 'never', clock, random: () => 1 }),
      )
      for (const event of numbered(3)) expect(await source.push(event)).toBe('acked')
      expect(events).toEqual(numbered(3))
      expect(notices).toMatchObject([
        { _tag: 'SourceFailed', operation: 'journal write', error: { code: 'ENOSPC' }, retryIn: 100 },
      ])
      await rm(file)
      await clock.advance(100)
      expect(await source.push(changed('after'))).toBe('acked')
      expect(notices.slice(1)).toMatchObject([
        { _tag: 'Warning', message: expect.stringContaining('3 deliveries are missing') as string },
      ])
      stop()
      await completed
      expect((await replayed(directory)).deliveries).toEqual([[changed('after')]])
    },
  )

  it('while the disk hangs passes everything on after its time, and asks nothing more of it until it answers', async () => {
    const directory = await temporary()
    const pipe = join(directory, 'memory-00000001.jsonl')
    // Whoever writes more into a pipe than it holds waits for its reader.
    execFileSync('mkfifo', [pipe])
    const clock = virtualClock()
    const source = memory()
    const { notices, stop, completed } = attached(
      recordTo(source, { directory, fsync: 'never', timeoutMs: 5000, clock, random: () => 1 }),
    )
    const hanging = source.push(...numbered(1000))
    await vi.waitFor(() => expect(clock.sleeping).toBe(1))
    await clock.advance(5000)
    expect(await hanging).toBe('acked')
    expect(notices).toMatchObject([
      { _tag: 'SourceFailed', error: { message: expect.stringContaining('5000 ms') as string } },
    ])
    await clock.advance(60_000)
    expect(await source.push(changed('b'))).toBe('acked')
    expect(notices).toHaveLength(1)
    const reader = createReadStream(pipe).resume()
    await vi.waitFor(async () => {
      expect(await source.push(changed('c'))).toBe('acked')
      expect(notices[1]).toMatchObject({ _tag: 'Warning' })
    })
    stop()
    await completed
    reader.destroy()
  })

  it('passes everything on when its directory cannot be made', async () => {
    const taken = join(await temporary(), 'file')
    await writeFile(taken, '')
    const { deliveries, notices } = await record(
      taken,
      numbered(5).map((event) => [event]),
    )
    expect(deliveries).toHaveLength(5)
    expect(notices[0]).toMatchObject({ _tag: 'SourceFailed', operation: 'journal write' })
  })

  it('passes on what no journal can hold, and says why', async () => {
    const directory = await temporary()
    const odd = [{ ...changed('odd'), task: { ...observed({ id: 'odd' }), version: -1 } }]
    const { deliveries, notices } = await record(directory, [odd, [changed('good')]])
    expect(deliveries).toEqual([odd, [changed('good')]])
    expect(notices[0]).toMatchObject({
      _tag: 'SourceFailed',
      error: { message: expect.stringContaining('$.events[0].task.version') as string },
    })
    expect((await replayed(directory)).deliveries).toEqual([[changed('good')]])
  })

  it('holds no more than its bound while the disk is busy, and keeps the order', async () => {
    const directory = await temporary()
    const deliveries = numbered(50).map((event) => [event])
    const { deliveries: passed, notices } = await record(directory, deliveries, { maxWaitingBytes: 5000 })
    expect(passed).toEqual(deliveries)
    expect(notices.map(({ _tag }) => _tag)).toContain('SourceFailed')
    const kept = (await replayed(directory)).deliveries
    expect(kept.length).toBeGreaterThan(1)
    expect(kept.length).toBeLessThan(50)
  })

  it('forces what is new to the disk once a second, and otherwise does nothing', async () => {
    const clock = virtualClock()
    const source = memory()
    const { stop, completed, notices } = attached(recordTo(source, { directory: await temporary(), clock }))
    await source.push(changed('a'))
    await source.push(changed('b'))
    expect(clock.sleeping).toBe(1)
    await clock.advance(1000)
    await vi.waitFor(() => expect(clock.sleeping).toBe(0))
    expect(await source.push(changed('c'))).toBe('acked')
    await vi.waitFor(() => expect(clock.sleeping).toBe(1))
    stop()
    await completed
    expect(notices).toEqual([])
  })

  it('writes nothing that comes after it is unsubscribed, and starts again with the next subscriber', async () => {
    const directory = await temporary()
    const source: MemorySource = memory()
    const recorded = recordTo(source, { directory })
    const first = attached(recorded)
    await source.push(changed('a'))
    first.unsubscribe()
    expect(await source.push(changed('b'))).toBe('nacked')
    const second = attached(recorded)
    await source.push(changed('c'))
    second.stop()
    await second.completed
    expect((await replayed(directory)).deliveries).toEqual([[changed('a')], [changed('c')]])
  })

  it.each([{ maxBytes: 0 }, { maxFiles: 0 }, { timeoutMs: NaN }, { maxWaitingBytes: -1 }])(
    'refuses %j',
    (wrong) => {
      expect(() => recordTo(memory(), { directory: 'x', ...wrong })).toThrow(RangeError)
    },
  )
})
