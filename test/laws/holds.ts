import fc from 'fast-check'
import { runs } from './runs.js'

/** Tries a law; prints the shrunk counter-example and its seed if it does not hold. */
export const holds = <Case>(law: fc.IProperty<Case>): void => fc.assert(law, { numRuns: runs })
