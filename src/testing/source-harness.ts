import type { ClusterEvent } from '../core/event.js'
import type { Source } from '../core/source.js'

/** What laws need of a backend, and what it may lack by its nature. */
export const sourceCapabilities = {
  publishGarbage: 'a message can be one that is not an event (`publishGarbage`)',
  redeliver: 'what is not acknowledged comes again (`redeliver`)',
  maxInFlight: 'the source bounds what is unsettled (`maxInFlight`)',
  singleAcks: 'each message is acknowledged by itself; a log, as of Kafka or Kinesis, commits a prefix',
} as const

export type SourceCapability = keyof typeof sourceCapabilities

/** A new source with an empty backend, such as a queue, a web server with its sender, or a list. */
export interface SourceBackend {
  readonly source: Source
  /**
   * Makes the backend offer these events, in any number of deliveries and any order; may be called without a
   * subscriber. Resolves once the backend has them, not once they are delivered. All are `TaskChanged`; the laws
   * compare task ARNs, so an encoding may lose the rest.
   */
  publish(events: readonly ClusterEvent[]): Promise<void>
  /** Makes the backend offer one message that is not an event. */
  readonly publishGarbage?: () => Promise<void>
  /**
   * Lets enough time pass for the backend to offer again what was delivered or nacked but not acknowledged: a queue's
   * visibility timeout, a sender's retry. The laws call it while no delivery is held.
   */
  readonly redeliver?: () => Promise<void>
  /**
   * The number of unacknowledged messages in the backend, delivered or not, including undecodable messages that it
   * keeps. For a log: the number of messages that are not committed.
   */
  unacknowledged(): Promise<number>
  /** The source's limit of unsettled events. At least 40, because other laws leave up to 25 unsettled. */
  readonly maxInFlight?: number
  dispose(): Promise<void>
}

/** How to try the laws on a source. */
export interface SourceTrial {
  /** Called once for each case. */
  readonly make: () => Promise<SourceBackend>
  /** Random cases per law. */
  readonly runs: number
  /** How long to wait for one condition, in milliseconds. */
  readonly patienceMs: number
}

export interface SourceHarness extends Pick<SourceTrial, 'make'> {
  /**
   * What the backend cannot do: laws that need it are shown as skipped. Default: nothing.
   *
   * Without `singleAcks`, weaker laws replace those about single messages: after a crash, everything comes again from
   * the first delivery that was not acknowledged. Give such a log one partition, because the laws know one order.
   */
  readonly lacks?: readonly SourceCapability[]
  /** Random cases per law. Default: 10, suitable for a backend behind a network. */
  readonly runs?: number
  /** How long to wait for one condition, in milliseconds. Default: 20,000. */
  readonly patienceMs?: number
}

const isCapability = (name: string): name is SourceCapability => name in sourceCapabilities

export const sourceCapabilityNames: readonly SourceCapability[] =
  Object.keys(sourceCapabilities).filter(isCapability)

/** Returns the capability, or throws an Error that explains how to declare it as lacking. */
export const capability = <A>(member: A | undefined, name: SourceCapability): A => {
  if (member === undefined)
    throw new Error(`the backend has no "${name}" (${sourceCapabilities[name]}): add it, or name it in lacks`)
  return member
}
