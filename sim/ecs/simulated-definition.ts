import { daemonDefinitionArn, definitionArn, type Place } from '../../src/testing/ecs-model/place.js'
import type { ContainerSpec } from '../../src/testing/ecs-model/task-container.js'
import type { DefinitionSpec } from '../../src/testing/ecs-model/task-origin.js'
import type { Random } from '../prng.js'
import type { ServiceSpec } from './service-spec.js'

/** A container of a task definition. The first one is the primary container. */
export interface ContainerDefinition extends ContainerSpec {
  readonly dockerLabels: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string>>
  readonly healthCheck: boolean
}

/** A revision of a task definition. Immutable, as on AWS: a change makes a new revision. */
export interface SimulatedDefinition extends DefinitionSpec {
  readonly family: string
  readonly revision: number
  readonly containers: readonly ContainerDefinition[]
  /** Epoch milliseconds. */
  readonly registeredAt: number
}

const launchTypes = {
  bridge: 'EC2',
  awsvpc: 'EC2',
  external: 'EXTERNAL',
  fargate: 'FARGATE',
  daemon: 'MANAGED_INSTANCES',
} as const

const networkModes = {
  bridge: 'bridge',
  awsvpc: 'awsvpc',
  external: 'bridge',
  fargate: 'awsvpc',
  daemon: 'host',
} as const

/** Registers a revision of the service's task definition. */
export const simulatedDefinition = (
  place: Place,
  spec: ServiceSpec,
  revision: number,
  now: number,
  random: Random,
): SimulatedDefinition => {
  const registry = `${place.account}.dkr.ecr.${place.region}.amazonaws.com`
  const primary: ContainerDefinition = {
    name: spec.name,
    image: `${registry}/${spec.name}:${random.hex(12)}`,
    digest: `sha256:${random.hex(64)}`,
    essential: true,
    containerPort: spec.containerPort ?? 8080,
    protocol: 'tcp',
    dockerLabels: spec.dockerLabels ?? {},
    environment: spec.environment ?? {},
    healthCheck: spec.healthCheck ?? false,
  }
  const sidecar: ContainerDefinition = {
    name: 'statsd',
    image: 'public.ecr.aws/simulated/statsd:1.4',
    digest: `sha256:${random.hex(64)}`,
    essential: false,
    containerPort: 8125,
    protocol: 'udp',
    dockerLabels: {},
    environment: {},
    healthCheck: false,
  }
  return {
    arn: (spec.placement === 'daemon' ? daemonDefinitionArn : definitionArn)(place, spec.name, revision),
    family: spec.name,
    revision,
    networkMode: networkModes[spec.placement],
    launchType: launchTypes[spec.placement],
    containers: spec.sidecar === true ? [primary, sidecar] : [primary],
    registeredAt: now,
  }
}
