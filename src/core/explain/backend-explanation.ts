import type { TaskArn } from '../arn.js'
import { formatAddress } from '../desired.js'
import type { Owner } from '../sink.js'
import type { BackendName } from '../policy.js'
import { type Sliced, sliceSize } from '../sliced.js'
import { broken, type ChainLink, unknown } from './chain.js'
import type { ExplainedWorld } from './explained-world.js'
import { claimsTo, incompleteBecause, type WorldClaims } from './incomplete-because.js'
import { recordLink, recordsOf } from './target-links.js'
import { type Break, taskChain } from './task-explanation.js'

/** The most endpoints, tasks and records that an explanation lists; it counts the others. */
export const mostListed = 20

/** A list that is cut. */
export interface Listed<A> {
  readonly first: readonly A[]
  /** How many more there are. */
  readonly more: number
}

export const listed = <A>(all: readonly A[]): Listed<A> => ({
  first: all.slice(0, mostListed),
  more: Math.max(0, all.length - mostListed),
})

export interface ListedEndpoint {
  readonly address: string
  readonly task: TaskArn
  readonly container: string
  readonly containerPort: number
}

/** A task that claims a backend and is not in it. */
export interface MissingTask {
  readonly task: TaskArn
  readonly because: Break | undefined
}

/** A backend's record in a target. */
export interface BackendRecord {
  readonly key: string
  /** The owner of the record that the target holds. */
  readonly owner: Owner | undefined
  readonly link: ChainLink
}

export interface BackendTarget {
  readonly target: string
  readonly records: Listed<BackendRecord>
  /** Set if the target could not be read, or gets no record of this backend. */
  readonly link: ChainLink | undefined
}

/** Why a backend is what it is. */
export interface BackendExplanation {
  readonly _tag: 'Backend'
  readonly backend: BackendName
  readonly complete: boolean
  /** What keeps it incomplete, a sentence each. */
  readonly incompleteBecause: readonly string[]
  readonly endpoints: Listed<ListedEndpoint>
  /** Addresses that are removed, although the backend is incomplete. */
  readonly gone: Listed<string>
  /** Running tasks that claim it and are not in it. */
  readonly missing: Listed<MissingTask>
  readonly targets: readonly BackendTarget[]
}

const targetsOf = (name: BackendName, world: ExplainedWorld): readonly BackendTarget[] =>
  world.targets.map((target): BackendTarget => {
    const none = listed<BackendRecord>([])
    if (target._tag === 'Unread')
      return {
        target: target.name,
        records: none,
        link: unknown('plan', `what it holds is not known: ${target.reason}`, target.todo),
      }
    const records = recordsOf(target, name, world)
    return {
      target: target.name,
      records: listed(
        records.map((record) => ({ key: record.key, owner: record.owner, link: recordLink(record) })),
      ),
      link:
        records.length > 0
          ? undefined
          : broken(
              'plan',
              'the target gets no record of it',
              'the log of the worker warns of what it leaves out',
            ),
    }
  })

/** Running tasks that claim a backend and are not in it. */
function* missingTasks(
  name: BackendName,
  world: ExplainedWorld,
  { claims }: WorldClaims,
): Sliced<readonly MissingTask[]> {
  const offered = new Set(world.desired.backends.get(name)?.endpoints.map(({ task }) => task))
  const missing: MissingTask[] = []
  let read = 0
  for (const claimed of claims.values()) {
    if (++read % sliceSize === 0) yield
    if (offered.has(claimed.task) || claimsTo(claimed, name).length === 0) continue
    const task = world.state.tasks.get(claimed.task)
    if (task === undefined) continue
    const { liveness, firstBreak, ports } = taskChain(task, { ...world, targets: [] })
    if (liveness !== 'live' && liveness !== 'unhealthy') continue
    const own = ports.find((port) => port.backend === name)?.links.find(({ state }) => state !== 'ok')
    missing.push({
      task: claimed.task,
      because: own === undefined || own.state === 'unknown' ? firstBreak : own,
    })
  }
  return missing.sort((a, b) => (a.task < b.task ? -1 : 1))
}

export function* explainBackend(
  name: BackendName,
  world: ExplainedWorld,
  claims: WorldClaims,
): Sliced<BackendExplanation> {
  const backend = world.desired.backends.get(name)
  const endpoints = backend?.endpoints ?? []
  const missing = yield* missingTasks(name, world, claims)
  return {
    _tag: 'Backend',
    backend: name,
    complete: backend?.complete ?? false,
    incompleteBecause: incompleteBecause(name, world, claims),
    endpoints: listed(
      endpoints.map((endpoint) => ({
        address: formatAddress(endpoint),
        task: endpoint.task,
        container: endpoint.container,
        containerPort: endpoint.containerPort,
      })),
    ),
    gone: listed((backend?.gone ?? []).map(formatAddress)),
    missing: listed(missing),
    targets: targetsOf(name, world),
  }
}
