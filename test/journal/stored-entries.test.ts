import { describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../src/core/journal.js'
import { UnwritableEntry } from '../../src/core/journal.js'
import { entriesIn, linesOf } from '../../src/journal/stored-entries.js'
import { Turns } from '../../src/shared/async/turns.js'
import { cluster, observed } from '../support/observed-task.js'
import { all, each } from '../support/async-items.js'

/** Counts the work after which others had their turn. */
class Counted extends Turns {
  readonly work: number[] = []
  override after(size: number): Promise<void> {
    this.work.push(size)
    return Promise.resolve()
  }
}

const small: JournalEntry = { at: 1, source: 's', events: [{ _tag: 'LogRead', log: 'l', position: '1' }] }
const long: JournalEntry = {
  at: 2,
  source: 't',
  events: [
    {
      _tag: 'TasksListed',
      cluster,
      at: 1,
      order: 1,
      tasks: Array.from({ length: 201 }, (_, i) => observed({ id: `t${i}` })),
    },
  ],
}

describe('entries as lines', () => {
  it('are read back, each whole', async () => {
    const lines = await all(linesOf([small, long, small]))
    expect(lines).toHaveLength(4)
    expect(await all(entriesIn(each(lines)))).toEqual([small, long, small])
    expect(await all(entriesIn(each([])))).toEqual([])
  })

  it('let others have their turn for as much work as a line is long', async () => {
    const turns = new Counted(1)
    const lines = await all(linesOf([small], turns))
    expect(await all(entriesIn(each(lines), turns))).toEqual([small])
    const work = 1 + (lines[0]?.length ?? 0) / 512
    expect(turns.work).toEqual([work, work])
  })

  it('are refused at the first that could not be read back', async () => {
    const bad: JournalEntry = { at: Number.NaN, source: 'mine', events: [] }
    const lines = linesOf([small, bad, small])
    expect((await lines.next()).done).toBe(false)
    const failed = lines.next()
    await expect(failed).rejects.toThrow(UnwritableEntry)
    await expect(failed).rejects.toThrow('the journal cannot hold events of source "mine"')
  })

  it.each([
    ['no JSON', ['{'], 'expected JSON'],
    ['no entry', ['{"v":3}'], '$.at'],
    ['an event of no kind that is followed', ['{"source":"aws.ec2","detail-type":"x","detail":{}}'], 'x'],
  ])('are not %s', async (_, lines, why) => {
    await expect(all(entriesIn(each(lines)))).rejects.toThrow(why)
  })

  it('are not what lacks a line, at the beginning, between or at the end', async () => {
    const [first = '', second = ''] = await all(linesOf([long]))
    await expect(all(entriesIn(each([second])))).rejects.toThrow('$.part: expected the next line of an entry')
    await expect(all(entriesIn(each([first, first])))).rejects.toThrow('$.part')
    await expect(all(entriesIn(each([first])))).rejects.toThrow('$.more: expected another line')
  })
})
