import { lastSegment, type TaskArn } from '../arn.js'
import { type Claim, claimsOf, originOf, type TaskClaims } from '../claim.js'
import { type Completeness, completenessOf } from '../completeness.js'
import type { BackendName } from '../policy.js'
import { type Sliced, sliceSize } from '../sliced.js'
import { type ExplainedWorld, optionsOf } from './explained-world.js'

/** What all tasks claim, and what is known about the clusters. It costs a pass over all tasks. */
export interface WorldClaims {
  readonly claims: ReadonlyMap<TaskArn, TaskClaims>
  readonly completeness: Completeness
  /** Live tasks whose backend names are unknown. */
  readonly nameless: readonly TaskClaims[]
}

export function* worldClaims(world: ExplainedWorld): Sliced<WorldClaims> {
  const { state } = world
  const { expose, skewAllowanceMs, unhealthy, healthChecks, covers } = optionsOf(world)
  const claims = new Map<TaskArn, TaskClaims>()
  let read = 0
  for (const [arn, task] of state.tasks) {
    if (++read % sliceSize === 0) yield
    const claimed = claimsOf(task, state, expose, skewAllowanceMs, { unhealthy, healthChecks })
    if (claimed !== undefined) claims.set(arn, claimed)
  }
  const nameless = [...claims.values()].filter((each) => each.nameless !== undefined)
  const completeness = completenessOf(
    state,
    nameless.flatMap((each) =>
      each.nameless === undefined
        ? []
        : [{ ...each.nameless, cluster: each.cluster, origin: originOf(each) }],
    ),
    { covers, pooled: expose.pooled ?? false },
  )
  return { claims, completeness, nameless }
}

/** The claims of a task to one backend. */
export const claimsTo = ({ claims }: TaskClaims, name: BackendName): readonly Claim[] =>
  claims.filter(({ backend }) => backend === name)

const isActive = (claimed: TaskClaims, name: BackendName): boolean =>
  claimsTo(claimed, name).some(({ _tag }) => _tag !== 'Gone')

/** The tasks whose origins decide about a backend: all if they pool, otherwise those of the one that holds the name. */
const deciding = (
  claimants: readonly TaskClaims[],
  name: BackendName,
  pooled: boolean,
): readonly TaskClaims[] => {
  if (pooled) return claimants
  const active = claimants.filter((claimed) => isActive(claimed, name))
  const [holder] = (active.length > 0 ? active : claimants).map(originOf).sort()
  return claimants.filter((claimed) => originOf(claimed) === holder)
}

/** The most tasks or clusters that are named one by one. */
const named = 5

const some = (sentences: readonly string[]): readonly string[] =>
  sentences.length <= named
    ? sentences
    : [...sentences.slice(0, named), `and ${sentences.length - named} more such reasons`]

/** What keeps a backend incomplete, for people: a sentence each. Empty for one that is complete. */
export const incompleteBecause = (
  name: BackendName,
  world: ExplainedWorld,
  { claims, completeness, nameless }: WorldClaims,
): readonly string[] => {
  if (world.desired.backends.get(name)?.complete !== false) return []
  const { marks, refusals } = world.state
  const pooled = optionsOf(world).expose.pooled ?? false
  const claimants = [...claims.values()].filter((claimed) => claimsTo(claimed, name).length > 0)
  const unknowing = deciding(claimants, name, pooled).filter(
    (claimed) => !completeness.knows({ cluster: claimed.cluster, origin: originOf(claimed) }),
  )
  const clusters = [...new Set(unknowing.map(({ cluster }) => cluster))].sort()
  const origins = new Set(unknowing.map(originOf))
  const noSnapshot = (key: string): string => {
    const reason = refusals.get(key)?.reason
    return `cluster ${key} has no complete snapshot yet${reason === undefined ? '' : `: ${reason}`}`
  }
  const awaited = unknowing.length === 0 ? [] : completeness.awaited
  return [
    ...some(
      claimants
        .filter((claimed) => claimsTo(claimed, name).some(({ _tag }) => _tag === 'Waiting'))
        .map(({ task, unresolved }) => `task ${lastSegment(task)} waits: ${unresolved?.detail ?? ''}`),
    ),
    ...some([...new Set([...clusters.filter((cluster) => !marks.has(cluster)), ...awaited])].map(noSnapshot)),
    ...some(
      nameless
        .filter(
          (each) =>
            (each.nameless?.why === 'waiting' && (pooled || clusters.includes(each.cluster))) ||
            (each.nameless?.why === 'refused' && origins.has(originOf(each))),
        )
        .map(
          ({ task, unresolved }) =>
            `task ${lastSegment(task)} may be part of it: ${unresolved?.detail ?? ''}`,
        ),
    ),
  ]
}
