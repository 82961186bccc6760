import fc from 'fast-check'
import { runs, runsOfHistories } from './runs.js'

/** Tries a law; prints the shrunk counter-example and its seed if it does not hold. */
export const holds = <Case>(law: fc.IProperty<Case>, numRuns = runs): void => fc.assert(law, { numRuns })

/** The same for a law about histories of clusters. */
export const holdsInHistories = <Case>(law: fc.IProperty<Case>): void => holds(law, runsOfHistories)

/**
 * How `fc.check` tries a law on a wrong implementation: until it fails. The bound is far above what any of them needs,
 * so that no seed lets one pass.
 */
export const refutation = { numRuns: 10_000, endOnFailure: true } as const
