import { describe, expect, it } from 'vitest'
import { CheckpointRule } from '../../src/core/checkpoint-rule.js'
import type { JournalEntry, JournalEvent } from '../../src/core/journal.js'
import { cluster, observed } from '../support/observed-task.js'

const hour = 3_600_000
const happened: JournalEvent = { _tag: 'TaskChanged', task: observed({ id: 'a' }) }
const entry = (at: number, ...events: readonly JournalEvent[]): JournalEntry => ({
  at,
  source: 'some',
  events,
})

describe('a checkpoint', () => {
  it('is due when an entry is six hours old, even for workers that live for minutes', () => {
    let now = 0
    const rule = new CheckpointRule(() => now)
    rule.count(entry(0, happened))
    expect(rule.isDue(1)).toBe(false)
    now = 6 * hour
    expect(rule.isDue(1)).toBe(true)
    const later = new CheckpointRule(() => now)
    later.count(entry(0, happened))
    expect(later.isDue(1)).toBe(true)
    later.count(entry(1, { _tag: 'Checkpointed' }))
    expect(later.isDue(1)).toBe(false)
  })

  it('is due when as many events have followed as there are tasks', () => {
    const rule = new CheckpointRule(() => 0)
    rule.count(entry(0, ...Array.from({ length: 2_999 }, () => happened)))
    expect(rule.isDue(3_000)).toBe(false)
    rule.count(entry(0, happened))
    expect(rule.isDue(3_000)).toBe(true)
  })

  it('is due after a snapshot of many tasks, which costs as much to read', () => {
    const rule = new CheckpointRule(() => 0)
    const tasks = Array.from({ length: 3_000 }, (_, i) => observed({ id: `t${i}` }))
    rule.count(entry(0, { _tag: 'TasksListed', cluster, at: 0, tasks }))
    expect(rule.isDue(3_000)).toBe(true)
  })
})
