import { lastSegment } from '../../core/arn.js'
import type { Group } from './groups.js'
import { count, exactly, type JsonSchema, maybeText, text } from '../openapi/json-schema.js'
import type { TaskIndex } from './task-index.js'

const phaseProperties = {
  pending: count('Tasks that are not running yet'),
  running: count('Tasks that are running'),
  stopping: count('Tasks that are stopping'),
  stopped: count('Tasks that have stopped and are still retained'),
}

export const serviceSchema: JsonSchema = exactly({
  name: text('Unique within its cluster'),
  cluster: text("The cluster's name"),
  clusterArn: text("The cluster's ARN"),
  ...phaseProperties,
})

export const instanceSchema: JsonSchema = exactly({
  arn: text('Of the container instance'),
  id: text("The ARN's last part"),
  cluster: text("The cluster's name"),
  machine: maybeText('`i-…` of EC2 or `mi-…` of Systems Manager; null while it is looked up'),
  type: maybeText('Such as `m6i.large`; null outside of EC2'),
  zone: maybeText('The availability zone; null outside of EC2'),
  hostName: maybeText('The private DNS name, or the name that Systems Manager has'),
  ip: maybeText('Its address'),
  ...phaseProperties,
})

/** A service that has tasks, as JSON (`serviceSchema`). */
export const serviceJson = ({ key, label, phases }: Group) => {
  const cluster = key.slice(0, -label.length - 1)
  return { name: label, cluster: lastSegment(cluster), clusterArn: cluster, ...phases }
}

/** A container instance that has tasks, as JSON (`instanceSchema`). */
export const instanceJson = (
  { resources }: Pick<TaskIndex, 'resources'>,
  { key: arn, label, phases }: Group,
) => {
  const { machine, addresses } = resources.instance(arn) ?? {}
  return {
    arn,
    id: label,
    cluster: lastSegment(arn.slice(0, arn.lastIndexOf('/'))),
    machine: machine?.id ?? null,
    type: machine?.type ?? null,
    zone: machine?.zone ?? null,
    hostName: machine?.hostName ?? null,
    ip: addresses?.ipv4 ?? addresses?.ipv6 ?? null,
    ...phases,
  }
}
