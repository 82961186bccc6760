import type { Backend } from '../core/desired.js'
import type { Owner, Sink } from '../core/sink.js'

/** Capabilities that laws need besides the sink and access to its target's records, and that a target may lack. */
export const sinkCapabilities = {
  tampering: 'another writer can change a record (`tamper`)',
  'foreign-rows': 'records of several owners can be in the target (`plant`)',
  adoption: 'a record can be there without an owner (`plant`)',
  extras: 'a record can hold what is not the sink’s (`embellishment`)',
  'partial-failure': 'a write can fail for one record alone (`failOn`)',
  restart: 'another sink finds what was written (`another`)',
  races: 'several sinks can write at the same time (`another`)',
  hosts: 'a record leads to hosts (`Sink.hostsOf`)',
} as const

export type SinkCapability = keyof typeof sinkCapabilities

/**
 * A sink with an empty target of its own, and the actions of other writers on that target. Optional members are
 * capabilities: name one in `lacks` if the target cannot have it.
 */
export interface SinkHarness<V> {
  readonly sink: Sink<V>
  /** The target's raw records by key, complete; compared by `toEqual`. */
  readonly snapshot: () => Promise<ReadonlyMap<string, unknown>>
  /** How many writes of the sink the target has accepted; any number that changes with each write will do. */
  readonly writes: () => number
  /** The addresses that a value exposes, as `formatAddress` writes them: without duplicates, in any order. */
  readonly addresses: (value: V) => readonly string[]
  /**
   * Another writer changes something in a record that the sink writes, except for the owner, ignoring all conventions.
   */
  readonly tamper?: (key: string) => Promise<void>
  /** Another owner (`owner`), or none (`undefined`), has a record for this backend. */
  readonly plant?: (backend: Backend, owner: Owner | undefined) => Promise<void>
  /** Changes parts of a record that the sink must not touch, in as many places and with as many types as possible. */
  readonly embellishment?: {
    readonly add: (key: string) => Promise<void>
    readonly read: (key: string) => Promise<unknown>
  }
  /** From now on, writes of this key fail, and no others. */
  readonly failOn?: (key: string) => void
  /** A second sink with the same options for the same target, as in another process. */
  readonly another?: () => Sink<V>
  readonly dispose: () => Promise<void>
}

const isCapability = (name: string): name is SinkCapability => name in sinkCapabilities

export const sinkCapabilityNames: readonly SinkCapability[] =
  Object.keys(sinkCapabilities).filter(isCapability)

/** The capabilities that a harness has. */
export const capabilitiesOf = <V>(harness: SinkHarness<V>): ReadonlySet<SinkCapability> => {
  const members: Readonly<Record<SinkCapability, unknown>> = {
    tampering: harness.tamper,
    'foreign-rows': harness.plant,
    adoption: harness.plant,
    extras: harness.embellishment,
    'partial-failure': harness.failOn,
    restart: harness.another,
    races: harness.another,
    hosts: harness.sink.hostsOf?.bind(harness.sink),
  }
  return new Set(sinkCapabilityNames.filter((capability) => members[capability] !== undefined))
}

/** Returns the capability, or throws an Error that explains how to declare it as lacking. */
export const capability = <A>(member: A | undefined, name: SinkCapability): A => {
  if (member === undefined)
    throw new Error(`the harness has no "${name}" (${sinkCapabilities[name]}): add it, or name it in lacks`)
  return member
}
