import * as E from 'fp-ts/lib/Either.js'
import { batchOf, type HostOptions, type HostUse, packed, sizeOf, type Step } from './batch.js'
import type { HostTable } from './host-table.js'
import type { RecordSet, RecordSetChange } from './record-set.js'

/** The parts of a name's change. */
export interface Parts {
  readonly name: readonly RecordSetChange[]
  readonly begun: readonly HostUse[]
  readonly ended: readonly HostUse[]
  /** The name's ownership record after the change; undefined if the name has none any more. */
  readonly ownership: RecordSet | undefined
}

const guard = (ownership: RecordSet): readonly RecordSetChange[] => [
  { action: 'DELETE', set: ownership },
  { action: 'CREATE', set: ownership },
]

/**
 * Splits a change that is too large for one batch: first the hosts that come into use, in groups; then the records that
 * point to them; finally the hosts that are no longer used. The name therefore never points to a host without records,
 * wherever this stops. `emptied`: the ownership record of a name that is to disappear, while its hosts are being given
 * up.
 */
export const spread = (
  { name, begun, ended, ownership }: Parts,
  emptied: RecordSet,
  table: HostTable,
  options: HostOptions,
): readonly Step[] => {
  const last = ownership ?? emptied
  const some = (uses: readonly HostUse[], records: readonly RecordSetChange[]): readonly Step[] =>
    packed(
      uses.map((use) => {
        const batch = batchOf([{ records, uses: [use] }], table, options)
        return { use, size: E.isLeft(batch) ? sizeOf([]) : sizeOf(batch.right.changes) }
      }),
    ).map((group) => ({ records, uses: group.map(({ use }) => use) }))
  return [
    ...some(begun, []),
    { records: ownership === undefined ? [...name, { action: 'CREATE', set: emptied }] : name, uses: [] },
    ...some(ended, guard(last)),
    ...(ownership === undefined
      ? [{ records: [{ action: 'DELETE', set: emptied } as const], uses: [] }]
      : []),
  ]
}
