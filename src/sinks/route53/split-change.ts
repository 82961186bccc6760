import * as E from 'fp-ts/lib/Either.js'
import { batchOf, type HostOptions, type HostUse, packed, sizeOf, type Step } from './batch.js'
import type { HostTable } from './host-table.js'
import type { RecordSet, RecordSetChange } from './record-set.js'

/** A change of a name in its parts. */
export interface Parts {
  readonly name: readonly RecordSetChange[]
  readonly begun: readonly HostUse[]
  readonly ended: readonly HostUse[]
  /** The name's mark when the change is made; undefined when it has none any more. */
  readonly mark: RecordSet | undefined
}

const guard = (mark: RecordSet): readonly RecordSetChange[] => [
  { action: 'DELETE', set: mark },
  { action: 'CREATE', set: mark },
]

/**
 * A change that is too large for one batch, in several: first the hosts that come into use, some at a time, then the
 * records that lead to them, and at last the hosts that are left, while the name stays as it then is. So it never
 * leads to a host that has no records, whenever this ends. `emptied`: the mark that a name has, while its hosts are
 * left, of which nothing stays in the end.
 */
export const spread = (
  { name, begun, ended, mark }: Parts,
  emptied: RecordSet,
  table: HostTable,
  options: HostOptions,
): readonly Step[] => {
  const last = mark ?? emptied
  const some = (uses: readonly HostUse[], records: readonly RecordSetChange[]): readonly Step[] =>
    packed(
      uses.map((use) => {
        const batch = batchOf([{ records, uses: [use] }], table, options)
        return { use, size: E.isLeft(batch) ? sizeOf([]) : sizeOf(batch.right.changes) }
      }),
    ).map((group) => ({ records, uses: group.map(({ use }) => use) }))
  return [
    ...some(begun, []),
    { records: mark === undefined ? [...name, { action: 'CREATE', set: emptied }] : name, uses: [] },
    ...some(ended, guard(last)),
    ...(mark === undefined ? [{ records: [{ action: 'DELETE', set: emptied } as const], uses: [] }] : []),
  ]
}
