import type { Random } from '../prng.js'
import type { SiteInterface } from '../../src/testing/ecs-model/task-site.js'

/** The elastic network interface of one awsvpc task. */
export interface NetworkInterface extends SiteInterface {
  /** Its number within the cluster's subnet, from which its addresses derive. Reused when the task has stopped. */
  readonly slot: number
}

/** From 10.n.64.0 upwards. The machines of the cluster have the addresses below. */
const addressOf = (slot: number, network: number): string => {
  const third = 64 + Math.floor(slot / 250)
  return `10.${(network + Math.floor(third / 256)) % 256}.${third % 256}.${(slot % 250) + 4}`
}

/** An interface in the slot; `network` is the second number of its IPv4 address. */
export const networkInterface = (
  slot: number,
  network: number,
  dualStack: boolean,
  random: Random,
): NetworkInterface => ({
  attachmentId: random.uuid(),
  loadBalancerAttachmentId: random.uuid(),
  id: `eni-0${random.hex(16)}`,
  subnetId: `subnet-0${random.hex(16)}`,
  macAddress: `02:${random.hex(10).replace(/(..)(?=.)/g, '$1:')}`,
  slot,
  privateIp: addressOf(slot, network),
  ipv6: dualStack ? `2001:db8:${network.toString(16)}:64::${(slot + 4).toString(16)}` : undefined,
})
