import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Notice } from 'ecs-task-stream'
import { Leases } from '../../src/sources/sqs/sqs-leases.js'
import type { ReceivedMessage, Refusal, VisibilityChange } from '../../src/sources/sqs/sqs-queue.js'
import { virtualClock } from '../support/virtual-clock.js'

const seconds = 1_000
const hours = 3_600_000

const message = (id: string, receives = 1): ReceivedMessage => ({
  id,
  handle: `${id}/${receives}`,
  body: '',
  receives,
})

type Answer = (changes: readonly VisibilityChange[], call: number) => readonly Refusal[] | Error

const setup = (answer: Answer = () => [], visibilitySeconds = 30) => {
  const clock = virtualClock(1_000_000)
  const start = clock.now()
  const calls: { readonly at: number; readonly handles: readonly string[] }[] = []
  const notices: Notice[] = []
  const leases = new Leases({
    queue: {
      hide: (changes) => {
        expect(changes.every((change) => change.seconds === visibilitySeconds)).toBe(true)
        calls.push({ at: clock.now() - start, handles: changes.map(({ handle }) => handle) })
        const answered = answer(changes, calls.length)
        return answered instanceof Error ? Promise.reject(answered) : Promise.resolve(answered)
      },
    },
    visibilitySeconds,
    clock,
    random: () => 0.5,
    report: (notice) => notices.push(notice),
  })
  const hold = (id: string) => {
    const lease = leases.open(message(id))
    leases.hold(lease)
    return lease
  }
  return { clock, calls, notices, leases, hold }
}

