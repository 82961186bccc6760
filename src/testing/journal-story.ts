import fc from 'fast-check'
import { expect } from 'vitest'
import type { Journal } from '../core/journal.js'
import { type Access, type JournalHarness, StorageFailure } from './journal-harness.js'
import { JournalUser, StoredForCertain } from './journal-user.js'

type Action = 'append' | 'amend' | 'catchUp' | 'checkpoint' | 'restart'

interface Step {
  readonly action: Action
  /** How many turns of the event loop pass before. */
  readonly pause: number
  readonly entries: number
}

/** What the workers of a journal do, side by side. */
export interface JournalStory {
  readonly workers: readonly (readonly Step[])[]
  /** In percent: how many accesses to the storage fail. */
  readonly failing: number
  /** After how many accesses a worker is killed. */
  readonly lives: readonly number[]
  readonly dice: fc.Stream<number>
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Action>('append') },
    { weight: 2, arbitrary: fc.constant<Action>('amend') },
    { weight: 5, arbitrary: fc.constant<Action>('catchUp') },
    { weight: 1, arbitrary: fc.constant<Action>('checkpoint') },
    { weight: 1, arbitrary: fc.constant<Action>('restart') },
  ),
  pause: fc.nat(3),
  entries: fc.integer({ min: 1, max: 3 }),
})

export interface JournalStoryOptions {
  /** Whether accesses to the storage fail, and workers are killed. Default: false. */
  readonly faults?: boolean
}

export const journalStories = ({ faults = false }: JournalStoryOptions = {}): fc.Arbitrary<JournalStory> =>
  fc.record({
    workers: fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
    failing: faults ? fc.constantFrom(0, 20, 50) : fc.constant(0),
    lives: faults ? fc.array(fc.nat(40), { minLength: 4, maxLength: 4 }) : fc.constant([]),
    dice: fc.infiniteStream(fc.nat(99)),
  })

/** Lets accesses to the storage happen one after the other, in a random order. */
class AccessOrder {
  private readonly waiting: (() => void)[] = []
  private isBusy = false

  constructor(private readonly roll: () => number) {}

  /** Resolves when the access is to happen. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      if (!this.isBusy) void this.next()
    })
  }

  end(): void {
    void this.next()
  }

  private async next(): Promise<void> {
    this.isBusy = true
    // Others may be about to make an access, too.
    await turns(3)
    const [chosen] = this.waiting.splice(this.roll() % Math.max(1, this.waiting.length), 1)
    if (chosen === undefined) this.isBusy = false
    else chosen()
  }
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

const hasFailed = async (work: () => Promise<unknown>): Promise<boolean> => {
  try {
    await work()
    return false
  } catch (thrown) {
    if (isStorageFailure(thrown)) return true
    throw thrown
  }
}

const isStorageFailure = (thrown: unknown): boolean =>
  thrown instanceof StorageFailure ||
  (thrown instanceof Error && thrown.cause !== undefined && isStorageFailure(thrown.cause))

/**
 * Plays a story. At any moment, a catch-up has everything that was stored before it began. In the end, a worker that has
 * read step by step knows what one knows that reads from the beginning.
 */
export const playJournalStory = async (
  { workers, failing, lives, dice }: JournalStory,
  { open, openFaulty }: JournalHarness,
): Promise<void> => {
  const stored = new StoredForCertain()
  const roll = (): number => {
    const next = dice.next()
    return next.done === true ? 0 : next.value
  }
  const order = new AccessOrder(roll)
  const life = (worker: number) => {
    const most = lives[worker] ?? Infinity
    let accesses = 0
    const access: Access = async (effect) => {
      await order.turn()
      try {
        accesses++
        const fails = accesses >= most || roll() < failing
        const happens = accesses <= most && (!fails || roll() % 2 === 0)
        if (!happens) throw new StorageFailure(false)
        const answer = await effect()
        if (fails) throw new StorageFailure(true)
        return answer
      } finally {
        order.end()
      }
    }
    const journal = (): Journal => openFaulty?.(access) ?? open()
    return { journal, isDead: () => accesses >= most }
  }

  const survivors: JournalUser[] = []
  await Promise.all(
    workers.map(async (steps, worker) => {
      const { journal, isDead } = life(worker)
      let user = new JournalUser(journal(), stored)
      for (const { action, pause, entries } of steps) {
        await turns(pause)
        await hasFailed(async () => {
          switch (action) {
            case 'append':
              return user.append(entries, 2)
            case 'amend':
              return user.amend()
            case 'catchUp':
              return user.catchUp()
            case 'checkpoint':
              return user.checkpoint()
            case 'restart':
              user = new JournalUser(journal(), stored)
          }
        })
        if (isDead()) return
      }
      survivors.push(user)
    }),
  )

  const late = new JournalUser(open(), stored)
  await late.catchUp()
  await late.append(1, 1)
  await late.catchUp()
  for (const user of survivors)
    if (!(await hasFailed(() => user.catchUp()))) expect(user.known).toEqual(late.known)
}
