import type { SimulatedDefinition } from './simulated-definition.js'

type Json = Readonly<Record<string, unknown>>

/** A task definition as DescribeTaskDefinition writes it on the wire. */
export const definitionDescription = (definition: SimulatedDefinition): Json => ({
  taskDefinitionArn: definition.arn,
  family: definition.family,
  revision: definition.revision,
  status: 'ACTIVE',
  networkMode: definition.networkMode,
  compatibilities: ['EC2', 'EXTERNAL', 'FARGATE'],
  requiresCompatibilities: [definition.launchType],
  cpu: '256',
  memory: '512',
  registeredAt: definition.registeredAt / 1000,
  volumes: [],
  placementConstraints: [],
  containerDefinitions: definition.containers.map((container) => ({
    name: container.name,
    image: container.image,
    cpu: 0,
    essential: container.essential,
    portMappings: [
      {
        containerPort: container.containerPort,
        // 0 asks for a dynamic host port; with awsvpc, ECS fills in the container port.
        hostPort: definition.networkMode === 'awsvpc' ? container.containerPort : 0,
        protocol: container.protocol,
      },
    ],
    environment: Object.entries(container.environment).map(([name, value]) => ({ name, value })),
    dockerLabels: container.dockerLabels,
    ...(container.healthCheck
      ? { healthCheck: { command: ['CMD', '/healthy'], interval: 30, timeout: 5, retries: 3 } }
      : {}),
    mountPoints: [],
    volumesFrom: [],
  })),
})

/** A daemon's definition as DescribeDaemonTaskDefinition writes it: its containers have neither ports nor labels. */
export const daemonDefinitionDescription = (definition: SimulatedDefinition): Json => ({
  daemonTaskDefinitionArn: definition.arn,
  family: definition.family,
  revision: definition.revision,
  status: 'ACTIVE',
  cpu: '256',
  memory: '512',
  registeredAt: definition.registeredAt / 1000,
  volumes: [],
  containerDefinitions: definition.containers.map((container) => ({
    name: container.name,
    image: container.image,
    cpu: 0,
    essential: container.essential,
    environment: Object.entries(container.environment).map(([name, value]) => ({ name, value })),
    mountPoints: [],
  })),
})
