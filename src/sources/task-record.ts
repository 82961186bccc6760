import { longArn } from '../core/arn.js'
import type { Millis } from '../core/event.js'
import { type Container, type Interface, joinTask, type Task } from '../core/task.js'
import { bindingsOf } from './network-bindings.js'
import type { WireAttachment, WireContainer, WireTask } from './wire-task.js'

type Maybe = string | null | undefined

/** Arrays come in any order, so of two addresses the greater is taken, and not the first. */
const greater = (a: string | undefined, b: Maybe): string | undefined =>
  b === undefined || b === null || b === '' || (a !== undefined && a >= b) ? a : b

/** An address of the task's network interface by the name that events' attachments give it. */
const attached = (attachments: readonly WireAttachment[], name: string): string | undefined => {
  let address: string | undefined
  for (const { type, details } of attachments)
    // Events say the former, DescribeTasks the latter. Volumes and load balancers are attachments as well.
    if (type === 'eni' || type === 'ElasticNetworkInterface')
      for (const detail of details ?? []) if (detail['name'] === name && typeof detail['value'] === 'string') address = greater(address, detail['value'])
  return address
}

const interfaceOf = (wire: WireTask): Interface | undefined => {
  let ipv4: string | undefined
  let ipv6: string | undefined
  for (const { networkInterfaces } of wire.containers ?? [])
    for (const { privateIpv4Address, ipv6Address } of networkInterfaces ?? []) {
      ipv4 = greater(ipv4, privateIpv4Address)
      ipv6 = greater(ipv6, ipv6Address)
    }
  const attachments = wire.attachments ?? []
  if (ipv4 === undefined) {
    ipv4 = attached(attachments, 'privateIPv4Address')
    ipv6 ??= attached(attachments, 'ipv6Address')
  }
  return ipv4 === undefined && ipv6 === undefined ? undefined : { version: wire.version, ipv4, ipv6 }
}

/** Nothing for a container without a name or a status: what an observation lacks, it leaves as it was known. */
const containersOf = (wires: readonly WireContainer[], version: number): Container[] => {
  const containers: Container[] = []
  for (const { name, lastStatus, networkBindings } of wires) {
    if (typeof name !== 'string' || name === '' || typeof lastStatus !== 'string') continue
    const bindings = bindingsOf(networkBindings)
    containers.push({
      name,
      version,
      lastStatus,
      bindingsVersion: bindings.length === 0 ? -1 : version,
      bindings,
    })
  }
  return containers
}

const ascend = (containers: readonly Container[]): boolean =>
  { for (let i = 1; i < containers.length; i++) if (containers[i-1]!.name >= containers[i]!.name) return false
  return true }

const observation = (
  wire: WireTask,
  at: Millis,
  health: Task['health'],
  containers: readonly Container[],
): Task => ({
  arn: longArn(wire.taskArn, wire.clusterArn),
  cluster: wire.clusterArn,
  group: wire.group ?? undefined,
  definition: wire.taskDefinitionArn ?? undefined,
  instance: wire.containerInstanceArn ? longArn(wire.containerInstanceArn, wire.clusterArn) : undefined,
  launchType: wire.launchType ?? undefined,
  version: wire.version,
  at,
  lastStatus: wire.lastStatus,
  desiredStatus: wire.desiredStatus,
  interface: interfaceOf(wire),
  containers,
  health,
})

/** One observation of a task, made `at`, in our own terms: canonical, so that two ways of telling the same give equal records. */
export const taskRecord = (wire: WireTask, at: Millis, health: Task['health']): Task => {
  const containers = containersOf(wire.containers ?? [], wire.version)
  if (!ascend(containers)) containers.sort((a,b)=>a.name<b.name?-1:1)
  // Joining is what orders containers, and makes one of two of a name, which ECS does not send.
  return ascend(containers)
    ? observation(wire, at, health, containers)
    : containers.map((container) => observation(wire, at, health, [container])).reduce(joinTask)
}
