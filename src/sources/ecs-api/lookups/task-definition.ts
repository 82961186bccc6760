import type {
  ContainerDefinition as ContainerDescription,
  PortMapping,
  TaskDefinition as Description,
} from '@aws-sdk/client-ecs'
import type { DefinitionArn } from '../../../core/arn.js'
import type { Binding, Protocol } from '../../../core/binding.js'
import type { ContainerDefinition, NetworkMode, TaskDefinition } from '../../../core/task-definition.js'
import { isWellFormed } from '../../../shared/codec/plain-text.js'

/** ECS's default on Linux is bridge. On Windows it is a NAT, which maps ports as bridge does. */
const networkModeOf = (mode: string | undefined): NetworkMode =>
  mode === 'awsvpc' || mode === 'host' || mode === 'none' ? mode : 'bridge'

/** TCP is the default of a port mapping. `undefined` for a protocol that is neither: nothing here can offer it. */
const protocolOf = (protocol = 'tcp'): Protocol | undefined =>
  protocol === 'tcp' || protocol === 'udp' ? protocol : undefined

/** Throws away what is no port: it would be offered. */
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
  // Without a bridge between them, the host's port and the container's are one. Through one, ports of a range are
  // always dynamic.
  const fixed = mode === 'bridge' || mode === 'none' ? (hostPort ?? 0) : port
  return fixed === 0 || isPort(fixed) ? [{ containerPort: port, hostPort: fixed, protocol, count }] : []
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

/** A definition that is answered and cannot be kept. */
export class UnusableDefinition extends Error {
  override readonly name = 'UnusableDefinition'
}

/** What AWS allows a whole definition; we keep a part of it. Source: Amazon ECS service quotas. */
const mostText = 65_536

/** Port mappings, labels and variables of a definition together. A container has 100 port mappings at most. */
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
 * What we keep of a task definition as DescribeTaskDefinition tells it. Throws `UnusableDefinition` for one that is
 * larger than any of AWS, or that has text that is not well-formed.
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
