import { longArn } from '../../core/arn.js'
import type { Millis } from '../../core/clock.js'
import { extended } from '../../core/extended.js'
import { canonicalContainers, type Container, type Interface, type Task } from '../../core/task.js'
import { interned } from '../../core/interned.js'
import { ipv6Address } from './ip-address.js'
import { bindingsOf } from './network-bindings.js'
import { taskEnd } from './task-end.js'
import { isNetworkAttachment, type WireContainer, type WireTask } from './wire-task.js'

/** Treats absent, null and empty alike. */
const nonEmpty = (text: string | null | undefined): string | undefined =>
  text === '' ? undefined : (text ?? undefined)

/** A text that many tasks share, in memory once; as `nonEmpty`. */
const shared = (text: string | null | undefined): string | undefined => (text ? interned(text) : undefined)

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
      name: interned(name),
      arn: nonEmpty(containerArn),
      version,
      lastStatus: interned(lastStatus),
      runtimeId: nonEmpty(runtimeId),
      bindingsVersion,
      bindings,
    })
  }
  // A list that grew has room for more; a copy has none.
  return containers.slice()
}

/**
 * Converts one observation of a task, made `at`, to its canonical record. Equivalent observations give equal records.
 */
export const taskRecord = (wire: WireTask, at: Millis, health: Task['health']): Task => {
  const end = taskEnd(wire)
  const task = runningRecord(wire, at, health)
  return end === undefined ? task : extended(task, { end })
}

const runningRecord = (wire: WireTask, at: Millis, health: Task['health']): Task => ({
  arn: longArn(wire.taskArn, wire.clusterArn),
  cluster: interned(wire.clusterArn),
  group: typeof wire.group === 'string' ? interned(wire.group) : undefined,
  definition: shared(wire.taskDefinitionArn),
  instance: wire.containerInstanceArn
    ? interned(longArn(wire.containerInstanceArn, wire.clusterArn))
    : undefined,
  launchType: typeof wire.launchType === 'string' ? interned(wire.launchType) : undefined,
  capacityProvider: shared(wire.capacityProviderName),
  zone: shared(wire.availabilityZone),
  startedBy: shared(wire.startedBy),
  createdAt: wire.createdAt ? new Date(wire.createdAt).getTime() : undefined,
  version: wire.version,
  at,
  lastStatus: interned(wire.lastStatus),
  desiredStatus: interned(wire.desiredStatus),
  interface: interfaceOf(wire),
  // ECS never sends two containers with the same name. If it did, they would be joined like two observations of one.
  containers: canonicalContainers(containersOf(wire.containers ?? [], wire.version)),
  health,
})
