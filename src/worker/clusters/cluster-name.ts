import * as O from 'fp-ts/lib/Option.js'
import { partitionOf } from '../../shared/aws/aws-partition.js'
import { list, type SettingType, text } from '../settings/setting-type.js'

const arnShape = /^arn:([a-z-]+):ecs:([a-z\d-]+):\d{12}:cluster\/[\w-]{1,255}$/

/** What is wrong with a cluster name or ARN, or `undefined` if it is valid. `*` in a name matches any characters. */
export const clusterFlaw = (cluster: string): string | undefined => {
  if (!cluster.startsWith('arn:'))
    return /^[\w*-]{1,255}$/.test(cluster)
      ? undefined
      : `"${cluster}" is not a cluster name: use letters, digits, hyphens and underscores`
  const [, partition, region = ''] = arnShape.exec(cluster) ?? []
  if (partition === undefined)
    return `"${cluster}" is not a cluster ARN such as arn:aws:ecs:eu-west-1:123456789012:cluster/staging`
  return partitionOf(region)?.name === partition
    ? undefined
    : `"${cluster}" names a region outside its partition, ${partition}`
}

/** One cluster, by name or ARN. */
export const clusterName = (): SettingType<string> => {
  const type = text('cluster', 'the name or ARN of a cluster')
  const isOne = (cluster: string): boolean => clusterFlaw(cluster) === undefined && !cluster.includes('*')
  return {
    ...type,
    flaw: (given) => clusterFlaw(given.trim()),
    parse: (given) => O.filter(isOne)(type.parse(given)),
  }
}

/** One or more clusters, by name, ARN or name pattern. */
export const clusterNames = (): SettingType<readonly [string, ...string[]]> => {
  const type = list('clusters', 'one or more cluster names or ARNs, separated by commas or blanks')
  const flawIn = (clusters: readonly string[]): string | undefined => {
    for (const cluster of clusters) {
      const flaw = clusterFlaw(cluster)
      if (flaw !== undefined) return flaw
    }
    return undefined
  }
  return {
    ...type,
    flaw: (given) => O.toUndefined(O.map(flawIn)(type.parse(given))),
    parse: (given) =>
      O.filter((clusters: readonly string[]) => flawIn(clusters) === undefined)(type.parse(given)),
  }
}
