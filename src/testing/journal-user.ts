import { expect } from 'vitest'
import { type ClusterState, emptyState } from '../core/cluster-state.js'
import { fold } from '../core/fold.js'
import type { Journal, JournalEntry, JournalEvent, Position } from '../core/journal.js'
import { relistingOf } from '../core/relisting.js'
import { stateEvents } from '../core/state-events.js'
import { contractCluster, contractSnapshot, contractTask } from './contract-tasks.js'

const unaborted = (): AbortSignal => new AbortController().signal

/** What all users of a log have stored for certain, because their calls resolved. */
export class StoredForCertain {
  readonly tasks = new Set<string>()
  /** The order of the newest snapshot. */
  order = 0
  private made = 0

  /** A name that no other task has. */
  newId(): string {
    return `t${++this.made}`
  }
}

export interface Known {
  readonly tasks: readonly string[]
  readonly order: number
  readonly listed: readonly string[]
}

/**
 * A worker, as a journal sees it: it makes one call at a time, and folds what it stored and what it read. Checks each
 * catch-up against what was stored before it began.
 */
export class JournalUser {
  state: ClusterState = emptyState
  position: Position | undefined

  constructor(
    private readonly journal: Journal,
    private readonly stored: StoredForCertain,
  ) {}

  async append(entries: number, events: number): Promise<void> {
    const ids = Array.from({ length: entries }, () =>
      Array.from({ length: events }, () => this.stored.newId()),
    )
    const appended = ids.map((some): JournalEntry => ({
      at: 1,
      source: 'contract',
      events: some.map((id): JournalEvent => ({ _tag: 'TaskChanged', task: contractTask(id) })),
    }))
    await this.journal.append(appended, unaborted())
    this.fold(appended)
    for (const id of ids.flat()) this.stored.tasks.add(contractTask(id).arn)
  }

  /** Takes a snapshot, in which the one task of the snapshot before has been replaced by another. */
  async amend(): Promise<boolean> {
    const { position, state } = this
    if (position === undefined) return false
    const order = (state.marks.get(contractCluster)?.order ?? 0) + 1
    const id = this.stored.newId()
    const listed = contractSnapshot(order, contractTask(id))
    const relisted = listed._tag === 'TasksListed' ? relistingOf(listed, state) : undefined
    const entry: JournalEntry = { at: 1, source: 'contract', events: [relisted ?? listed] }
    if (!(await this.journal.amend(entry, position, unaborted()))) return false
    this.fold([entry])
    expect(order, 'the snapshot after the newest one').toBeGreaterThan(this.stored.order)
    this.stored.order = order
    this.stored.tasks.add(contractTask(id).arn)
    return true
  }

  async catchUp(): Promise<void> {
    const tasks = [...this.stored.tasks]
    const { order } = this.stored
    const { entries, position } = await this.journal.catchUp(this.position, unaborted())
    this.position = position
    this.fold(entries)
    expect(
      tasks.filter((arn) => !this.state.tasks.has(arn)),
      'tasks that were stored before the catch-up began, and are not in it',
    ).toEqual([])
    expect(this.known.order, 'the newest snapshot that was stored before').toBeGreaterThanOrEqual(order)
    expect(this.known.listed.length, 'tasks in the newest snapshot').toBe(this.known.order === 0 ? 0 : 1)
  }

  async checkpoint(): Promise<void> {
    const { position, state } = this
    if (position === undefined) return
    await this.journal.checkpoint(stateEvents(state), position, unaborted())
    await this.journal.append(
      [{ at: 1, source: 'checkpoint', events: [{ _tag: 'Checkpointed' }] }],
      unaborted(),
    )
  }

  get known(): Known {
    const mark = this.state.marks.get(contractCluster)
    return {
      tasks: [...this.state.tasks.keys()].sort(),
      order: mark?.order ?? 0,
      listed: [...(mark?.tasks.keys() ?? [])],
    }
  }

  private fold(entries: readonly JournalEntry[]): void {
    for (const { events } of entries) this.state = events.reduce(fold, this.state)
  }
}
