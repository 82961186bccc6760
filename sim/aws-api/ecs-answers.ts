import { ApiFailure } from './api-failure.js'
import { type AwsInput, type AwsOutput, text, texts } from './aws-request.js'
import type { SimulatedCluster } from '../ecs/simulated-cluster.js'

/** The cluster of that name or ARN; a deleted one is there until ECS has forgotten it. */
export const findCluster = (
  clusters: readonly SimulatedCluster[],
  identifier: string,
): SimulatedCluster | undefined =>
  clusters.find(
    ({ name, arn, status }) => (identifier === name || identifier === arn) && status !== 'MISSING',
  )

/** The cluster that the request names. For all operations but DescribeClusters, a deleted one does not exist. */
export const requestedCluster = (
  clusters: readonly SimulatedCluster[],
  input: AwsInput,
): SimulatedCluster => {
  const cluster = findCluster(clusters, text(input, 'cluster') ?? 'default')
  if (cluster?.status !== 'ACTIVE') throw new ApiFailure('ClusterNotFoundException', 'Cluster not found.')
  return cluster
}

/** At most `most`, and at least one: ECS refuses both an empty list and a longer one. */
export const chunk = (input: AwsInput, name: string, most: number): readonly string[] => {
  const asked = texts(input, name)
  if (asked.length === 0) throw new ApiFailure('InvalidParameterException', `${name} cannot be empty.`)
  if (asked.length > most) {
    throw new ApiFailure('InvalidParameterException', `${name} cannot have more than ${most} elements.`)
  }
  return asked
}

/** What was found, and a MISSING failure for what was not. */
export const described = <A>(
  asked: readonly string[],
  name: string,
  find: (identifier: string) => A | undefined,
  describe: (found: A) => AwsOutput,
  arn: (identifier: string) => string,
): AwsOutput => {
  const found: AwsOutput[] = []
  const failures: AwsOutput[] = []
  for (const identifier of asked) {
    const one = find(identifier)
    if (one === undefined) failures.push({ arn: arn(identifier), reason: 'MISSING' })
    else found.push(describe(one))
  }
  return { [name]: found, failures }
}

/** A long ARN names its cluster; ECS refuses the whole request when that is another one. */
export const refuseForeign = (cluster: SimulatedCluster, identifier: string): void => {
  const [, inArn] = /^arn:[^/]*\/([^/]+)\/[^/]+$/.exec(identifier) ?? []
  if (inArn === undefined || inArn === cluster.name) return
  throw new ApiFailure(
    'InvalidParameterException',
    `Invalid identifier: Identifier is for cluster ${inArn}. Your cluster is ${cluster.name}`,
  )
}
