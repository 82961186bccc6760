/** A target in the smallest form that shows everything: a record is a set of servers, and a note that is not ours. */
import { formatAddress } from '../../src/core/desired.js'
import type { Plan } from '../../src/core/plan.js'
import type { Change, Owner, Row, Sink } from '../../src/core/sink.js'

export interface Pool {
  readonly servers: readonly string[]
  /** Written by a person: survives whatever we do. */
  readonly note: string
}

export interface SetSinkOptions {
  readonly adopt: boolean
  /** Whether a record that nothing desires is deleted, or left without servers. */
  readonly deletes: boolean
  /** Whether it tells to which hosts a record leads. Default: false. */
  readonly tells?: boolean
  /** Whether it can empty a record. Default: false. */
  readonly empties?: boolean
}

type SetSink = Pick<Sink<Pool>, 'equals' | 'adopt' | 'prune' | 'render' | 'hostsOf' | 'emptied'>

export const setSink = ({ adopt, deletes, tells = false, empties = false }: SetSinkOptions): SetSink => ({
  adopt,
  ...(tells ? { hostsOf: ({ servers }) => servers.map((server) => server.replace(/:\d+$/, '')) } : {}),
  ...(empties ? { emptied: (before) => ({ ...before, servers: [] }) } : {}),
  equals: (a, b) =>
    a.note === b.note &&
    a.servers.length === b.servers.length &&
    a.servers.every((one, i) => one === b.servers[i]),
  prune: (before) => (deletes ? undefined : { ...before, servers: [] }),
  render: (backends, before) =>
    new Map(
      Array.from(backends, ([name, { endpoints, gone, complete }]): [string, Pool] => {
        const left = new Set(gone.map(formatAddress))
        const held = complete ? [] : (before.get(name)?.servers ?? []).filter((server) => !left.has(server))
        const servers = [...new Set([...endpoints.map(formatAddress), ...held])].sort()
        return [name, { servers, note: before.get(name)?.note ?? '' }]
      }),
    ),
})

/** What the target holds once a plan's changes are made. */
export const applied = (
  rows: readonly Row<Pool>[],
  { changes }: Plan<Pool>,
  owner: Owner,
): readonly Row<Pool>[] => {
  const held = new Map(rows.map((row) => [row.key, row]))
  const written = (change: Exclude<Change<Pool>, { readonly _tag: 'Delete' }>): Row<Pool> => ({
    key: change.key,
    value: change.after,
    owner,
    etag: undefined,
  })
  for (const change of changes)
    if (change._tag === 'Delete') held.delete(change.key)
    else held.set(change.key, written(change))
  return [...held.values()]
}
