/** Plans the change of a name as record changes. Pure, so that what will be sent can be printed and tested. */
import * as E from 'fp-ts/lib/Either.js'
import type { DnsName } from './dns-name.js'
import type { Change, Owner } from '../../core/sink.js'
import {
  batchLimits,
  batchOf,
  type BatchSize,
  fits,
  type HostOptions,
  type HostUse,
  sizeOf,
  type Step,
} from './batch.js'
import { digestOf, formatOwner, ownershipTtl, ownershipName, userOf } from './ownership.js'
import type { HostTable } from './host-table.js'
import { contentOf, newRecordSet, type RecordSet, type RecordSetChange } from './record-set.js'
import type { SrvService } from './service.js'
import { hostsOfEcssd, isOfOurs } from './record-layout.js'
import { spread } from './split-change.js'
import type { NameRecords } from './view.js'

/** One change, ready to be sent. */
export interface Unit {
  readonly change: Change<SrvService>
  /** The whole change in one step. */
  readonly step: Step
  /** The size of a batch with only this change; it may exceed the limits. */
  readonly size: BatchSize
  /** The same change in several steps, for when it is too large. */
  readonly steps: (table: HostTable) => readonly Step[]
  /** The name's state after the change. */
  readonly after: NameRecords
}

/**
 * Record sets that stay are not touched, except a simple one, which holds all targets: the write is conditional on it.
 */
const replaced = (
  held: readonly RecordSet[],
  wanted: readonly RecordSet[],
): { readonly out: readonly RecordSet[]; readonly in: readonly RecordSet[] } => {
  const stays = (set: RecordSet, others: readonly RecordSet[]): boolean =>
    set.identifier !== undefined && others.some((other) => contentOf(other) === contentOf(set))
  return {
    out: held.filter((set) => !stays(set, wanted)),
    in: wanted.filter((set) => !stays(set, held)),
  }
}

const changed = (action: RecordSetChange['action'], sets: readonly RecordSet[]): readonly RecordSetChange[] =>
  sets.map((set) => ({ action, set }))

/** A name with several record sets needs one routing policy other than the simple one, and an identifier for each. */
const mayStandBeside = (other: RecordSet, wanted: readonly RecordSet[]): boolean =>
  wanted.every(
    ({ identifier }) =>
      identifier !== undefined && other.weight !== undefined && identifier !== other.identifier,
  )

const quota = (change: Change<SrvService>, { values, characters }: BatchSize): string => {
  const targets = change._tag === 'Delete' ? 0 : change.after.sets.flatMap((set) => set.values).length
  return (
    `Route 53 takes ${batchLimits.values} values and ${batchLimits.characters} characters in one request, and ` +
    `${change.key} with ${targets} targets needs ${values} and ${characters}: expose them under several names`
  )
}

export interface NameChangeOptions extends HostOptions {
  /** The zone's name. */
  readonly zone: DnsName
}

/** The change as steps, or the reason why it is impossible. */
export const unitOf = (
  change: Change<SrvService>,
  owner: Owner,
  table: HostTable,
  options: NameChangeOptions,
): E.Either<string, Unit> => {
  const after = change._tag === 'Delete' ? undefined : change.after
  if (after?.refusal !== undefined) return E.left(after.refusal)
  const before = change._tag === 'Create' ? undefined : change.before.value
  const name = change.key
  const { zone } = options
  const { ownership, others = [] } = before?.held ?? {}
  const stranger = others.find((set) => !mayStandBeside(set, after?.sets ?? []))
  if (stranger !== undefined)
    return E.left(
      `${name} has ${others.length} SRV records that this worker does not own, one with the identifier "${stranger.identifier ?? ''}", ` +
        `and Route 53 does not allow ours beside one with the same identifier or another routing policy: delete them, or adopt them if ecssd wrote them`,
    )

  const ownershipWith = (sets: readonly RecordSet[]): RecordSet => {
    const text = formatOwner(owner, digestOf(sets.filter((set) => isOfOurs(set, zone))), ownership)
    const nextOwnership = newRecordSet({
      name: ownershipName(name),
      type: 'TXT',
      ttl: ownershipTtl,
      values: [text],
    })
    return ownership !== undefined && contentOf(ownership) === contentOf(nextOwnership)
      ? ownership
      : nextOwnership
  }
  const next = replaced(before?.sets ?? [], after?.sets ?? [])
  // Deleted and created again with every change, so that the batch fails if another owner took the name meanwhile.
  const nextOwnership = after === undefined ? undefined : ownershipWith(after.sets)
  const records = [
    ...changed('DELETE', next.out),
    ...changed('DELETE', ownership === undefined ? [] : [ownership]),
    ...changed('CREATE', next.in),
    ...changed('CREATE', nextOwnership === undefined ? [] : [nextOwnership]),
  ]

  const user = userOf(owner, name)
  const leads = (host: DnsName): boolean => before?.hosts.has(host) === true
  const begun = Array.from(after?.hosts ?? [], ([host, found]): HostUse => {
    return { ...found, host, user, begins: true, leads: leads(host) }
  })
  // The hosts that the name points to, and those that list it as a user.
  const left = new Map(Array.from(before?.hosts ?? [], ([host, { address }]) => [host, address]))
  for (const { name: host, address } of table.usedBy(user)) left.set(host, address)
  // The hosts of ecssd that it pointed to: their agents may have died with their machines.
  const stays = hostsOfEcssd(after?.sets ?? [], zone)
  const leaves = new Map([...hostsOfEcssd(before?.sets ?? [], zone)].filter(([host]) => !stays.has(host)))
  for (const [host, address] of leaves) left.set(host, address)
  const ended = [...left]
    .filter(([host]) => after?.hosts.has(host) !== true)
    .map(([host, address]): HostUse => {
      const leaver = leaves.has(host) ? name : undefined
      return { host, address, ipv6: undefined, user, begins: false, leads: leads(host), leaves: leaver }
    })

  const step: Step = { records, uses: [...begun, ...ended] }
  const batch = batchOf([step], table, options)
  if (E.isLeft(batch)) return batch
  const own = sizeOf(records)
  if (!fits(own)) return E.left(quota(change, own))
  const parts = { name: records, begun, ended, ownership: nextOwnership }
  return E.right({
    change,
    step,
    size: sizeOf(batch.right.changes),
    steps: (now) => spread(parts, ownershipWith([]), now, options),
    after: { name, services: [...others, ...(after?.sets ?? [])], ownership: nextOwnership },
  })
}
