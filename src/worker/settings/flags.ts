import type { Problem } from './problem.js'
import type { Declaration } from './setting.js'

/** What the flags of a command line say. */
export interface Flags {
  /** By setting, its texts in their order. An empty list sets it to nothing. */
  readonly texts: ReadonlyMap<string, readonly string[]>
  /** Whether they ask for the help. */
  readonly help: boolean
  /** Words that belong to no setting. */
  readonly problems: readonly Problem[]
  /** What is read otherwise than it may be meant. */
  readonly warnings: readonly string[]
}

/** How a command line is read. Total. */
export type ReadFlags = (declaration: Declaration, argv: readonly string[]) => Flags
