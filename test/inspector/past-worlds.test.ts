import { servicePorts } from 'ecs-task-stream'
import { expect, it } from 'vitest'
import type { CaughtUp } from '../../src/core/journal.js'
import { PastWorlds } from '../../src/worker/inspector/past-worlds.js'
import { observed } from '../support/observed-task.js'
import { virtualClock } from '../support/virtual-clock.js'

it('reads a journal once at a time, once for a moment, and again after a failure', async () => {
  const clock = virtualClock(100_000)
  const readings: { readonly resolve: (read: CaughtUp) => void; readonly reject: (error: Error) => void }[] =
    []
  let learned = 0
  const worlds = new PastWorlds({
    journal: { catchUp: () => new Promise((resolve, reject) => readings.push({ resolve, reject })) },
    clock,
    signal: new AbortController().signal,
    learned: () => learned++,
  })
  const entry = {
    at: 50_000,
    source: 'sqs',
    events: [{ _tag: 'TaskChanged', task: observed({ id: 'a' }) }],
  } as const
  const read: CaughtUp = { entries: [entry], position: '1' }
  const projection = { expose: servicePorts(), covers: [] }
  const [one, same, other] = [60_000, 60_000, 70_000].map((at) => worlds.world(at, projection))
  expect(worlds.range).toBeUndefined()
  await clock.advance(0)
  expect(same).toBe(one)
  expect(readings).toHaveLength(1)
  readings[0]?.resolve(read)
  await clock.advance(0)
  expect(await one).toMatchObject({ from: 50_000, desired: { revision: 1 } })
  expect(worlds.range).toEqual({ from: 50_000, to: 100_000 })
  expect(readings).toHaveLength(2)
  readings[1]?.reject(new Error('throttled'))
  await expect(other).rejects.toThrow('throttled')
  await clock.advance(0)
  readings[2]?.resolve(read)
  const again = worlds.world(70_000, projection)
  await clock.advance(0)
  readings[3]?.resolve(read)
  await clock.advance(0)
  expect((await again).state.tasks.size).toBe(1)
  expect([readings.length, learned]).toEqual([4, 1])
})
