import { memoryJournal, memoryLog } from 'ecs-task-stream/journals/memory'
import { describe, expect, it } from 'vitest'
import type { ClusterEvent } from '../../src/core/event.js'
import type { JournalEntry } from '../../src/core/journal.js'

const event = (position: string): ClusterEvent => ({ _tag: 'LogRead', log: 'l', position })
const entry = (at: number): JournalEntry => ({ at, source: 's', events: [event(String(at))] })
const { signal } = new AbortController()

describe('a journal in memory', () => {
  it('gives what was stored since a position, to all who share the log', async () => {
    const log = memoryLog()
    const [one, two] = [memoryJournal({ log }), memoryJournal({ log })]
    expect(await one.catchUp(undefined, signal)).toEqual({ entries: [], position: '0' })
    await one.append([entry(1), entry(2)], signal)
    await two.append([entry(3)], signal)
    expect(await two.catchUp(undefined, signal)).toEqual({
      entries: [entry(1), entry(2), entry(3)],
      position: '3',
    })
    expect(await one.catchUp('2', signal)).toEqual({ entries: [entry(3)], position: '3' })
    expect((await memoryJournal().catchUp(undefined, signal)).entries).toEqual([])
  })

  it('takes one amendment of a position, whatever else is stored', async () => {
    const journal = memoryJournal()
    await journal.append([entry(1)], signal)
    const { position } = await journal.catchUp(undefined, signal)
    await journal.append([entry(2)], signal)
    expect(await journal.amend(entry(3), position, signal)).toBe(true)
    expect(await journal.amend(entry(4), position, signal)).toBe(false)
    expect(await journal.amend(entry(5), '3', signal)).toBe(true)
    expect((await journal.catchUp('1', signal)).entries).toEqual([entry(2), entry(3), entry(5)])
  })

  it('begins with the newest checkpoint, for those who have read nothing', async () => {
    const journal = memoryJournal()
    await journal.append([entry(1), entry(2)], signal)
    const checkpointed = (position: string): JournalEntry => ({
      at: 0,
      source: 'checkpoint',
      events: [event(position), { _tag: 'Checkpointed' }],
    })
    const first = async () => (await journal.catchUp(undefined, signal)).entries
    await journal.checkpoint([event('a')], '1', signal)
    expect(await first()).toEqual([checkpointed('a'), entry(2)])
    await journal.checkpoint([event('b')], '2', signal)
    await journal.checkpoint([event('older')], '1', signal)
    expect(await first()).toEqual([checkpointed('b')])
    await journal.checkpoint([event('c')], '2', signal)
    expect(await first()).toEqual([checkpointed('c')])
    expect((await journal.catchUp('1', signal)).entries).toEqual([entry(2)])
  })

  it('gives a lease to one at a time, until it ends', async () => {
    const log = memoryLog()
    let time = 100
    const [one, two] = [memoryJournal({ log, now: () => time }), memoryJournal({ log, now: () => time })]
    expect(await one.lease('work', 10, signal)).toBe(true)
    expect(await two.lease('work', 10, signal)).toBe(false)
    expect(await two.lease('other', 10, signal)).toBe(true)
    time = 109
    expect(await two.lease('work', 10, signal)).toBe(false)
    time = 110
    expect(await two.lease('work', 10, signal)).toBe(true)
    expect(await one.lease('work', 10, signal)).toBe(false)
    expect(await two.lease('work', 0, signal)).toBe(true)
    expect(await one.lease('work', 10, signal)).toBe(true)
  })
})
