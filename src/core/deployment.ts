/**
 * Deployments of services: which revisions of a service run, and which share of its traffic each of them gets. ECS
 * shifts traffic itself only where one of its own load balancers is attached; everywhere else, this is what decides.
 */
import type { ClusterArn, DefinitionArn } from './arn.js'
import type { Millis } from './clock.js'
import type { Task } from './task.js'

/** `arn:aws:ecs:<region>:<account>:service/<cluster>/<name>` */
export type ServiceArn = string

/** One revision of a service during a deployment. */
export interface RevisionTraffic {
  /** The ARN of the service revision. */
  readonly revision: string
  /** `undefined` if ECS does not describe the revision any more. */
  readonly definition: DefinitionArn | undefined
  /** The `startedBy` of its tasks, as far as known; sorted. */
  readonly startedBy: readonly string[]
  /** Percent of production requests, 0 to 100. */
  readonly production: number
  /** Percent of test requests, 0 to 100. */
  readonly test: number
}

/** A pause of a deployment that ends when somebody continues it. */
export interface PausedHook {
  readonly id: string
  /** When ECS ends the pause by itself, by its clock. */
  readonly expiresAt: Millis | undefined
  /** What ECS does then. */
  readonly timeoutAction: string | undefined
}

export type Rollout =
  /** Every task takes traffic as soon as it runs. `reason`: why, for people. */
  | { readonly _tag: 'AtOnce'; readonly reason: string }
  /**
   * The service deploys in stages, or may do so; no deployment is known to be in progress. Tasks whose `startedBy` is
   * listed take traffic; those of others wait for the next description.
   */
  | { readonly _tag: 'Settled'; readonly startedBy: readonly string[] }
  /** A deployment is in progress, or was stopped with tasks of both revisions left. */
  | {
      readonly _tag: 'Shifting'
      /** The ARN of the service deployment. */
      readonly deployment: string
      /** `BLUE_GREEN`, `CANARY` or `LINEAR`. */
      readonly strategy: string
      readonly status: string
      /** The lifecycle stage, such as `TEST_TRAFFIC_SHIFT`. */
      readonly stage: string
      /** The replaced revisions. Those with the same definition count as one. */
      readonly source: readonly RevisionTraffic[]
      readonly target: RevisionTraffic
      /** The pause that the deployment waits in, if any. */
      readonly paused: PausedHook | undefined
    }

/** What is known about the deployments of one service. */
export interface Deployment {
  /** The time of the newest event about a deployment of the service, by ECS's clock; 0 if there was none. */
  readonly announcedAt: Millis
  /** The newest description. `at` orders descriptions: see `Stamps`. */
  readonly described: { readonly at: number; readonly rollout: Rollout } | undefined
}

const joinDescribed = (a: Deployment['described'], b: Deployment['described']): Deployment['described'] => {
  if (a === undefined || b === undefined) return a ?? b
  if (a.at !== b.at) return a.at > b.at ? a : b
  return JSON.stringify(a.rollout) >= JSON.stringify(b.rollout) ? a : b
}

/** The later announcement and the newer description. For equal ages, a total order decides, not the order of arrival. */
export const joinDeployment = (a: Deployment, b: Deployment): Deployment => {
  const announcedAt = Math.max(a.announcedAt, b.announcedAt)
  const described = joinDescribed(a.described, b.described)
  return a.announcedAt === announcedAt && a.described === described ? a : { announcedAt, described }
}

/** The ARN of a cluster's service. */
export const serviceArn = (cluster: ClusterArn, name: string): ServiceArn =>
  `${cluster.replace(':cluster/', ':service/')}/${name}`

/** The ARN of the cluster in a service's ARN, `undefined` for the short form from before 2021, which lacks its name. */
export const clusterOfService = (service: ServiceArn): ClusterArn | undefined => {
  const [, place, cluster] = /^(arn:[^/]*):service\/([^/]+)\/[^/]+$/.exec(service) ?? []
  return place === undefined || cluster === undefined ? undefined : `${place}:cluster/${cluster}`
}

/** The ARN of a task's service, `undefined` if no service started it. */
export const serviceOfTask = ({
  group,
  cluster,
  startedBy,
}: Pick<Task, 'group' | 'cluster' | 'startedBy'>) =>
  group?.startsWith('service:') === true &&
  group.length > 'service:'.length &&
  startedBy?.startsWith('ecs-svc/') === true
    ? serviceArn(cluster, group.slice('service:'.length))
    : undefined

/**
 * The revision of a task: by its definition, where the revisions differ in it, otherwise by `startedBy`. `undefined` if
 * neither tells, or if they contradict each other: a redeployment that is not described yet has the definition of a
 * revision that is, and other tasks.
 */
export const revisionOf = (
  { definition, startedBy }: Pick<Task, 'definition' | 'startedBy'>,
  { source, target }: Pick<Extract<Rollout, { _tag: 'Shifting' }>, 'source' | 'target'>,
): RevisionTraffic | undefined => {
  const all = [target, ...source]
  const isTold = definition !== undefined && all.every((one) => one.definition !== undefined)
  const same = isTold ? all.filter((one) => one.definition === definition) : all
  if (isTold && same.length <= 1)
    return same.find(
      (one) => startedBy === undefined || one.startedBy.length === 0 || one.startedBy.includes(startedBy),
    )
  const started = same.filter((one) => startedBy !== undefined && one.startedBy.includes(startedBy))
  return started.length === 1 ? started[0] : undefined
}
