/**
 * Names inside Amazon Resource Names. Accounts of before 2020 send the short forms `task/<id>` and
 * `container-instance/<id>`, and one event may mix both, so ARNs are made long before they are used as keys.
 */

/** `arn:aws:ecs:<region>:<account>:cluster/<name>` */
export type ClusterArn = string
/**
 * The long form, `arn:aws:ecs:<region>:<account>:task/<cluster>/<id>`, also where AWS sent the short one: see
 * `longArn`.
 */
export type TaskArn = string
/** The long form, `arn:aws:ecs:<region>:<account>:container-instance/<cluster>/<id>`. */
export type InstanceArn = string
/** `arn:aws:ecs:<region>:<account>:task-definition/<family>:<revision>` */
export type DefinitionArn = string
/** Names one endpoint of one task: `<task ARN>#<container>:<container port>/<protocol>`. */
export type EndpointId = string

/** The last segment: the id of a task or an instance, the name of a cluster; a bare name is its own last segment. */
export const lastSegment = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

/**
 * The long form of a task's or container instance's ARN: with the cluster's name before the id.
 * Costs nothing where it is long already.
 */
export const longArn = (arn: string, cluster: ClusterArn): string => {
  const slash = arn.indexOf('/')
  if (slash < 0 || arn.includes('/', slash + 1)) return arn
  return `${arn.slice(0, slash)}/${lastSegment(cluster)}${arn.slice(slash)}`
}

/** Where to ask about a resource. */
export interface Place {
  readonly region: string
  readonly account: string
}

/** The region and the account that an ARN names; empty strings where it names none. */
export const placeOf = (arn: string): Place => {
  const [, , , region = '', account = ''] = arn.split(':', 5)
  return { region, account }
}

/**
 * Whether a cluster is the one that a person named: by ARN, or by name alone.
 * @example sameCluster('staging', 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging') === true
 */
export const sameCluster = (named: string, cluster: ClusterArn): boolean =>
  named.startsWith('arn:') ? named === cluster : named === lastSegment(cluster)
