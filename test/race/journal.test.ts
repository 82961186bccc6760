import fc from 'fast-check'
import type { CaughtUp, JournalEntry } from 'ecs-task-stream'
import { describe, expect, it } from 'vitest'
import { refutation } from '../laws/holds.js'
import { runsOfStories } from '../laws/runs.js'
import { type Distortion, liveIn, stories, type StoryOptions, tell } from './shared-journal.js'

/** Everything is exact in the end, and at no moment was a live server missing that the target had had. */
const isRight = (options: StoryOptions, distort?: Distortion): fc.IAsyncProperty<[unknown]> =>
  fc.asyncProperty(stories(options), async (story) => {
    expect(await tell(story, distort)).toEqual({
      held: liveIn(story),
      removed: [],
      unacknowledged: 0,
      errors: [],
    })
  })

describe('workers on one queue that share a journal', () => {
  it('without snapshots, leave exactly what is live, and at no moment remove a live server', async () => {
    await fc.assert(isRight({ snapshots: false }), { numRuns: runsOfStories })
  })

  it('with lost events and snapshots, leave exactly what is live, and at no moment remove a live server', async () => {
    await fc.assert(isRight({ snapshots: true }), { numRuns: runsOfStories })
  })
})

const nothing = (since: string | undefined): CaughtUp => ({ entries: [], position: since ?? '0' })

describe('the law of a shared journal catches', () => {
  const isCaught = async (
    distort: Distortion,
    options: StoryOptions = { snapshots: false },
  ): Promise<void> => {
    const { failed } = await fc.check(isRight(options, distort), refutation)
    expect(failed).toBe(true)
  }

  it('a worker that plans before it has caught up', async () => {
    await isCaught((journal) => {
      let calls = 0
      return {
        ...journal,
        catchUp: (since, signal) =>
          since !== undefined && calls++ % 2 === 0
            ? Promise.resolve(nothing(since))
            : journal.catchUp(since, signal),
      }
    })
  })

  it('a worker that catches up before it looks at the target', async () => {
    await isCaught((journal, log) => {
      let end = 0
      return {
        ...journal,
        catchUp: async (since, signal) => {
          const from = Number(since ?? 0)
          const known = {
            entries: log.entries.slice(from, end).map(({ entry }) => entry),
            position: `${end}`,
          }
          if (since === undefined)
            return journal.catchUp(since, signal).finally(() => (end = log.entries.length))
          end = log.entries.length
          return Number(known.position) < from ? nothing(since) : known
        },
      }
    })
  })

  it('reads that are only eventually consistent', async () => {
    await isCaught((journal, log) => {
      let lag = 0
      return {
        ...journal,
        catchUp: (since, signal) => {
          const from = Number(since ?? 0)
          const end = Math.max(from, log.entries.length - (lag++ % 3))
          return since === undefined
            ? journal.catchUp(since, signal)
            : Promise.resolve({
                entries: log.entries.slice(from, end).map(({ entry }) => entry),
                position: String(end),
              })
        },
      }
    })
  })

  it('a delivery that is acknowledged before it is stored', async () => {
    await isCaught((journal) => {
      let unstored: readonly JournalEntry[] = []
      return {
        ...journal,
        append: async (entries, signal) => {
          const before = unstored
          unstored = entries
          if (before.length > 0) await journal.append(before, signal)
        },
      }
    })
  })

  it('a checkpoint that forgets what follows it', async () => {
    await isCaught((journal, log) => ({
      ...journal,
      catchUp: async (since, signal) => {
        const caughtUp = await journal.catchUp(since, signal)
        const isStart = since === undefined && log.checkpoint !== undefined
        return isStart ? { ...caughtUp, entries: caughtUp.entries.slice(0, 1) } : caughtUp
      },
    }))
  })

  it('two workers that both believe that they may amend', async () => {
    await isCaught(
      (journal) => ({
        ...journal,
        amend: async (entry, _, signal) => {
          await journal.append([entry], signal)
          return true
        },
      }),
      { snapshots: true, listing: 12, kills: false, workers: { min: 2, max: 2 } },
    )
  })
})
