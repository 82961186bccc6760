import { containerInstanceArn, type Place } from '../../src/testing/ecs-json/place.js'
import { Pool } from './pool.js'
import type { Random } from '../prng.js'
import type { ContainerSpec } from './simulated-definition.js'

/** First port of Docker's ephemeral range on Linux, from which dynamic host ports are taken. */
const FIRST_DYNAMIC_PORT = 32_768

/** What an instance knows of a task that is placed on it. */
export interface PlacedTask {
  readonly lastStatus: string
  readonly containers: readonly {
    readonly spec: ContainerSpec
    readonly status: 'PENDING' | 'RUNNING' | 'STOPPED'
    readonly hostPort: number | undefined
  }[]
}

/** A container instance: an EC2 machine, or an external one of ECS Anywhere. */
export interface SimulatedInstance {
  readonly place: Place
  readonly kind: 'ec2' | 'external'
  readonly arn: string
  /** `i-…` for EC2. ECS calls it ec2InstanceId for external machines as well, where it is the `mi-…` of SSM. */
  readonly machineId: string
  /** Number within its cluster, given to another machine when this one is gone; the addresses derive from it. */
  readonly slot: number
  readonly privateIp: string
  readonly publicIp: string
  /** Only machines whose Docker daemon also binds IPv6 have one. */
  readonly ipv6: string | undefined
  readonly availabilityZone: string
  /** Epoch milliseconds. */
  readonly registeredAt: number
  /** TCP and UDP are two spaces of ports: the same number may be out in both. */
  readonly ports: Readonly<Record<'tcp' | 'udp', Pool>>
  /** Tasks placed here that have not stopped. */
  readonly tasks: Set<PlacedTask>
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  agentConnected: boolean
  version: number
  /** Epoch milliseconds. */
  updatedAt: number
}

/** Registers a machine in the slot, which fixes its addresses. `network` is the second number of the addresses. */
export const simulatedInstance = (
  place: Place,
  kind: SimulatedInstance['kind'],
  slot: number,
  network: number,
  now: number,
  random: Random,
): SimulatedInstance => {
  const tail = `${Math.floor(slot / 250)}.${(slot % 250) + 4}`
  return {
    place,
    kind,
    arn: containerInstanceArn(place, random.hex(32)),
    machineId: kind === 'ec2' ? `i-0${random.hex(16)}` : `mi-0${random.hex(16)}`,
    slot,
    privateIp: kind === 'ec2' ? `10.${network}.${tail}` : `172.${16 + (network % 16)}.${tail}`,
    publicIp: `203.0.113.${(slot % 250) + 4}`,
    ipv6:
      kind === 'ec2' && slot % 2 === 0
        ? `2001:db8:${network.toString(16)}::${(slot + 4).toString(16)}`
        : undefined,
    availabilityZone: `${place.region}${random.pick(['a', 'b', 'c'])}`,
    registeredAt: now,
    ports: { tcp: new Pool(FIRST_DYNAMIC_PORT), udp: new Pool(FIRST_DYNAMIC_PORT) },
    tasks: new Set(),
    status: 'ACTIVE',
    agentConnected: true,
    version: 2,
    updatedAt: now,
  }
}
