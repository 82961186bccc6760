/** Where a cluster is. Everything that has an ARN gets it from its place. */
export interface Place {
  readonly region: string
  readonly account: string
  /** The cluster's short name. */
  readonly cluster: string
}

const arn = (place: Place, rest: string): string => `arn:aws:ecs:${place.region}:${place.account}:${rest}`

export const clusterArn = (place: Place): string => arn(place, `cluster/${place.cluster}`)

/** Long form, the only one that new tasks have had since 2021. */
export const taskArn = (place: Place, id: string): string => arn(place, `task/${place.cluster}/${id}`)

export const containerArn = (place: Place, task: string, id: string): string =>
  arn(place, `container/${place.cluster}/${task}/${id}`)

export const containerInstanceArn = (place: Place, id: string): string =>
  arn(place, `container-instance/${place.cluster}/${id}`)

export const serviceArn = (place: Place, name: string): string =>
  arn(place, `service/${place.cluster}/${name}`)

export const serviceRevisionArn = (place: Place, service: string, id: string): string =>
  arn(place, `service-revision/${place.cluster}/${service}/${id}`)

export const serviceDeploymentArn = (place: Place, service: string, id: string): string =>
  arn(place, `service-deployment/${place.cluster}/${service}/${id}`)

export const definitionArn = (place: Place, family: string, revision: number): string =>
  arn(place, `task-definition/${family}:${revision}`)

/** Of a managed daemon. */
export const daemonDefinitionArn = (place: Place, family: string, revision: number): string =>
  arn(place, `daemon-task-definition/${family}:${revision}`)

/** The last path segment, which identifies the thing in the short and in the long form, and in a bare id. */
export const lastSegment = (identifier: string): string => identifier.slice(identifier.lastIndexOf('/') + 1)
