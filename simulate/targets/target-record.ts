import type { Millis } from '../../src/core/clock.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'

/** What a target holds of one backend, in whatever form. */
export interface TargetRecord {
  /** As the sink's plans call it. */
  readonly key: string
  /** The service that it is of; another name if it is of none of ours. */
  readonly backend: string
  /** `undefined`: whoever wants it may take it. */
  readonly owner: string | undefined
  /** The weights of the servers, by their addresses. */
  readonly servers: ReadonlyMap<string, number>
  /** What is in it that others maintain; empty if nothing is. */
  readonly ofOthers: string
  /** What a write may take away, each as a text for people: equal texts for what a sink takes for equal. */
  readonly parts: readonly string[]
}

/** A write that was made. At least one of the two is there. */
export interface TargetWrite {
  readonly before: TargetRecord | undefined
  readonly after: TargetRecord | undefined
}

export interface WorkerWrite extends TargetWrite {
  readonly by: SimulatedProcess
  /** When it was planned, if that is known better than by when it was written. */
  readonly plannedAt?: Millis
}

export const addressesOf = (record: TargetRecord | undefined): readonly string[] => [
  ...(record?.servers.keys() ?? []),
]

export const backendOf = ({ before, after }: TargetWrite): string => (after ?? before)?.backend ?? ''

/** Whether the record itself is another, and not only what it leads to, such as the address of a host. */
export const isOfRecord = ({ before, after }: TargetWrite): boolean =>
  before?.parts.join('; ') !== after?.parts.join('; ') || before?.ofOthers !== after?.ofOthers

/** A write, for people. */
export const writeText = (write: TargetWrite): string =>
  `writes ${backendOf(write)} [${addressesOf(write.after).join()}]`
