import { formatAddress } from '../core/desired.js'
import { hostsIn } from '../core/host-in.js'
import { renderEach } from '../core/render-each.js'
import type { Change, Outcome, Owner, Row, Sink } from '../core/sink.js'

/** The addresses of one backend, ordered. */
export type Addresses = readonly string[]

export interface MemoryTarget {
  /** By key, which is the backend's name. */
  readonly rows: Map<string, Row<Addresses>>
  /** Successful writes so far. */
  writes: number
}

export interface MemorySink extends Sink<Addresses> {
  readonly target: MemoryTarget
}

export interface MemorySinkOptions {
  readonly name?: string
  /** Share one to let several sinks race for it. */
  readonly target?: MemoryTarget
  readonly adopt?: boolean
}

/** An empty target. */
export const memoryTarget = (): MemoryTarget => ({ rows: new Map(), writes: 0 })

/**
 * A target in memory, with the optimistic versioning of the real ones. For tests, for programs that read it, and the
 * one to copy.
 */
export const memory = (options: MemorySinkOptions = {}): MemorySink => {
  const { name = 'memory', target = memoryTarget(), adopt = true } = options

  const write = (change: Change<Addresses>, owner: Owner): Outcome<Addresses> => {
    const { key } = change
    const held = target.rows.get(key)
    const expected = change._tag === 'Create' ? undefined : change.before.etag
    if (held?.etag !== expected) return { _tag: 'Conflict', key, found: held }
    target.writes++
    if (change._tag === 'Delete') {
      target.rows.delete(key)
      return { _tag: 'Done', key, row: undefined }
    }
    const etag = String(target.writes)
    const row = { key, value: change.after, owner, etag }
    target.rows.set(key, row)
    return { _tag: 'Done', key, row }
  }

  return {
    name,
    target,
    adopt,
    equals: (a, b) => a.length === b.length && a.every((address, i) => address === b[i]),
    render: renderEach(({ endpoints, gone, complete }, before = []) => {
      const live = endpoints.map(formatAddress)
      const left = new Set(gone.map(formatAddress))
      const unexplained = complete ? [] : before.filter((address) => !left.has(address))
      return [...new Set([...live, ...unexplained])].sort()
    }),
    prune: () => [],
    emptied: () => [],
    hostsOf: hostsIn,
    read: () => Promise.resolve([...target.rows.values()]),
    apply: (changes, owner) => Promise.resolve(changes.map((change) => write(change, owner))),
  }
}
