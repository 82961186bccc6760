import type { Backend } from '../core/desired.js'
import type { Owner, Sink } from '../core/sink.js'

/** What the laws need of a target beyond a sink and a look at it, and what of it a target may lack. */
export const sinkCapabilities = {
  tampering: 'somebody else can change a record (`tamper`)',
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
 * A sink over a target of its own, empty when it is made, and everybody else who can reach that target. A member that
 * may be absent is a capability: name it in `lacks` where the target cannot have it.
 */
export interface SinkHarness<V> {
  readonly sink: Sink<V>
  /** The target's records by key, raw, with all that anybody could see in them; compared by `toEqual`. */
  readonly snapshot: () => Promise<ReadonlyMap<string, unknown>>
  /** How many writes of the sink the target has taken; any number that differs after each will do. */
  readonly writes: () => number
  /** What a value offers, as `formatAddress` writes it: each address once, in any order. */
  readonly addresses: (value: V) => readonly string[]
  /** Somebody else changes a record without regard to us, in something that the sink writes, but for its owner. */
  readonly tamper?: (key: string) => Promise<void>
  /** Somebody else (`owner`), or nobody (`undefined`), has a record for this backend. */
  readonly plant?: (backend: Backend, owner: Owner | undefined) => Promise<void>
  /** Something in a record that is not the sink's to change, in as many places and types as there are. */
  readonly embellishment?: {
    readonly add: (key: string) => Promise<void>
    readonly read: (key: string) => Promise<unknown>
  }
  /** From now on, writes of this key fail, and only they. */
  readonly failOn?: (key: string) => void
  /** Another sink with the same options over the same target, as another process would have it. */
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

/** The capability, or an Error that says how to name its lack. */
export const capability = <A>(member: A | undefined, name: SinkCapability): A => {
  if (member === undefined)
    throw new Error(`the harness has no "${name}" (${sinkCapabilities[name]}): add it, or name it in lacks`)
  return member
}
