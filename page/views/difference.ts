import type { EndpointRow } from '../../src/inspector/tables.js'

/** What became of one backend between two moments. */
export interface BackendDifference {
  readonly backend: string
  readonly added: readonly EndpointRow[]
  readonly removed: readonly EndpointRow[]
  /** How many endpoints it has at both. */
  readonly kept: number
}

const keyOf = ({ address, task }: EndpointRow): string => `${address} ${task}`

const byBackend = (rows: readonly EndpointRow[]): ReadonlyMap<string, ReadonlyMap<string, EndpointRow>> => {
  const all = new Map<string, Map<string, EndpointRow>>()
  for (const row of rows) {
    const own = all.get(row.backend) ?? new Map<string, EndpointRow>()
    all.set(row.backend, own.set(keyOf(row), row))
  }
  return all
}

/** The backends whose endpoints differ, by name. */
export const differenceOf = (
  before: readonly EndpointRow[],
  after: readonly EndpointRow[],
): readonly BackendDifference[] => {
  const [old, current] = [byBackend(before), byBackend(after)]
  return [...new Set([...old.keys(), ...current.keys()])].sort().flatMap((backend) => {
    const [was, is] = [
      old.get(backend) ?? new Map<string, EndpointRow>(),
      current.get(backend) ?? new Map<string, EndpointRow>(),
    ]
    const added = [...is].flatMap(([key, row]) => (was.has(key) ? [] : [row]))
    const removed = [...was].flatMap(([key, row]) => (is.has(key) ? [] : [row]))
    return added.length + removed.length === 0
      ? []
      : [{ backend, added, removed, kept: is.size - added.length }]
  })
}
