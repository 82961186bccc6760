import { containerInstanceArn, type Place } from '../../src/testing/ecs-model/place.js'
import { Pool } from '../../src/testing/ecs-model/pool.js'
import type { ContainerSpec } from '../../src/testing/ecs-model/task-container.js'
import type { SiteInstance } from '../../src/testing/ecs-model/task-site.js'
import type { Random } from '../prng.js'

/** The first port of Docker's ephemeral range on Linux, which dynamic host ports come from. */
const FIRST_DYNAMIC_PORT = 32_768

/** What an instance knows about a task that is placed on it. */
export interface PlacedTask {
  readonly lastStatus: string
  readonly containers: readonly {
    readonly spec: ContainerSpec
    readonly status: 'PENDING' | 'RUNNING' | 'STOPPED'
    readonly hostPort: number | undefined
  }[]
}

/** A container instance: an EC2 machine, or an external one of ECS Anywhere. */
export interface SimulatedInstance extends SiteInstance {
  readonly place: Place
  readonly kind: 'ec2' | 'external'
  /** `i-…` for EC2. For external machines, SSM's `mi-…`, which ECS also calls ec2InstanceId. */
  readonly machineId: string
  /** Its number within the cluster, from which its addresses derive. Reused after the machine is deregistered. */
  readonly slot: number
  readonly publicIp: string
  /** Only for machines whose Docker daemon also binds IPv6. */
  readonly ipv6: string | undefined
  readonly availabilityZone: string
  /** Epoch milliseconds. */
  readonly registeredAt: number
  /** The tasks on this machine that have not stopped. */
  readonly tasks: Set<PlacedTask>
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  agentConnected: boolean
  version: number
  /** Epoch milliseconds. */
  updatedAt: number
}

/** Registers a machine in the slot, which determines its addresses. `network` is their second number. */
export const simulatedInstance = (
  place: Place,
  kind: SimulatedInstance['kind'],
  slot: number,
  network: number,
  now: number,
  random: Random,
): SimulatedInstance => {
  const tail = `${Math.floor(slot / 250)}.${(slot % 250) + 4}`
  const ipv6 =
    kind === 'ec2' && slot % 2 === 0
      ? `2001:db8:${network.toString(16)}::${(slot + 4).toString(16)}`
      : undefined
  return {
    place,
    kind,
    arn: containerInstanceArn(place, random.hex(32)),
    machineId: kind === 'ec2' ? `i-0${random.hex(16)}` : `mi-0${random.hex(16)}`,
    slot,
    privateIp: kind === 'ec2' ? `10.${network}.${tail}` : `172.${16 + (network % 16)}.${tail}`,
    publicIp: `203.0.113.${(slot % 250) + 4}`,
    ipv6,
    dualStack: ipv6 !== undefined,
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
