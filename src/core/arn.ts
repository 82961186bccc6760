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

/** Whether two ARNs are of one partition, region and account. */
export const sameAccountAndRegion = (a: string, b: string): boolean => {
  const [, partitionA, , regionA, accountA] = a.split(':', 5)
  const [, partitionB, , regionB, accountB] = b.split(':', 5)
  return partitionA === partitionB && regionA === regionB && accountA === accountB
}

/** The region and the account that an ARN names; empty strings where it names none. */
export const placeOf = (arn: string): Place => {
  const [, , , region = '', account = ''] = arn.split(':', 5)
  return { region, account }
}

/**
 * Whether a cluster may be the one that a person named, by ARN or by name: names are unique in one account and region
 * only, so with a name this is certain only until it is known which cluster it stands for (`ClusterIdentified`).
 * @example sameCluster('staging', 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging') === true
 */
export const sameCluster = (named: string, cluster: ClusterArn): boolean =>
  named.startsWith('arn:') ? named === cluster : named === lastSegment(cluster)

/** Whether a person gave a pattern of clusters' names, such as `*` or `prod-*`, and not one cluster. */
export const isClusterPattern = (named: string): boolean => !named.startsWith('arn:') && named.includes('*')

/**
 * As `sameCluster`, and `*` in a name stands for any characters.
 * @example matchesCluster('prod-*', 'arn:aws:ecs:eu-west-1:123456789012:cluster/prod-eu') === true
 */
export const matchesCluster = (named: string, cluster: ClusterArn): boolean => {
  if (!isClusterPattern(named)) return sameCluster(named, cluster)
  const name = lastSegment(cluster)
  const [first = '', ...parts] = named.split('*')
  const last = parts.pop() ?? ''
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last))
    return false
  // Each part at its first place after the one before: no backtracking, whatever the pattern.
  let from = first.length
  for (const part of parts) {
    const at = name.indexOf(part, from)
    if (at < 0 || at + part.length > name.length - last.length) return false
    from = at + part.length
  }
  return true
}
