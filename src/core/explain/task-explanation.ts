import type { ClusterArn, TaskArn } from '../arn.js'
import type { Protocol } from '../binding.js'
import type { Liveness } from '../liveness.js'
import type { BackendName } from '../policy.js'
import type { Sliced } from '../sliced.js'
import type { Task } from '../task.js'
import { areOk, broken, type ChainLink, firstBreak } from './chain.js'
import type { ExplainedWorld } from './explained-world.js'
import { leftovers, type RecordExplanation } from './leftovers.js'
import { desiredEndpoint, portLinks } from './port-links.js'
import { projectedTask, type ProjectedTask } from './projected-task.js'
import { targetLinks } from './target-links.js'
import { addressText, taskLinks } from './task-links.js'
import { aboutUnresolved } from './what-to-do.js'

/** The end of the chain in one target. */
export interface TargetChain {
  readonly target: string
  /** `plan` and `target`. */
  readonly links: readonly ChainLink[]
}

/** The chain of one port under the name of one backend. */
export interface PortChain {
  readonly backend: BackendName
  readonly container: string
  readonly containerPort: number
  readonly protocol: Protocol
  /** `<host>:<port>`; `undefined` while the host is not known. */
  readonly address: string | undefined
  /** `health`, `deployment` and `claim`. They need all links of the task. */
  readonly links: readonly ChainLink[]
  /** They need all links of the port. */
  readonly targets: readonly TargetChain[]
}

/** The first link that is not `ok`, and where it is. */
export interface Break extends ChainLink {
  readonly backend?: BackendName
  readonly target?: string
}

/** Why a task is routed, or is not. */
export interface TaskExplanation {
  readonly _tag: 'Task'
  readonly task: TaskArn
  readonly cluster: ClusterArn
  readonly group: string | undefined
  readonly liveness: Liveness
  /** `event`, `status`, `definition`, `policy` and `address`. */
  readonly links: readonly ChainLink[]
  readonly ports: readonly PortChain[]
  /** Ports that the policy should offer and cannot. Others of the task are offered. */
  readonly refused: readonly ChainLink[]
  /** The first link that is not `ok`; `undefined` if every port is in every target. */
  readonly firstBreak: Break | undefined
  /** Where targets still lead to a task that is gone. */
  readonly leftovers: readonly RecordExplanation[]
}

const breakIn = (
  links: readonly ChainLink[],
  ports: readonly PortChain[],
  refused: readonly ChainLink[],
): Break | undefined => {
  const ofTask = firstBreak(links)
  if (ofTask !== undefined) return ofTask
  for (const { backend, links: own, targets } of ports) {
    const ofPort = firstBreak(own)
    if (ofPort !== undefined) return { ...ofPort, backend }
    for (const { target, links: last } of targets) {
      const ofTarget = firstBreak(last)
      if (ofTarget !== undefined) return { ...ofTarget, backend, target }
    }
  }
  return firstBreak(refused)
}

/** Whether the policy refuses some ports, and offers others. */
const refusedPorts = ({ exposure, ports }: ProjectedTask): readonly ChainLink[] =>
  exposure._tag === 'Ports' && ports.length > 0
    ? (exposure.refused ?? []).map((reason) => broken('policy', reason, aboutUnresolved.refused))
    : []

/** The chain of a task, without what is left of it in targets. */
export type TaskChain = Omit<TaskExplanation, 'leftovers'>

const chainOf = (seen: ProjectedTask, world: ExplainedWorld): TaskChain => {
  const { reported } = seen
  const links = taskLinks(seen, world)
  const isReached = areOk(links)
  const ports = seen.ports.map((shared): PortChain => {
    const { backend, container, containerPort, protocol, port } = shared.port
    const own = portLinks(seen, shared, world, isReached)
    const endpoint = areOk(own) ? desiredEndpoint(seen, shared, world) : undefined
    return {
      backend,
      container,
      containerPort,
      protocol,
      address: addressText(seen, port),
      links: own,
      targets: world.targets.map((target) => ({
        target: target.name,
        links: targetLinks(target, backend, endpoint, world),
      })),
    }
  })
  const refused = refusedPorts(seen)
  return {
    _tag: 'Task',
    task: reported.arn,
    cluster: reported.cluster,
    group: reported.group,
    liveness: seen.liveness,
    links,
    ports,
    refused,
    firstBreak: breakIn(links, ports, refused),
  }
}

/** The chain of a task: what `explainTask` says, at the cost of this task alone. */
export const taskChain = (reported: Task, world: ExplainedWorld): TaskChain =>
  chainOf(projectedTask(reported, world), world)

export function* explainTask(reported: Task, world: ExplainedWorld): Sliced<TaskExplanation> {
  const seen = projectedTask(reported, world)
  const host = seen.host?.ipv4 ?? seen.host?.ipv6
  return {
    ...chainOf(seen, world),
    leftovers:
      seen.liveness === 'gone' && host !== undefined
        ? yield* leftovers(
            world,
            seen.ports.map(({ port }) => ({ host, ipv6: seen.host?.ipv6, port: port.port })),
          )
        : [],
  }
}
