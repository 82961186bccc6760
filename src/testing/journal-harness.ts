import type { Millis } from '../core/clock.js'
import type { Journal } from '../core/journal.js'

/** What laws need besides journals that share a log, and what a log may lack by its nature. */
export const journalCapabilities = {
  faults: 'the storage can fail, and a process can be killed between any two of its accesses (`openFaulty`)',
  refusal: 'entries are encoded, so that some cannot be stored',
} as const

export type JournalCapability = keyof typeof journalCapabilities

/**
 * Makes an access to the storage, such as a request or a system call: after any wait, and perhaps not at all. Rejects with
 * a `StorageFailure` if it was not made, or if its answer is lost.
 */
export type Access = <A>(effect: () => Promise<A>) => Promise<A>

/** What an `Access` rejects with. */
export class StorageFailure extends Error {
  override readonly name = 'StorageFailure'

  constructor(
    /** Whether the access had its effect. */
    readonly happened: boolean,
  ) {
    super(happened ? 'no answer' : 'refused')
  }
}

/** An empty log, and journals that share it. Optional members are capabilities. */
export interface JournalHarness {
  /** The journal of another worker, as in another process. */
  readonly open: () => Journal
  /** As `open`. The journal makes every access to the storage through `access`. */
  readonly openFaulty?: (access: Access) => Journal
  /** Lets time pass for leases. */
  readonly advance: (ms: Millis) => Promise<void> | void
  readonly dispose: () => Promise<void>
}

const isCapability = (name: string): name is JournalCapability => name in journalCapabilities

export const journalCapabilityNames: readonly JournalCapability[] =
  Object.keys(journalCapabilities).filter(isCapability)

/** Returns the capability, or throws an Error that explains how to declare it as lacking. */
export const capability = <A>(member: A | undefined, name: JournalCapability): A => {
  if (member === undefined)
    throw new Error(
      `the harness has no "${name}" (${journalCapabilities[name]}): add it, or name it in lacks`,
    )
  return member
}
