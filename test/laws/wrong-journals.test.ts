/** The contract of journals sees wrong ones. Each is plausible, and wrong in one way. */
import type { Journal } from 'ecs-task-stream'
import { type MemoryLog, memoryJournal, memoryLog } from 'ecs-task-stream/journals/memory'
import type { Access, JournalHarness } from 'ecs-task-stream/testing'
import { describe, expect, it } from 'vitest'
import { journalLaws } from '../../src/testing/journal-laws.js'
import { faultyJournal } from '../support/faulty-journal.js'

/** A journal over a log that may have a state of its own. */
type Wrong = (right: Journal, log: MemoryLog) => Journal

const harness = (wrong: Wrong) => (): Promise<JournalHarness> => {
  const log = memoryLog()
  let now = 0
  const open = (): Journal => wrong(memoryJournal({ log, now: () => now }), log)
  return Promise.resolve({
    open,
    openFaulty: (access: Access) => faultyJournal(open(), access),
    advance: (ms: number) => void (now += ms),
    dispose: () => Promise.resolve(),
  })
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The sentences of the laws that it breaks, of those whose sentence contains the text. */
const broken = async (wrong: Wrong, text = ''): Promise<readonly string[]> => {
  const found: string[] = []
  for (const { sentence, needs, check } of journalLaws)
    if (sentence.includes(text) && !needs.includes('refusal'))
      await check(harness(wrong), 100).catch(() => {
        found.push(sentence)
      })
  return found
}

const everything = 'has everything in a catch-up that was stored before it began'
const amending = 'lets one of several workers amend the same position'

const wrongJournals: Readonly<Record<string, { readonly wrong: Wrong; readonly breaks: string }>> = {
  'reads with eventual consistency': {
    wrong: (right, log) => ({
      ...right,
      catchUp: async (since, signal) => {
        const read = await right.catchUp(since, signal)
        const start = Number(since ?? 0)
        // A replica that has not got the newest entry yet.
        return since === undefined || log.entries.length - start < 2
          ? read
          : { entries: read.entries.slice(0, -1), position: String(log.entries.length - 1) }
      },
    }),
    breaks: everything,
  },
  'starts with a checkpoint, without what followed': {
    wrong: (right, log) => ({
      ...right,
      catchUp: async (since, signal) => {
        const read = await right.catchUp(since, signal)
        return since === undefined && log.checkpoint !== undefined
          ? { ...read, entries: read.entries.slice(0, 1) }
          : read
      },
    }),
    breaks: 'starts with the newest checkpoint, and everything after it',
  },
  'takes a checkpoint for everything that is there': {
    wrong: (right, log) => ({
      ...right,
      checkpoint: (events, _position, signal) => right.checkpoint(events, String(log.entries.length), signal),
    }),
    breaks: everything,
  },
  'amends without a condition': {
    wrong: (right) => ({
      ...right,
      amend: async (entry, _position, signal) => {
        await right.append([entry], signal)
        return true
      },
    }),
    breaks: amending,
  },
  'looks at the condition of an amendment, and stores it later': {
    wrong: (right, log) => ({
      ...right,
      amend: async (entry, position, signal) => {
        const isFirst = !log.entries.slice(Number(position)).some(({ amends }) => amends)
        await turn()
        if (isFirst) log.entries.push({ entry, amends: true })
        signal.throwIfAborted()
        return isFirst
      },
    }),
    breaks: amending,
  },
  'resolves before it has stored': {
    wrong: (right) => ({
      ...right,
      append: (entries, signal) => {
        void turn().then(() => right.append(entries, signal))
        return Promise.resolve()
      },
    }),
    breaks: everything,
  },
  'reads on from behind what it has read': {
    wrong: (right) => ({
      ...right,
      catchUp: async (since, signal) => {
        const { entries, position } = await right.catchUp(since, signal)
        return { entries, position: String(Number(position) + (entries.length > 1 ? 1 : 0)) }
      },
    }),
    breaks: everything,
  },
  'returns amendments in any order': {
    wrong: (right) => ({
      ...right,
      catchUp: async (since, signal) => {
        const { entries, position } = await right.catchUp(since, signal)
        return { entries: entries.toReversed(), position }
      },
    }),
    breaks: 'returns amendments in their order',
  },
  'takes an appended entry for an amendment': {
    wrong: (right, log) => ({
      ...right,
      amend: async (entry, position, signal) =>
        log.entries.length > Number(position) ? false : right.amend(entry, position, signal),
    }),
    breaks: 'amends what others have appended to since',
  },
  'never stores a checkpoint': {
    wrong: (right) => ({ ...right, checkpoint: () => Promise.resolve() }),
    breaks: 'stores a checkpoint',
  },
  'gives a lease to everybody': {
    wrong: (right) => ({ ...right, lease: () => Promise.resolve(true) }),
    breaks: 'gives a lease to one worker at a time',
  },
  'does not extend a lease': {
    wrong: (right) => {
      let asked = 0
      return {
        ...right,
        lease: async (work, ms, signal) => (asked++ === 0 ? right.lease(work, ms, signal) : false),
      }
    },
    breaks: 'gives a lease to one worker at a time',
  },
}

describe('the contract of journals sees one that', () => {
  it.each(Object.entries(wrongJournals))('%s', async (_, { wrong, breaks }) => {
    expect(await broken(wrong, breaks)).toHaveLength(1)
  })

  it('is right: it breaks nothing', async () => {
    expect(await broken((right) => right)).toEqual([])
  })
})