describe('leases of SQS messages', () => {
  it('are extended at half-life for as long as they are held', async () => {
    const { clock, calls, leases, hold } = setup()
    const lease = hold('a')
    await clock.advance(46 * seconds)
    expect(calls.map(({ at }) => at)).toEqual([15 * seconds, 30 * seconds, 45 * seconds])
    leases.release(lease)
    await clock.advance(60 * seconds)
    expect(calls).toHaveLength(3)
  })

  it('are not extended when they are only opened, to be deleted', async () => {
    const { clock, calls, leases } = setup()
    leases.open(message('a'))
    await clock.advance(60 * seconds)
    expect(calls).toEqual([])
    expect(leases.size).toBe(1)
  })

  it('share one timer and go ten a call, those due soon along with those due now', async () => {
    const { clock, calls, hold } = setup()
    for (let i = 0; i < 8; i++) hold(`early-${i}`)
    await clock.advance(2 * seconds)
    for (let i = 0; i < 8; i++) hold(`late-${i}`)
    expect(clock.sleeping).toBe(1)
    await clock.advance(13 * seconds)
    expect(calls.map(({ at, handles }) => [at, handles.length])).toEqual([
      [15 * seconds, 10],
      [15 * seconds, 6],
    ])
    expect(calls[0]?.handles[0]).toBe('early-0/1')
    expect(clock.sleeping).toBe(1)
  })

  it('speak with the newest handle once a message is received again', async () => {
    const { clock, calls, leases, hold } = setup()
    hold('a')
    await clock.advance(10 * seconds)
    expect(leases.renew(message('a', 2))).toBe(true)
    expect(leases.size).toBe(1)
    await clock.advance(15 * seconds)
    expect(calls).toEqual([{ at: 25 * seconds, handles: ['a/2'] }])
  })

  it('know only messages that are in the book', () => {
    const { leases, hold } = setup()
    const lease = hold('a')
    expect(leases.renew(message('b'))).toBe(false)
    leases.close(lease)
    expect(leases.renew(message('a', 2))).toBe(false)
    expect(leases.size).toBe(0)
  })

  it('are tried again with backoff, and in time, when the call fails', async () => {
    const { clock, calls, notices, hold } = setup((_, call) => (call <= 2 ? new Error('throttled') : []))
    hold('a')
    await clock.advance(16 * seconds)
    expect(calls.map(({ at }) => at)).toEqual([15_000, 15_050, 15_150])
    expect(notices).toMatchObject([
      { _tag: 'SourceFailed', operation: 'ChangeMessageVisibilityBatch', retryIn: 50 },
      { _tag: 'SourceFailed', retryIn: 100 },
    ])
  })

  it('are tried again alone when SQS refuses one of a batch for a reason that passes', async () => {
    const { clock, calls, notices, hold } = setup((_, call) =>
      call === 1 ? [{ index: 1, code: 'InternalError', transient: true }] : [],
    )
    hold('a')
    hold('b')
    await clock.advance(16 * seconds)
    expect(calls.map(({ handles }) => handles)).toEqual([['a/1', 'b/1'], ['b/1']])
    expect(notices).toMatchObject([{ _tag: 'SourceFailed', retryIn: 50 }])
  })

  it('stay in the book, not extended, after SQS refused the handle; the next receive revives them', async () => {
    const { clock, calls, notices, leases, hold } = setup((_, call) =>
      call === 1 ? [{ index: 0, code: 'ReceiptHandleIsInvalid', transient: false }] : [],
    )
    hold('a')
    await clock.advance(60 * seconds)
    expect(calls).toHaveLength(1)
    expect(notices).toMatchObject([{ _tag: 'SourceFailed', retryIn: undefined }])
    expect(leases.renew(message('a', 2))).toBe(true)
    await clock.advance(15 * seconds)
    expect(calls.at(-1)?.handles).toEqual(['a/2'])
  })

  it('are given up once they have run out, because SQS may have given the message to another consumer', async () => {
    const { clock, calls, leases, hold } = setup(() => new Error('unreachable'))
    hold('a')
    await clock.advance(40 * seconds)
    expect(calls.length).toBeGreaterThan(5)
    expect(calls.at(-1)?.at).toBeLessThan(30 * seconds)
    expect(leases.size).toBe(1)
    expect(clock.sleeping).toBe(0)
  })

  it('are extended no more at the 12 hours that SQS allows, which is said once for all', async () => {
    const { clock, calls, notices, leases, hold } = setup(() => [], 600)
    hold('a')
    hold('b')
    await clock.advance(13 * hours)
    expect(calls.at(-1)!.at + 600 * seconds).toBeLessThanOrEqual(12 * hours)
    expect(notices).toHaveLength(1)
    expect(notices[0]?._tag === 'Warning' && notices[0].message).toContain('2 messages')
    expect(leases.renew(message('a', 2))).toBe(true)
    const before = calls.length
    await clock.advance(1 * hours)
    expect(calls.length).toBeGreaterThan(before)
  })

  it('end together: nothing is extended after the end', async () => {
    const { clock, calls, leases, hold } = setup()
    hold('a')
    leases.end()
    await clock.advance(60 * seconds)
    expect(calls).toEqual([])
    expect(clock.sleeping).toBe(0)
  })

  it('never run out while held, whatever is received, settled and received again meanwhile', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('receive' as const), id: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ do: fc.constant('settle' as const), id: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        /** What SQS would know: until when a handle hides its message. */
        const hidden = new Map<string, number>()
        const { clock, leases } = setup((changes) => {
          for (const { handle } of changes) {
            expect(hidden.get(handle)).toBeGreaterThan(clock.now())
            hidden.set(handle, clock.now() + 30 * seconds)
          }
          return []
        })
        const held = new Map<string, ReturnType<Leases['open']>>()
        let receives = 0
        for (const each of steps) {
          if (each.do === 'wait') await clock.advance(each.ms)
          else if (each.do === 'settle') {
            const lease = held.get(String(each.id))
            if (lease !== undefined) leases.close(lease)
            held.delete(String(each.id))
          } else {
            const received = message(String(each.id), ++receives)
            hidden.set(received.handle, clock.now() + 30 * seconds)
            if (!leases.renew(received)) {
              const lease = leases.open(received)
              leases.hold(lease)
              held.set(received.id, lease)
            }
          }
          for (const lease of held.values()) expect(hidden.get(lease.handle)).toBeGreaterThan(clock.now())
        }
        leases.end()
      }),
      { numRuns: 200 },
    )
  })
})
