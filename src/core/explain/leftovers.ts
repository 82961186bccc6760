import type { Desired } from '../desired.js'
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

/** Where live tasks are: hosts, and hosts with ports. */
const livePlaces = ({ backends }: Desired): ReadonlySet<string> => {
  const live = new Set<string>()
  for (const { endpoints } of backends.values())
    for (const { host, port } of endpoints) live.add(host).add(`${host} ${port}`)
  return live
}

/** Several tasks are explained by one desired state. */
const knownPlaces = new WeakMap<Desired, ReadonlySet<string>>()

/** Whether no endpoint of a desired backend is at this place of a record. A bare host stands for all its ports. */
const desertedPlaces = ({ desired }: ExplainedWorld): ((held: string, place: Place) => boolean) => {
  const live = knownPlaces.get(desired) ?? livePlaces(desired)
  knownPlaces.set(desired, live)
  return (held, { host, port }) => !live.has(hasPort(held, host) ? `${host} ${port}` : host)
}

const leftBy = (world: ExplainedWorld, isLeft: (held: string) => boolean): readonly RecordExplanation[] =>
  world.targets.flatMap((target) =>
    target._tag === 'Unread'
      ? []
      : [...target.records.values()].flatMap((record): readonly RecordExplanation[] => {
          const left = (record.held ?? []).filter(isLeft)
          if (left.length === 0) return []
          const link = staysBecause(record, record.wanted?.some(isLeft) === true)
          return [{ _tag: 'Record', target: target.name, key: record.key, places: left, link }]
        }),
  )

/** The records that still lead to one of these places, although no live task is there. */
export const leftovers = (world: ExplainedWorld, places: readonly Place[]): readonly RecordExplanation[] => {
  const isDeserted = desertedPlaces(world)
  return leftBy(world, (held) => places.some((place) => leadsTo(held, place) && isDeserted(held, place)))
}

/** The records that lead to an address at which no live task is. Without a port, all ports of the host. */
export const leftoversAt = (
  world: ExplainedWorld,
  { host, port }: { readonly host: string; readonly port: number | undefined },
): readonly RecordExplanation[] => {
  const isDeserted = desertedPlaces(world)
  return leftBy(world, (held) => {
    if (!held.includes(host) || hostOfText(held) !== host) return false
    const shown = portOfText(held, host)
    if (port !== undefined && shown !== undefined && shown !== port) return false
    return isDeserted(held, { host, ipv6: undefined, port: shown ?? port ?? 0 })
  })
}

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
