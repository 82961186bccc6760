import fc from 'fast-check'
import { isRight } from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import type { ClusterEvent } from '../../src/core/event.js'
import { stateEvents } from '../../src/core/state-events.js'
import { checkpointEvents, checkpointLines } from '../../src/journal/checkpoint-lines.js'
import { decodeTasks, encodeTasks } from '../../src/journal/compact-tasks.js'
import { eventCodec } from '../../src/journal/event-codec.js'
import { packed, unpacked } from '../../src/journal/packed-lines.js'
import { anyEvents, anyTask } from '../../src/testing/any-event.js'
import { fold, stateContents } from '../laws/observed.js'
import { runs } from '../laws/runs.js'
import { cluster, observed } from '../support/observed-task.js'
import { all, each } from '../support/async-items.js'

const isTask = (task: unknown): boolean => isRight(eventCodec.decode({ _tag: 'TaskChanged', task }))

/** Values that a damaged or forged line may have in any place. */
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1,
    2,
    1.5,
    1e300,
    Number.MAX_SAFE_INTEGER,
    '',
    'x',
    'a\nb',
    '\ud83d',
    true,
  ),
  fc.constantFrom<unknown>([], {}, [1], [[1, 2]], [1, 2, 3, 4]),
)

/** A copy with one value replaced, somewhere. */
const tampered = (value: unknown, path: readonly number[], by: unknown): unknown => {
  const [step, ...rest] = path
  if (!Array.isArray(value) || value.length === 0 || step === undefined) return by
  const at = step % value.length
  return value.map((one: unknown, i) => (i === at ? tampered(one, rest, by) : one))
}

describe('compact tasks', () => {
  it('give the same tasks', () => {
    fc.assert(
      fc.property(fc.array(anyTask), (tasks) => {
        const text = JSON.stringify(encodeTasks(tasks))
        expect(decodeTasks(JSON.parse(text) as ReturnType<typeof encodeTasks>)).toStrictEqual(tasks)
      }),
      { numRuns: runs },
    )
  })

  it('are refused, or are tasks as the codec of events accepts them, whatever a row holds', () => {
    fc.assert(
      fc.property(anyTask, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), junk, (task, path, by) => {
        const { texts, tasks } = encodeTasks([task])
        const decoded = decodeTasks({ texts, tasks: tampered(tasks, [0, ...path], by) })
        for (const one of decoded ?? []) expect(isTask(one)).toBe(true)
      }),
      { numRuns: 20 * runs },
    )
  })

  it('drop what tasks have no field for', () => {
    const secret = { ...observed({ id: 'a' }), overrides: { environment: 'secret' } }
    expect(JSON.stringify(encodeTasks([secret]))).not.toContain('secret')
  })
})

describe('the lines of a checkpoint', () => {
  it('give the same state, packed in parts of any size', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvents, fc.integer({ min: 1, max: 2_000 }), async (events, maxBytes) => {
        const state = fold(events)
        const parts = await all(packed(checkpointLines(stateEvents(state)), maxBytes))
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(maxBytes)
        const read = await all(checkpointEvents(unpacked(parts)))
        expect(stateContents(fold(read))).toStrictEqual(stateContents(state))
      }),
      { numRuns: runs },
    )
  })

  it('are rejected if any is missing from a long snapshot, or its rest', async () => {
    const listed: ClusterEvent = {
      _tag: 'TasksListed',
      cluster,
      at: 1,
      tasks: Array.from({ length: 900 }, (_, i) => observed({ id: `t${i}` })),
    }
    const lines = await all(checkpointLines([listed]))
    expect(lines).toHaveLength(5)
    expect(await all(checkpointEvents(each(lines)))).toStrictEqual([listed])
    await expect(all(checkpointEvents(each(lines.slice(0, 4))))).rejects.toThrow('more of a snapshot')
    await expect(all(unpacked((await all(packed(each(lines), 1_000))).slice(0, 3)))).rejects.toThrow(
      'end of file',
    )
  })
})
