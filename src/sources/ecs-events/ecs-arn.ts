/**
 * Validates ECS ARNs. Their parts become keys, host names of AWS endpoints (the region) and names in targets, so ARNs
 * of any other form are rejected.
 */

/** One to four labels: `aws`, `aws-cn`, `aws-us-gov`, `aws-iso-b`, `aws-eusc`. */
const partition = 'aws(?:-[a-z]{1,8}){0,3}'
/** A label of a host name. Permissive, because there will be new regions, and emulators have their own. */
const region = '[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?'
/** Twelve digits, or X in place of trailing digits: people redact captures this way, and replay them. */
const account = '(?:\\d{12}|\\d{0,11}X{1,12})'
/** Cluster names, family names and ids. Source: API reference, `CreateCluster`, `RegisterTaskDefinition`. */
const name = '[A-Za-z0-9_-]+'

/** Maximum length of an ARN: names have at most 255 characters, and an ARN contains at most three of them. */
export const maxArnLength = 1_024

/** Enough for the clusters, definitions and instances that are in use. */
const mostRemembered = 10_000

const arnOf = (resource: string): ((arn: string) => boolean) => {
  const form = new RegExp(`^arn:${partition}:ecs:${region}:${account}:${resource}$`)
  return (arn) => arn.length <= maxArnLength && form.test(arn)
}

/** The same for ARNs that many messages repeat: those that had the form are remembered. */
const repeatedArnOf = (resource: string): ((arn: string) => boolean) => {
  const holds = arnOf(resource)
  const held = new Set<string>()
  return (arn) => {
    if (held.has(arn)) return true
    if (!holds(arn)) return false
    if (held.size >= mostRemembered) held.clear()
    held.add(arn)
    return true
  }
}

export const isClusterArn = repeatedArnOf(`cluster/${name}`)
/** Long, or short as before 2020, without the cluster's name. */
export const isTaskArn = arnOf(`task/(?:${name}/)?${name}`)
export const isInstanceArn = repeatedArnOf(`container-instance/(?:${name}/)?${name}`)
export const isDefinitionArn = repeatedArnOf(`(?:daemon-)?task-definition/${name}:\\d{1,10}`)
/** Long, with the cluster's name. Since 2021, all services have this form. */
export const isServiceArn = arnOf(`service/${name}/${name}`)
/**
 * Any ARN of ECS: AWS's are `container/<cluster>/<task>/<id>`, and emulators have forms of their own. It identifies a
 * container to people; nothing is derived from it.
 */
export const isContainerArn = arnOf('[a-z-]+/[A-Za-z0-9_/:-]+')

/** The cluster name in a long task ARN; `undefined` for a short one. */
export const clusterNameIn = (taskArn: string): string | undefined => {
  const slash = taskArn.indexOf('/')
  const next = taskArn.indexOf('/', slash + 1)
  return next < 0 ? undefined : taskArn.slice(slash + 1, next)
}
