import type { AimName } from './aims.js'
import type { Effort } from './effort.js'

/** What a benchmark has to say about an aim. */
export type Finding =
  | {
      readonly _tag: 'Measured'
      readonly aim: AimName
      /** One of each round, in the unit of the aim. */
      readonly values: readonly number[]
    }
  | { readonly _tag: 'Skipped'; readonly aim: AimName; readonly why: string }

export const measured = (aim: AimName, values: readonly number[]): Finding => ({
  _tag: 'Measured',
  aim,
  values,
})

export const skipped = (aim: AimName, why: string): Finding => ({ _tag: 'Skipped', aim, why })

/** Prints what it measures, and returns its part of the summary, if it has aims. */
export type Bench = ((effort: Effort) => Promise<readonly Finding[]>) | ((effort: Effort) => Promise<void>)
