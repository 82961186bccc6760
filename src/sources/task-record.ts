import { longArn } from '../core/arn.js'
import type { Millis } from '../core/clock.js'
import { type Container, type Interface, joinTask, type Task } from '../core/task.js'
import { bindingsOf } from './network-bindings.js'
import { networkAttachment, type WireContainer, type WireTask } from './wire-task.js'

/** Arrays come in any order, so of two addresses the greater is taken, and not the first. */
const greater = (a: string | undefined, b: string | null | undefined): string | undefined =>
  b === undefined || b === null || b === '' || (a !== undefined && a >= b) ? a : b

/** An address of the task's network interface, by the name that attachments have for it. */
const attached = (attachments: readonly unknown[], name: string): string | undefined => {
  let address: string | undefined
  for (const attachment of attachments)
    if (networkAttachment.is(attachment))
      for (const detail of attachment.details)
        if (detail.name === name) address = greater(address, detail.value)
  return address
}

const interfaceOf = ({ containers, attachments, version }: WireTask): Interface | undefined => {
  let ipv4: string | undefined
  let ipv6: string | undefined
  for (const { networkInterfaces } of containers ?? [])
    for (const { privateIpv4Address, ipv6Address } of networkInterfaces ?? []) {
      ipv4 = greater(ipv4, privateIpv4Address)
      ipv6 = greater(ipv6, ipv6Address)
    }
  if (ipv4 === undefined && ipv6 === undefined) {
    ipv4 = attached(attachments ?? [], 'privateIPv4Address')
    ipv6 = attached(attachments ?? [], 'ipv6Address')
  }
  return ipv4 === undefined && ipv6 === undefined ? undefined : { version, ipv4, ipv6 }
}

/** Absent, null and empty are one. */
const told = (text: string | null | undefined): string | undefined =>
  text === '' ? undefined : (text ?? undefined)

/** Nothing for a container without a name or a status: what an observation lacks, it leaves as it was known. */
const containersOf = (wires: readonly WireContainer[], version: number): readonly Container[] => {
  const containers: Container[] = []
  for (const { name, containerArn, lastStatus, runtimeId, networkBindings } of wires) {
    if (!name || !lastStatus) continue
    const bindings = bindingsOf(networkBindings ?? [])
    const bindingsVersion = bindings.length === 0 ? -1 : version
    containers.push({
      name,
      arn: told(containerArn),
      version,
      lastStatus,
      runtimeId: told(runtimeId),
      bindingsVersion,
      bindings,
    })
  }
  return containers
}

const byName = (a: Container, b: Container): number => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1)

const ascend = (containers: readonly Container[]): boolean => {
  let previous: Container | undefined
  for (const container of containers) {
    if (previous !== undefined && previous.name >= container.name) return false
    previous = container
  }
  return true
}

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

/**
 * One observation of a task, made `at`, in our own terms: canonical, so that two ways of telling the same give equal
 * records.
 */
export const taskRecord = (wire: WireTask, at: Millis, health: Task['health']): Task => {
  const told = containersOf(wire.containers ?? [], wire.version)
  const containers = ascend(told) ? told : told.toSorted(byName)
  // ECS sends no two containers of one name. If it did, they would be joined as two observations of the one are.
  return ascend(containers)
    ? observation(wire, at, health, containers)
    : containers.map((container) => observation(wire, at, health, [container])).reduce(joinTask)
}
