import fc from 'fast-check'
import { expect } from 'vitest'
import type { ClusterEvent } from '../core/event.js'
import { type JournalEntry, type JournalEvent, UnwritableEntry } from '../core/journal.js'
import { anyEvents } from './any-event.js'
import { contractSnapshot, contractTask } from './contract-tasks.js'
import { capability } from './journal-harness.js'
import { journalLaw, type JournalLaw } from './journal-law.js'
import { journalStories, playJournalStory } from './journal-story.js'
import { JournalUser, StoredForCertain } from './journal-user.js'

const unaborted = (): AbortSignal => new AbortController().signal

const entryOf = (...events: readonly JournalEvent[]): JournalEntry => ({ at: 1, source: 'contract', events })

const changed = (id: string): ClusterEvent => ({ _tag: 'TaskChanged', task: contractTask(id) })

/** One task each, so that no task needs a snapshot to be known. */
const several = fc.integer({ min: 2, max: 6 })

export const journalLaws: readonly JournalLaw[] = [
  journalLaw(
    'returns entries as they were appended',
    [],
    fc.array(anyEvents, { minLength: 1, maxLength: 5 }),
    async ({ open }, all) => {
      const entries = all.map((events, at): JournalEntry => ({ at, source: `source ${at}`, events }))
      const written = open()
      await written.append(entries, unaborted())
      const { entries: read } = await open().catchUp(undefined, unaborted())
      expect(new Set(read)).toEqual(new Set(entries))
    },
  ),

  journalLaw(
    'has everything in a catch-up that was stored before it began, by whomever, whatever they do meanwhile',
    [],
    journalStories(),
    (harness, story) => playJournalStory(story, harness),
  ),

  journalLaw(
    'loses nothing that was stored, and blocks nobody, when accesses fail and workers are killed between any two of them',
    ['faults'],
    journalStories({ faults: true }),
    (harness, story) => {
      capability(harness.openFaulty, 'faults')
      return playJournalStory(story, harness)
    },
  ),

  journalLaw(
    'lets one of several workers amend the same position, and shows all of them what it said',
    [],
    fc.record({ workers: several, rounds: fc.integer({ min: 1, max: 4 }) }),
    async ({ open }, { workers, rounds }) => {
      const stored = new StoredForCertain()
      const users = Array.from({ length: workers }, () => new JournalUser(open(), stored))
      for (let round = 1; round <= rounds; round++) {
        await Promise.all(users.map((user) => user.catchUp()))
        const amended = await Promise.all(users.map((user) => user.amend()))
        expect(amended.filter((isDone) => isDone)).toHaveLength(1)
      }
      await Promise.all(users.map((user) => user.catchUp()))
      for (const user of users) expect(user.known.order).toBe(rounds)
    },
  ),

  journalLaw(
    'returns amendments in their order, from the beginning as well as step by step',
    [],
    fc.integer({ min: 2, max: 12 }),
    async ({ open }, count) => {
      const [one, other] = [open(), open()]
      let position = (await one.catchUp(undefined, unaborted())).position
      for (let order = 1; order <= count; order++) {
        const entry = entryOf(contractSnapshot(order, contractTask(`t${order}`)))
        expect(await (order % 2 === 0 ? one : other).amend(entry, position, unaborted())).toBe(true)
        expect(await one.amend(entry, position, unaborted())).toBe(false)
        position = (await other.catchUp(position, unaborted())).position
      }
      const { entries } = await open().catchUp(undefined, unaborted())
      const orders = entries.flatMap(({ events }) =>
        events.flatMap((event) => (event._tag === 'TasksListed' ? [event.order] : [])),
      )
      expect(orders).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    },
  ),

  journalLaw(
    'amends what others have appended to since, because only an amendment is in the way of another',
    [],
    several,
    async ({ open }, count) => {
      const [one, other] = [open(), open()]
      const { position } = await one.catchUp(undefined, unaborted())
      for (let i = 0; i < count; i++) await other.append([entryOf(changed(`t${i}`))], unaborted())
      const entry = entryOf(contractSnapshot(1, contractTask('listed')))
      expect(await one.amend(entry, position, unaborted())).toBe(true)
      expect((await open().catchUp(undefined, unaborted())).entries).toContainEqual(entry)
    },
  ),

  journalLaw('stores a checkpoint, with which who starts begins', [], several, async ({ open }, count) => {
    const journal = open()
    for (let i = 0; i < count; i++) await journal.append([entryOf(changed(`t${i}`))], unaborted())
    const { position } = await journal.catchUp(undefined, unaborted())
    // It stands for all of them, and says what none of them says.
    const all = [...Array.from({ length: count }, (_, i) => changed(`t${i}`)), changed('in the checkpoint')]
    await journal.checkpoint(all, position, unaborted())
    const { entries } = await open().catchUp(undefined, unaborted())
    expect(entries.flatMap(({ events }) => events)).toContainEqual(changed('in the checkpoint'))
  }),

  journalLaw(
    'starts with the newest checkpoint, and everything after it; several that store one do no harm',
    [],
    fc.record({ before: several, after: fc.nat(3), checkpointers: several }),
    async ({ open }, { before, after, checkpointers }) => {
      const stored = new StoredForCertain()
      const users = Array.from({ length: checkpointers }, () => new JournalUser(open(), stored))
      const [first] = users
      if (first === undefined) return
      await first.append(before, 2)
      for (const user of users) await user.catchUp()
      await first.amend()
      await first.catchUp()
      await Promise.all(users.map((user) => user.checkpoint()))
      for (let i = 0; i < after; i++) await first.append(1, 1)
      const late = new JournalUser(open(), stored)
      await late.catchUp()
      await Promise.all(users.map((user) => user.catchUp()))
      for (const user of users) expect(user.known).toEqual(late.known)
    },
  ),

  journalLaw(
    'keeps snapshots of many tasks whole',
    [],
    fc.integer({ min: 300, max: 3_000 }),
    async ({ open }, count) => {
      const snapshot = contractSnapshot(1, ...Array.from({ length: count }, (_, i) => contractTask(`t${i}`)))
      const journal = open()
      const { position } = await journal.catchUp(undefined, unaborted())
      expect(await journal.amend(entryOf(snapshot), position, unaborted())).toBe(true)
      expect((await open().catchUp(position, unaborted())).entries).toEqual([entryOf(snapshot)])
      expect((await open().catchUp(undefined, unaborted())).entries).toEqual([entryOf(snapshot)])
    },
  ),

  journalLaw(
    'gives a lease to one worker at a time, until it ends or is given back',
    [],
    fc.record({ workers: several, givesBack: fc.boolean() }),
    async ({ open, advance }, { workers, givesBack }) => {
      const journals = Array.from({ length: workers }, open)
      const ask = (ms: number) =>
        Promise.all(journals.map((journal) => journal.lease('some work', ms, unaborted())))
      const first = await ask(10_000)
      expect(first.filter((isHolder) => isHolder)).toHaveLength(1)
      await advance(9_000)
      expect(await ask(10_000)).toEqual(first)
      await advance(9_000)
      expect(await ask(10_000)).toEqual(first)
      const holder = journals[first.indexOf(true)]
      const others = journals.filter((journal) => journal !== holder)
      expect(await others[0]?.lease('other work', 10_000, unaborted())).toBe(true)
      if (givesBack) await holder?.lease('some work', 0, unaborted())
      else await advance(10_001)
      const next = await Promise.all(others.map((journal) => journal.lease('some work', 10_000, unaborted())))
      expect(next.filter((isHolder) => isHolder)).toHaveLength(1)
      expect(await holder?.lease('some work', 10_000, unaborted())).toBe(false)
    },
  ),

  journalLaw(
    'refuses entries that it could not read back, and stores none that came with them',
    ['refusal'],
    fc.nat(3),
    async ({ open }, others) => {
      const bad = entryOf({ _tag: 'TaskChanged', task: { ...contractTask('half \ud83d'), group: '\ud83d' } })
      const good = Array.from({ length: others }, (_, i) => entryOf(changed(`t${i}`)))
      const journal = open()
      const { position } = await journal.catchUp(undefined, unaborted())
      await expect(journal.append([...good, bad], unaborted())).rejects.toThrow(UnwritableEntry)
      await expect(journal.amend(bad, position, unaborted())).rejects.toThrow(UnwritableEntry)
      expect((await open().catchUp(undefined, unaborted())).entries).toEqual([])
      await journal.append([entryOf(changed('good'))], unaborted())
      expect((await open().catchUp(undefined, unaborted())).entries).toEqual([entryOf(changed('good'))])
    },
  ),
]
