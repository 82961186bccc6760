import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/core/journal.js'
import { WholeSnapshots } from '../../src/journal/whole-snapshots.js'
import { cluster, observed } from '../support/observed-task.js'

const [one, two] = [observed({ id: '1' }), observed({ id: '2' })]
const changed = (task: typeof one): JournalEvent => ({ _tag: 'TaskChanged', task })
const listed = (order: number, ...tasks: readonly (typeof one)[]): JournalEvent => ({
  _tag: 'TasksListed',
  cluster,
  at: order,
  order,
  tasks,
})
const relisted = (order: number, since: number, ...tasks: readonly (typeof one)[]): JournalEvent => ({
  _tag: 'TasksRelisted',
  cluster,
  at: order,
  order,
  since,
  tasks,
  unlisted: [],
})

describe('the snapshots of a journal', () => {
  it('are whole where the one that they differ from was read', () => {
    const snapshots = new WholeSnapshots()
    expect(snapshots.expand([listed(1, one), relisted(2, 1, two)])).toEqual({
      events: [listed(1, one), listed(2, one, two)],
      detached: [],
    })
    expect(snapshots.expand([relisted(3, 2)])).toEqual({ events: [listed(3, one, two)], detached: [] })
  })

  it('have only their tasks where it was not, which is said unless a newer one is known', () => {
    const snapshots = new WholeSnapshots()
    expect(snapshots.expand([relisted(2, 1, two)])).toEqual({ events: [changed(two)], detached: [cluster] })
    snapshots.expand([listed(5, one)])
    expect(snapshots.expand([relisted(4, 3, two)])).toEqual({ events: [changed(two)], detached: [] })
    expect(snapshots.expand([relisted(5, 4, two)])).toEqual({ events: [changed(two)], detached: [] })
    expect(snapshots.expand([relisted(8, 7, two)])).toEqual({ events: [changed(two)], detached: [cluster] })
    expect(snapshots.expand([relisted(6, 5)])).toEqual({ events: [listed(6, one)], detached: [] })
  })

  it('are among other events, which stay as they are, but for the notes of the journal', () => {
    const log: JournalEvent = { _tag: 'LogRead', log: 'l', position: '1' }
    expect(new WholeSnapshots().expand([log, { _tag: 'Checkpointed' }, changed(one)])).toEqual({
      events: [log, changed(one)],
      detached: [],
    })
  })
})
