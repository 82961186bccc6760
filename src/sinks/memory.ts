import { formatAddress } from '../core/desired.js'
import { hostsIn } from '../core/host-in.js'
import { mergeIncomplete } from '../core/merge-incomplete.js'
import { renderEach } from '../core/render-each.js'
import type { Sink } from '../core/sink.js'
import { type HeldRows, heldRows, swapHeld } from './kit/held-rows.js'

export type { HeldRows } from './kit/held-rows.js'

/** The addresses of one backend, ordered. */
export type Addresses = readonly string[]

/** Records by the names of backends. */
export type MemoryTarget = HeldRows<Addresses>

export interface MemorySink extends Sink<Addresses> {
  readonly target: MemoryTarget
}

export interface MemorySinkOptions {
  readonly name?: string
  /** Share one target to let several sinks compete for it. */
  readonly target?: MemoryTarget
  readonly adopt?: boolean
}

/** An empty target. */
export const memoryTarget = (): MemoryTarget => heldRows()

/**
 * A target in memory, with the optimistic versioning of the real ones. For tests, for programs that read it, and as an
 * example to copy.
 */
export const memory = (options: MemorySinkOptions = {}): MemorySink => {
  const { name = 'memory', target = memoryTarget(), adopt = true } = options

  return {
    name,
    target,
    adopt,
    equals: (a, b) => a.length === b.length && a.every((address, i) => address === b[i]),
    ...renderEach<Addresses>((backend, held = []) => {
      const live = backend.endpoints.map(formatAddress)
      return mergeIncomplete(backend, { live, held, addressOf: (address) => address }).toSorted()
    }),
    prune: () => [],
    emptied: () => [],
    hostsOf: hostsIn,
    endpointsOf: (addresses) => addresses,
    read: () => Promise.resolve([...target.rows.values()]),
    apply: (changes, owner) => Promise.resolve(changes.map((change) => swapHeld(target, change, owner))),
  }
}
