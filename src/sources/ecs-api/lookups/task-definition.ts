import type {
  ContainerDefinition as ContainerDescription,
  PortMapping,
  TaskDefinition as Description,
} from '@aws-sdk/client-ecs'
import type { DefinitionArn } from '../../../core/arn.js'
import type { Binding, Protocol } from '../../../core/binding.js'
import type { ContainerDefinition, NetworkMode, TaskDefinition } from '../../../core/task-definition.js'
import { isWellFormed } from '../../../shared/codec/plain-text.js'

/** ECS's default on Linux is bridge. On Windows, it is NAT, which maps ports in the same way. */
const networkModeOf = (mode: string | undefined): NetworkMode =>
  mode === 'awsvpc' || mode === 'host' || mode === 'none' ? mode : 'bridge'

/** TCP is the default of a port mapping. `undefined` for other protocols, which cannot be exposed. */
const protocolOf = (protocol = 'tcp'): Protocol | undefined =>
  protocol === 'tcp' || protocol === 'udp' ? protocol : undefined

/** Whether a number is a valid port; others must not be exposed. */
const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535

const portOf = (
  { containerPort, hostPort, containerPortRange, protocol: named }: PortMapping,
  mode: NetworkMode,
): readonly Binding[] => {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(containerPortRange ?? '') ?? []
  const port = first === undefined ? (containerPort ?? 0) : Number(first)
  const protocol = protocolOf(named)
  if (protocol === undefined) return []
  const count = last === undefined ? 1 : Number(last) - port + 1
  if (count < 1 || !isPort(port) || !isPort(port + count - 1)) return []
  // Without a bridge, the host port equals the container port. With a bridge, the host ports of a range are always
  // dynamic.
  const fixed = mode === 'bridge' || mode === 'none' ? (hostPort ?? 0) : port
  return fixed === 0 || isPort(fixed) ? [{ containerPort: port, hostPort: fixed, protocol, count }] : []
}

const containerOf = (
  {
    name = '',
    image,
    portMappings = [],
    dockerLabels = {},
    environment = [],
    essential = true,
    healthCheck,
  }: ContainerDescription,
  mode: NetworkMode,
): ContainerDefinition => ({
  name,
  image,
  ports: portMappings.flatMap((mapping) => portOf(mapping, mode)),
  labels: dockerLabels,
  environment: Object.fromEntries(
    environment.flatMap(({ name: variable, value }) =>
      // All other variables may be secrets, and are dropped here.
      variable?.startsWith('SERVICE_') === true && value !== undefined ? [[variable, value]] : [],
    ),
  ),
  ...(essential && healthCheck !== undefined ? { healthCheck: true } : {}),
})

/** A definition in a response that cannot be used. */
export class UnusableDefinition extends Error {
  override readonly name = 'UnusableDefinition'
}

/** AWS's limit for a whole definition, of which only a part is kept. Source: Amazon ECS service quotas. */
const mostText = 65_536

/** Maximum number of port mappings, labels and variables together. A container has at most 100 port mappings. */
const mostItems = 5_000

const textsOf = ({ name, image = '', labels, environment }: ContainerDefinition): readonly string[] => [
  name,
  image,
  ...Object.entries(labels).flat(),
  ...Object.entries(environment).flat(),
]

const checked = (definition: TaskDefinition): TaskDefinition => {
  const texts = definition.containers.flatMap(textsOf)
  const size = texts.reduce((sum, text) => sum + text.length, 0)
  const items = texts.length + definition.containers.reduce((sum, { ports }) => sum + ports.length, 0)
  const bad = texts.find((text) => !isWellFormed(text))
  if (size > mostText)
    throw new UnusableDefinition(`it has ${size} characters of text, more than ${mostText}`)
  if (items > mostItems)
    throw new UnusableDefinition(`it has ${items} names, labels, variables and ports, more than ${mostItems}`)
  if (bad !== undefined)
    throw new UnusableDefinition(`${JSON.stringify(bad.slice(0, 100))} is not well-formed Unicode`)
  return definition
}

/**
 * Converts a DescribeTaskDefinition response to the parts that are kept. Throws `UnusableDefinition` if it exceeds
 * AWS's own limits, or contains text that is not well-formed Unicode.
 */
export const taskDefinition = (
  arn: DefinitionArn,
  { networkMode, containerDefinitions = [] }: Description,
): TaskDefinition => {
  const mode = networkModeOf(networkMode)
  return checked({
    arn,
    networkMode: mode,
    containers: containerDefinitions.map((container) => containerOf(container, mode)),
  })
}
