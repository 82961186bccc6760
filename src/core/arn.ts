/**
 * Parses Amazon Resource Names. Accounts from before 2020 use the short forms `task/<id>` and
 * `container-instance/<id>`, and one event may mix both forms. ARNs are therefore converted to the long form before
 * they are used as keys.
 */

/** `arn:aws:ecs:<region>:<account>:cluster/<name>` */
export type ClusterArn = string
/**
 * The long form, `arn:aws:ecs:<region>:<account>:task/<cluster>/<id>`, even if AWS sent the short one: see `longArn`.
 */
export type TaskArn = string
/** The long form, `arn:aws:ecs:<region>:<account>:container-instance/<cluster>/<id>`. */
export type InstanceArn = string
/** `arn:aws:ecs:<region>:<account>:task-definition/<family>:<revision>` */
export type DefinitionArn = string
/** Identifies one endpoint of one task: `<task ARN>#<container>:<container port>/<protocol>`. */
export type EndpointId = string

/** The last segment: the id of a task or an instance, or the name of a cluster. A bare name is returned as it is. */
export const lastSegment = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

/** The long form of a task's or container instance's ARN, with the cluster's name before the id. */
export const longArn = (arn: string, cluster: ClusterArn): string => {
  const slash = arn.indexOf('/')
  if (slash < 0 || arn.includes('/', slash + 1)) return arn
  return `${arn.slice(0, slash)}/${lastSegment(cluster)}${arn.slice(slash)}`
}

/** The region and account of a resource, which select the AWS client. */
export interface Place {
  readonly region: string
  readonly account: string
}

/** Whether two ARNs have the same partition, region and account. */
export const sameAccountAndRegion = (a: string, b: string): boolean => {
  const [, partitionA, , regionA, accountA] = a.split(':', 5)
  const [, partitionB, , regionB, accountB] = b.split(':', 5)
  return partitionA === partitionB && regionA === regionB && accountA === accountB
}

/** The region and account in an ARN; empty strings if there are none. */
export const placeOf = (arn: string): Place => {
  const [, , , region = '', account = ''] = arn.split(':', 5)
  return { region, account }
}

/**
 * Whether a cluster may be the one that a user named, by ARN or by name. Names are unique only within an account and
 * region, so a match by name is uncertain until `ClusterIdentified` says which cluster the name stands for.
 * @example sameCluster('staging', 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging') === true
 */
export const sameCluster = (named: string, cluster: ClusterArn): boolean =>
  named.startsWith('arn:') ? named === cluster : named === lastSegment(cluster)

/** Whether a user named a pattern of cluster names, such as `*` or `prod-*`, instead of one cluster. */
export const isClusterPattern = (named: string): boolean => !named.startsWith('arn:') && named.includes('*')

/**
 * Like `sameCluster`, but `*` in a name matches any characters.
 * @example matchesCluster('prod-*', 'arn:aws:ecs:eu-west-1:123456789012:cluster/prod-eu') === true
 */
export const matchesCluster = (named: string, cluster: ClusterArn): boolean => {
  if (!isClusterPattern(named)) return sameCluster(named, cluster)
  const name = lastSegment(cluster)
  const [first = '', ...parts] = named.split('*')
  const last = parts.pop() ?? ''
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false
  // Finds each part at its first place after the previous one, without backtracking.
  let from = first.length
  for (const part of parts) {
    const at = name.indexOf(part, from)
    if (at < 0 || at + part.length > name.length - last.length) return false
    from = at + part.length
  }
  return true
}
