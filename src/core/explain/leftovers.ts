import type { Sliced } from '../sliced.js'
import { broken, type ChainLink, waiting } from './chain.js'
import type { TargetRecord } from './explained-target.js'
import type { ExplainedWorld } from './explained-world.js'
import { hasPort, hostOfText, leadsTo, type Place, portOfText } from './place.js'
import { recordLink } from './target-links.js'
import { aboutSkipped, skippedBecause } from './what-to-do.js'

/** A record of a target that leads somewhere, for reasons that are not a live task. */
export interface RecordExplanation {
  readonly _tag: 'Record'
  readonly target: string
  readonly key: string
  /** Where the record leads, of what was asked for. */
  readonly places: readonly string[]
  /** Why it is still there. */
  readonly link: ChainLink
}

/** Why a record still leads to a place that nothing desires. */
const staysBecause = (
  { key, isOurs, owner, change, skipped, wanted }: TargetRecord,
  kept: boolean,
): ChainLink => {
  if (skipped !== undefined)
    return broken(
      'plan',
      `the change of ${key} is skipped as ${skipped}: ${skippedBecause[skipped]}`,
      aboutSkipped[skipped],
    )
  if (change !== undefined && !kept)
    return waiting('target', `the plan removes it from ${key}`, 'the worker writes it in its next round')
  if (!isOurs)
    return broken('plan', `${key} belongs to ${owner ?? 'nobody'}, and is not changed`, aboutSkipped.foreign)
  return waiting(
    'plan',
    wanted === undefined
      ? `${key} is not desired, and its target keeps such records as they are`
      : `${key} keeps it, because its backend is incomplete: it may belong to a task that is not known yet`,
    aboutSkipped.incomplete,
  )
}

/** A place of a record that may be left over, and the place that it was looked for as. */
interface Suspect {
  readonly held: string
  readonly place: Place
}

/** Whether no endpoint of a desired backend is at this place of a record. A bare host stands for all its ports. */
const isDeserted = ({ desired }: ExplainedWorld, { held, place: { host, port } }: Suspect): boolean => {
  const isPort = hasPort(held, host)
  for (const { endpoints } of desired.backends.values())
    for (const endpoint of endpoints)
      if (endpoint.host === host && (!isPort || endpoint.port === port)) return false
  return true
}

/** How many records make a slice of a few milliseconds. */
const recordsASlice = 200

/** The records that lead to suspect places at which nothing is. `suspectAt`: what a place of a record may be left of. */
function* leftBy(
  world: ExplainedWorld,
  suspectAt: (held: string) => Place | undefined,
): Sliced<readonly RecordExplanation[]> {
  const left: RecordExplanation[] = []
  /** Several records may lead to one place, and each answer costs a pass over the endpoints. */
  const known = new Map<string, boolean>()
  const isLeft = (held: string): boolean => {
    const place = suspectAt(held)
    if (place === undefined) return false
    const found = known.get(held) ?? isDeserted(world, { held, place })
    known.set(held, found)
    return found
  }
  let read = 0
  for (const target of world.targets) {
    if (target._tag === 'Unread') continue
    for (const record of target.records.values()) {
      if (++read % recordsASlice === 0) yield
      const places = (record.held ?? []).filter(isLeft)
      if (places.length === 0) continue
      const link = staysBecause(record, record.wanted?.some(isLeft) === true)
      left.push({ _tag: 'Record', target: target.name, key: record.key, places, link })
    }
  }
  return left
}

/** The records that still lead to one of these places, although no live task is there. */
export const leftovers = (
  world: ExplainedWorld,
  places: readonly Place[],
): Sliced<readonly RecordExplanation[]> =>
  leftBy(world, (held) => places.find((place) => leadsTo(held, place)))

/** The records that lead to an address at which no live task is. Without a port, all ports of the host. */
export const leftoversAt = (
  world: ExplainedWorld,
  { host, port }: { readonly host: string; readonly port: number | undefined },
): Sliced<readonly RecordExplanation[]> =>
  leftBy(world, (held) => {
    if (!held.includes(host) || hostOfText(held) !== host) return undefined
    const shown = portOfText(held, host)
    if (port !== undefined && shown !== undefined && shown !== port) return undefined
    return { host, ipv6: undefined, port: shown ?? port ?? 0 }
  })

/** The records with this key. */
export const keyedRecords = (world: ExplainedWorld, key: string): readonly RecordExplanation[] =>
  world.targets.flatMap((target) => {
    const record = target._tag === 'Read' ? target.records.get(key) : undefined
    if (record === undefined) return []
    const { held = [], wanted } = record
    const link =
      wanted === undefined || record.skipped !== undefined ? staysBecause(record, false) : recordLink(record)
    return [{ _tag: 'Record' as const, target: target.name, key, places: held, link }]
  })
