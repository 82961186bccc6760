import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Notice } from 'ecs-task-stream'
import type { Lease } from '../../src/sources/sqs/sqs-leases.js'
import { Outbox } from '../../src/sources/sqs/sqs-outbox.js'
import type { Refusal } from '../../src/sources/sqs/sqs-queue.js'
import { virtualClock } from '../support/virtual-clock.js'

const lease = (id: number, deadline = 30_000): Lease => ({
  id: String(id),
  handle: `${id}/1`,
  receives: 1,
  receivedAt: 0,
  deadline,
  wanted: false,
})

const leases = (count: number) => Array.from({ length: count }, (_, id) => lease(id))

/** A call under way. */
interface Call {
  readonly handles: readonly string[]
  answer(refusals?: readonly Refusal[]): Promise<void>
  fail(): Promise<void>
}

const setup = () => {
  const clock = virtualClock()
  const calls: Call[] = []
  const settled: string[] = []
  const notices: Notice[] = []
  let idle = 0
  const outbox = new Outbox({
    operation: 'DeleteMessageBatch',
    send: (batch) =>
      new Promise((resolve, reject) => {
        calls.push({
          handles: batch.map(({ handle }) => handle),
          answer: (refusals = []) => {
            resolve(refusals)
            return clock.advance(0)
          },
          fail: () => {
            reject(new Error('500'))
            return clock.advance(0)
          },
        })
      }),
    settled: ({ id }) => settled.push(id),
    idle: () => idle++,
    clock,
    random: () => 0.5,
    report: (notice) => notices.push(notice),
  })
  const add = (added: readonly Lease[]) => {
    for (const each of added) outbox.add(each)
    return clock.advance(0)
  }
  return { clock, calls, settled, notices, outbox, add, idle: () => idle }
}

describe('the outbox to SQS', () => {
  it('sends what was added in one tick together, ten a call', async () => {
    const { calls, add } = setup()
    await add(leases(20))
    expect(calls.map(({ handles }) => handles.length)).toEqual([10, 10])
  })

  it('lets less than ten wait for the call under way, and fill up', async () => {
    const { calls, add } = setup()
    await add([lease(0)])
    await add([lease(1)])
    await add([lease(2)])
    expect(calls.map(({ handles }) => handles)).toEqual([['0/1']])
    await calls[0]!.answer()
    expect(calls.map(({ handles }) => handles)).toEqual([['0/1'], ['1/1', '2/1']])
  })

  it('makes at most four calls at once', async () => {
    const { calls, add } = setup()
    await add(leases(95))
    expect(calls).toHaveLength(4)
    await calls[0]!.answer()
    expect(calls).toHaveLength(5)
  })

  it('says when it is idle, and not before', async () => {
    const { calls, outbox, add, idle } = setup()
    await add(leases(11))
    await calls[0]!.answer()
    expect([outbox.idle, idle()]).toEqual([false, 0])
    await calls[1]!.answer()
    expect([outbox.idle, idle()]).toEqual([true, 1])
  })

  it('repeats a failed call with backoff', async () => {
    const { clock, calls, settled, notices, add } = setup()
    await add(leases(2))
    await calls[0]!.fail()
    expect(calls).toHaveLength(1)
    expect(notices).toMatchObject([{ _tag: 'SourceFailed', operation: 'DeleteMessageBatch', retryIn: 50 }])
    await clock.advance(50)
    await calls[1]!.fail()
    await clock.advance(100)
    await calls[2]!.answer()
    expect(calls[2]?.handles).toEqual(['0/1', '1/1'])
    expect(settled).toEqual(['0', '1'])
  })

  it('repeats only what SQS refused for a reason that passes, and drops what it refused for good', async () => {
    const { clock, calls, settled, notices, add } = setup()
    await add(leases(3))
    await calls[0]!.answer([
      { index: 0, code: 'InternalError', transient: true },
      { index: 2, code: 'ReceiptHandleIsInvalid', transient: false },
    ])
    expect(settled).toEqual(['1', '2'])
    expect(notices).toHaveLength(1)
    await clock.advance(50)
    expect(calls[1]?.handles).toEqual(['0/1'])
  })

  it('says it again with the new handle when the message was received during the call', async () => {
    const { calls, settled, add } = setup()
    const again = lease(0)
    await add([again])
    again.handle = '0/2'
    await calls[0]!.answer()
    expect(settled).toEqual([])
    expect(calls[1]?.handles).toEqual(['0/2'])
    await calls[1]!.answer()
    expect(settled).toEqual(['0'])
  })

  it('gives up when the lease has run out', async () => {
    const { clock, calls, settled, outbox, add } = setup()
    await add([lease(0, 60)])
    await calls[0]!.fail()
    await clock.advance(70)
    await calls[1]!.fail()
    expect(settled).toEqual(['0'])
    expect(outbox.idle).toBe(true)
  })

  it('settles every lease exactly once, whatever fails', async () => {
    const outcome = fc.constantFrom('ok', 'fail', 'transient', 'lost')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 5 }),
        fc.array(outcome, { minLength: 20, maxLength: 20 }),
        async (sizes, outcomes) => {
          const { clock, calls, settled, outbox, add } = setup()
          let added = 0
          let answered = 0
          const answerAll = async () => {
            for (let call = calls[answered]; call !== undefined; call = calls[answered]) {
              const what = outcomes[answered++] ?? 'ok'
              if (what === 'fail') await call.fail()
              else if (what === 'ok') await call.answer()
              else await call.answer([{ index: 0, code: what, transient: what === 'transient' }])
            }
          }
          for (const size of sizes) {
            await add(Array.from({ length: size }, () => lease(added++)))
            await answerAll()
          }
          while (!outbox.idle) {
            await clock.advance(30_000)
            await answerAll()
          }
          expect(settled.map(Number).sort((a, b) => a - b)).toEqual(
            Array.from({ length: added }, (_, i) => i),
          )
        },
      ),
    )
  })
})
