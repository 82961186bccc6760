import type { Problem } from './problem.js'
import type { Declaration } from './setting.js'

/** The flags of a command line, parsed. */
export interface Flags {
  /** The texts given for each setting, in order. An empty list clears the setting. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** Whether help was requested. */
  readonly help: boolean
  /** Words that do not belong to any setting. */
  readonly problems: readonly Problem[]
  /** Flags that may have been meant differently from how they were read. */
  readonly warnings: readonly string[]
}

/** Parses a command line. Never throws. */
export type ReadFlags = (declaration: Declaration, argv: readonly string[]) => Flags
