import type { Deployment, Rollout } from '../../../core/deployment.js'
import type { DefinitionArn } from '../../../core/arn.js'
import type { Millis } from '../../../core/clock.js'
import { isActive } from './described-rollout.js'
import { StartedGroups } from './started-groups.js'

/** What a service needs, by what is known of it. */
export type Need =
  | 'nothing'
  /** To be asked about; until then, its new tasks are held. */
  | 'answer'
  /** To be asked about; until then, it stays as it is. */
  | 'check'
  /** A deployment is in progress: to be asked about again and again. */
  | 'polling'

/** What ECS tells of a deployment about whose tasks are its own. */
export interface AskedDeployment {
  /** Its ARN. */
  readonly deployment: string
  readonly begin: Millis | undefined
  /** `undefined`: not known yet. */
  readonly definitions: {
    readonly source: readonly (DefinitionArn | undefined)[]
    readonly target: DefinitionArn | undefined
  }
}

/** The side of a deployment whose tasks have the definition, if that tells it. */
const sideOf = (
  definition: DefinitionArn | undefined,
  { source, target }: AskedDeployment['definitions'],
): 'source' | 'target' | undefined => {
  if (definition === undefined || target === undefined || source.includes(target)) return undefined
  if (definition === target) return source.includes(undefined) ? undefined : 'target'
  return source.includes(definition) ? 'source' : undefined
}

type Shifting = Extract<Rollout, { _tag: 'Shifting' }>

const idsOf = ({ source, target }: Shifting): readonly string[] =>
  [target, ...source].flatMap(({ startedBy }) => startedBy)

/**
 * One service: what its tasks, the announcements and the last answer say about whether ECS must be asked.
 *
 * A service of which nothing is known is asked about when its tasks have two origins, which is what a deployment shows
 * first; one that deploys by rolling once for each deployment; and one that deploys in stages at each announcement.
 */
export class AskedService {
  readonly groups = new StartedGroups()
  /** The origins that have been seen alone, or in an answer. */
  private settled: readonly string[] = []
  /** The origins that an ended deployment has replaced. Late tasks of theirs are no sign of a new one. */
  private replaced: readonly string[] = []
  private heard: Millis = 0
  private provisional = false

  /** Called after each change of its tasks, or of what is known of it. */
  need(known: Deployment | undefined): Need {
    const { ids } = this.groups
    const rollout = known?.described?.rollout
    const isNews = ids.some((id) => !this.settled.includes(id))
    switch (rollout?._tag) {
      case undefined:
        if (ids.length > 1) return 'answer'
        this.settled = ids
        return 'nothing'
      case 'AtOnce':
        if (this.settled.length === 0 && ids.length === 1) this.settled = ids
        return isNews && ids.length > 1 ? 'check' : 'nothing'
      case 'Settled': {
        const isKnown = (id: string): boolean => rollout.startedBy.includes(id) || this.replaced.includes(id)
        const isAnnounced = (known?.announcedAt ?? 0) > this.heard
        return !ids.every(isKnown) || isAnnounced ? 'check' : 'nothing'
      }
      case 'Shifting':
        if (isActive(rollout.status)) return 'polling'
        return ids.some((id) => !idsOf(rollout).includes(id)) || (known?.announcedAt ?? 0) > this.heard
          ? 'check'
          : 'nothing'
    }
  }

  /** Whether its new tasks are held back although nothing tells that it deploys in stages. */
  get isProvisional(): boolean {
    return this.provisional
  }

  /**
   * Called when nothing is known of it and its new tasks have to wait. Returns the origins whose tasks do not: those that
   * had the service to themselves before.
   */
  holds(): readonly string[] {
    this.provisional = true
    return this.settled
  }

  /** Called when it is about to be asked about: announcements until then are answered by that. */
  asks(known: Deployment | undefined): void {
    this.heard = Math.max(this.heard, known?.announcedAt ?? 0)
  }

  /** Called with each answer. `before`: the last one. */
  answered(rollout: Rollout, before: Rollout | undefined): void {
    this.provisional = false
    if (rollout._tag === 'Settled' && before?._tag === 'Shifting')
      this.replaced = idsOf(before).filter((id) => !rollout.startedBy.includes(id))
    if (rollout._tag === 'Shifting') this.replaced = []
    this.settled = rollout._tag === 'Settled' ? rollout.startedBy : this.groups.ids
  }

  /**
   * The origins of a deployment's replaced revisions, and of the new one: those that are known; then by the definitions
   * of their tasks; then by when their tasks came, if the same definition is deployed again. A deployment has one origin.
   * Those of replaced revisions may be younger than it, because their tasks are replaced, too.
   */
  originsOf(
    { deployment, begin, definitions }: AskedDeployment,
    before: Rollout | undefined,
  ): { readonly source: readonly string[]; readonly target: readonly string[] } {
    const last = before?._tag === 'Shifting' && before.deployment === deployment ? before : undefined
    const source = new Set(last?.source.flatMap(({ startedBy }) => startedBy))
    const target = new Set(last?.target.startedBy)
    const isOpen = (id: string): boolean => !source.has(id) && !target.has(id)
    for (const id of this.groups.ids.filter(isOpen)) {
      const side = sideOf(this.groups.definitionOf(id), definitions)
      if (side !== undefined) (side === 'target' ? target : source).add(id)
    }
    const split = begin === undefined ? { before: [], since: [] } : this.groups.split(begin)
    for (const id of split.before.filter(isOpen)) source.add(id)
    const young = split.since.filter(isOpen)
    const settled = before?._tag === 'Settled' ? before.startedBy : []
    // Alone and known to have had the traffic, they are of the old revision.
    const isOld = source.size + young.length === 1 && young.every((id) => settled.includes(id))
    if (last !== undefined && last.target.startedBy.length > 0) for (const id of young) target.add(id)
    else if (target.size === 0 && !isOld) for (const id of young.slice(-1)) target.add(id)
    for (const id of young) if (!target.has(id)) source.add(id)
    return { source: [...source].sort(), target: [...target].sort() }
  }

  /** The origins that take traffic while no deployment is in progress. */
  get current(): readonly string[] {
    const others = this.groups.ids.filter((id) => !this.replaced.includes(id))
    return others.length > 0 ? others : this.groups.ids
  }
}
