/**
 * The form of ECS's ARNs. Their parts become keys, host names of AWS's endpoints (the region) and names in targets, so
 * what has another form is nobody's task.
 */

/** One to four labels: `aws`, `aws-cn`, `aws-us-gov`, `aws-iso-b`, `aws-eusc`. */
const partition = 'aws(?:-[a-z]{1,8}){0,3}'
/** A label of a host name. Loose, as new regions come and emulators have their own. */
const region = '[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?'
/** Twelve digits. People put X over those that they do not want to publish, and replay such captures. */
const account = '(?:\\d{12}|\\d{0,11}X{1,12})'
/** Names of clusters and families, and ids. Source: API reference, `CreateCluster`, `RegisterTaskDefinition`. */
const name = '[A-Za-z0-9_-]+'

/** The longest ARN that we take: names have at most 255 characters, and an ARN has at most three of them. */
export const maxArnLength = 1_024

const arnOf = (resource: string): ((arn: string) => boolean) => {
  const form = new RegExp(`^arn:${partition}:ecs:${region}:${account}:${resource}$`)
  return (arn) => arn.length <= maxArnLength && form.test(arn)
}

export const isClusterArn = arnOf(`cluster/${name}`)
/** Long, or short as before 2020: without the cluster's name. */
export const isTaskArn = arnOf(`task/(?:${name}/)?${name}`)
export const isInstanceArn = arnOf(`container-instance/(?:${name}/)?${name}`)
export const isDefinitionArn = arnOf(`(?:daemon-)?task-definition/${name}:\\d{1,10}`)
/**
 * Any ARN of ECS: AWS's are `container/<cluster>/<task>/<id>`, and emulators have forms of their own. It identifies a
 * container to people; nothing is derived from it.
 */
export const isContainerArn = arnOf('[a-z-]+/[A-Za-z0-9_/:-]+')

/** The cluster that a long ARN of a task names; `undefined` for a short one. */
export const clusterNameIn = (taskArn: string): string | undefined => {
  const slash = taskArn.indexOf('/')
  const next = taskArn.indexOf('/', slash + 1)
  return next < 0 ? undefined : taskArn.slice(slash + 1, next)
}
