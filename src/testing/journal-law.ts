import type fc from 'fast-check'
import type { JournalCapability, JournalHarness } from './journal-harness.js'
import { tried } from './tried.js'

/** A law for every journal, as a property of random cases. */
export interface JournalLaw {
  readonly sentence: string
  readonly needs: readonly JournalCapability[]
  /** Rejects with the smallest counter-example found. Makes a harness for each run. */
  readonly check: (make: () => Promise<JournalHarness>, runs: number) => Promise<void>
}

export const journalLaw = <A>(
  sentence: string,
  needs: readonly JournalCapability[],
  arbitrary: fc.Arbitrary<A>,
  body: (harness: JournalHarness, generated: A) => Promise<void>,
): JournalLaw => ({
  sentence,
  needs,
  check: (make, runs) => tried(make, arbitrary, body, runs),
})
