import { longArn } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { canonicalContainers, type Container, type Interface, type Task } from '../../core/task.js'
import { ipv6Address } from './ip-address.js'
import { bindingsOf } from './network-bindings.js'
import { isNetworkAttachment, type WireContainer, type WireTask } from './wire-task.js'

/** Treats absent, null and empty alike. */
const nonEmpty = (text: string | null | undefined): string | undefined =>
  text === '' ? undefined : (text ?? undefined)

/** Only IPv6 addresses need this; IPv4 addresses have a single form. */
const canonicalIpv6 = (text: string | null | undefined): string | undefined =>
  text ? ipv6Address(text) : undefined

/** Arrays have no defined order, so this picks the greater of two addresses, and not the first. */
const greater = (a: string | undefined, b: string | undefined): string | undefined =>
  b === undefined || (a !== undefined && a >= b) ? a : b

const interfaceOf = ({ containers, attachments, version }: WireTask): Interface | undefined => {
  let ipv4: string | undefined
  let ipv6: string | undefined
  for (const { networkInterfaces } of containers ?? [])
    for (const { privateIpv4Address, ipv6Address } of networkInterfaces ?? []) {
      ipv4 = greater(ipv4, nonEmpty(privateIpv4Address))
      ipv6 = greater(ipv6, canonicalIpv6(ipv6Address))
    }
  if (ipv4 !== undefined || ipv6 !== undefined) return { version, ipv4, ipv6 }
  // The task's network interface has them, too, before any container does.
  for (const attachment of attachments ?? [])
    if (isNetworkAttachment(attachment))
      for (const { name, value } of attachment.details ?? []) {
        if (name === 'privateIPv4Address') ipv4 = greater(ipv4, nonEmpty(value))
        if (name === 'ipv6Address') ipv6 = greater(ipv6, canonicalIpv6(value))
      }
  return ipv4 === undefined && ipv6 === undefined ? undefined : { version, ipv4, ipv6 }
}

/** Skips containers without a name or a status: an observation does not change what it lacks. */
const containersOf = (wires: readonly WireContainer[], version: number): readonly Container[] => {
  const containers: Container[] = []
  for (const { name, containerArn, lastStatus, runtimeId, networkBindings } of wires) {
    if (!name || !lastStatus) continue
    const bindings = bindingsOf(networkBindings ?? [])
    const bindingsVersion = bindings.length === 0 ? -1 : version
    containers.push({
      name,
      arn: nonEmpty(containerArn),
      version,
      lastStatus,
      runtimeId: nonEmpty(runtimeId),
      bindingsVersion,
      bindings,
    })
  }
  return containers
}

/**
 * Converts one observation of a task, made `at`, to its canonical record. Equivalent observations give equal records.
 */
export const taskRecord = (wire: WireTask, at: Millis, health: Task['health']): Task => ({
  arn: longArn(wire.taskArn, wire.clusterArn),
  cluster: wire.clusterArn,
  group: wire.group ?? undefined,
  definition: nonEmpty(wire.taskDefinitionArn),
  instance: wire.containerInstanceArn ? longArn(wire.containerInstanceArn, wire.clusterArn) : undefined,
  launchType: wire.launchType ?? undefined,
  capacityProvider: nonEmpty(wire.capacityProviderName),
  zone: nonEmpty(wire.availabilityZone),
  startedBy: nonEmpty(wire.startedBy),
  createdAt: wire.createdAt ? new Date(wire.createdAt).getTime() : undefined,
  version: wire.version,
  at,
  lastStatus: wire.lastStatus,
  desiredStatus: wire.desiredStatus,
  interface: interfaceOf(wire),
  // ECS never sends two containers with the same name. If it did, they would be joined like two observations of one.
  containers: canonicalContainers(containersOf(wire.containers ?? [], wire.version)),
  health,
})
