import type {
  ContainerDefinition as ContainerDescription,
  PortMapping,
  TaskDefinition as Description,
} from '@aws-sdk/client-ecs'
import type { DefinitionArn } from '../core/arn.js'
import type { Binding, Protocol } from '../core/binding.js'
import type { ContainerDefinition, NetworkMode, TaskDefinition } from '../core/task-definition.js'

/** ECS's default on Linux is bridge. On Windows it is a NAT, which maps ports as bridge does. */
const networkModeOf = (mode: string | undefined): NetworkMode =>
  mode === 'awsvpc' || mode === 'host' || mode === 'none' ? mode : 'bridge'

const protocolOf = (protocol: string | undefined): Protocol => (protocol === 'udp' ? 'udp' : 'tcp')

const portOf = (
  { containerPort, hostPort, containerPortRange, protocol }: PortMapping,
  mode: NetworkMode,
): readonly Binding[] => {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(containerPortRange ?? '') ?? []
  const port = first === undefined ? containerPort : Number(first)
  if (port === undefined || port === 0) return []
  const count = last === undefined ? 1 : Number(last) - port + 1
  if (count < 1) return []
  // Without a bridge between them, the host's port and the container's are one. Through one, ports of a range are
  // always dynamic.
  const fixed = mode === 'bridge' || mode === 'none' ? (hostPort ?? 0) : port
  return [{ containerPort: port, hostPort: fixed, protocol: protocolOf(protocol), count }]
}

const containerOf = (
  { name = '', image, portMappings = [], dockerLabels = {}, environment = [] }: ContainerDescription,
  mode: NetworkMode,
): ContainerDefinition => ({
  name,
  image,
  ports: portMappings.flatMap((mapping) => portOf(mapping, mode)),
  labels: dockerLabels,
  environment: Object.fromEntries(
    environment.flatMap(({ name: variable, value }) =>
      // All others may be secrets, and go no further than this.
      variable?.startsWith('SERVICE_') === true && value !== undefined ? [[variable, value]] : [],
    ),
  ),
})

/** What we keep of a task definition as DescribeTaskDefinition tells it. */
export const taskDefinition = (
  arn: DefinitionArn,
  { networkMode, containerDefinitions = [] }: Description,
): TaskDefinition => {
  const mode = networkModeOf(networkMode)
  return {
    arn,
    networkMode: mode,
    containers: containerDefinitions.map((container) => containerOf(container, mode)),
  }
}
