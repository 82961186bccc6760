import { longArn } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { canonicalContainers, type Container, type Interface, type Task } from '../../core/task.js'
import { ipv6Address } from './ip-address.js'
import { bindingsOf } from './network-bindings.js'
import { isNetworkAttachment, type WireContainer, type WireTask } from './wire-task.js'

/** Absent, null and empty are one. */
const told = (text: string | null | undefined): string | undefined =>
  text === '' ? undefined : (text ?? undefined)

/** IPv4 addresses have one form only. */
const canonicalIpv6 = (text: string | null | undefined): string | undefined =>
  text ? ipv6Address(text) : undefined

/** Arrays come in any order, so of two addresses the greater is taken, and not the first. */
const greater = (a: string | undefined, b: string | undefined): string | undefined =>
  b === undefined || (a !== undefined && a >= b) ? a : b

const interfaceOf = ({ containers, attachments, version }: WireTask): Interface | undefined => {
  let ipv4: string | undefined
  let ipv6: string | undefined
  for (const { networkInterfaces } of containers ?? [])
    for (const { privateIpv4Address, ipv6Address } of networkInterfaces ?? []) {
      ipv4 = greater(ipv4, told(privateIpv4Address))
      ipv6 = greater(ipv6, canonicalIpv6(ipv6Address))
    }
  if (ipv4 !== undefined || ipv6 !== undefined) return { version, ipv4, ipv6 }
  // The task's network interface tells them too, before any container does.
  for (const attachment of attachments ?? [])
    if (isNetworkAttachment(attachment))
      for (const { name, value } of attachment.details ?? []) {
        if (name === 'privateIPv4Address') ipv4 = greater(ipv4, told(value))
        if (name === 'ipv6Address') ipv6 = greater(ipv6, canonicalIpv6(value))
      }
  return ipv4 === undefined && ipv6 === undefined ? undefined : { version, ipv4, ipv6 }
}

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

/**
 * One observation of a task, made `at`, in our own terms: canonical, so that two ways of telling the same give equal
 * records.
 */
export const taskRecord = (wire: WireTask, at: Millis, health: Task['health']): Task => ({
  arn: longArn(wire.taskArn, wire.clusterArn),
  cluster: wire.clusterArn,
  group: wire.group ?? undefined,
  definition: told(wire.taskDefinitionArn),
  instance: wire.containerInstanceArn ? longArn(wire.containerInstanceArn, wire.clusterArn) : undefined,
  launchType: wire.launchType ?? undefined,
  version: wire.version,
  at,
  lastStatus: wire.lastStatus,
  desiredStatus: wire.desiredStatus,
  interface: interfaceOf(wire),
  // ECS sends no two containers of one name. If it did, they would be joined as two observations of the one are.
  containers: canonicalContainers(containersOf(wire.containers ?? [], wire.version)),
  health,
})
