import { OptionError } from '../core/option-error.js'
import { type Exposable, type ExposedPort, exposesNothing, type Policy } from '../core/policy.js'
import { taskPorts } from './task-ports.js'
import { selects, type TaskSelection } from '../core/task-selection.js'

export interface ContainerPortsOptions {
  /** The container whose ports to expose. */
  readonly container: string
  readonly of: TaskSelection
  /**
   * Which addresses of machines to expose; must equal the option of `instanceAddresses`. With `public`, tasks whose
   * public address cannot be known are refused. Default: `private`.
   */
  readonly address?: 'private' | 'public'
}

/** Maximum number of ports, because each gets a listener and a range may map any number of ports. */
const mostPorts = 100

const withoutPublicAddress = (task: Exposable): string | undefined =>
  task.interface !== undefined || task.launchType === 'FARGATE'
    ? 'the task has its own network interface, whose public address is not looked up: use its private address'
    : task.launchType === 'EXTERNAL'
      ? 'Systems Manager does not provide public addresses of external machines: use the private one'
      : undefined

/**
 * A policy for an ambassador. Every port of one container is a backend, named by the container port and shared by all
 * selected tasks, whatever their service or cluster. Each port of a range is a separate backend.
 *
 * UDP ports are backends, too, named `53/udp`. The sink decides whether it supports them.
 */
export const containerPorts = ({ container, of, address = 'private' }: ContainerPortsOptions): Policy => {
  if (of.service === undefined && of.family === undefined)
    throw new OptionError('containerPorts: of: expected a service, a family or both, got neither')
  const expose: Policy['expose'] = (task, definition) => {
    const selected = selects(
      of,
      task.definition === undefined ? { ...task, definition: definition?.arn } : task,
    )
    if (selected === undefined) return { _tag: 'NeedsDefinition', backends: 'any' }
    if (!selected) return exposesNothing
    const refused = address === 'public' ? withoutPublicAddress(task) : undefined
    if (refused !== undefined) return { _tag: 'Refused', reason: refused }
    const found = taskPorts(task, definition)
    if (found === undefined) return { _tag: 'NeedsDefinition', backends: 'any' }

    const own = found.filter((port) => port.container === container)
    const count = own.reduce((sum, { binding }) => sum + binding.count, 0)
    if (count > mostPorts)
      return {
        _tag: 'Refused',
        reason: `container ${container} has ${count} ports, and at most ${mostPorts} can be exposed: map fewer`,
      }
    const ports = own.flatMap(({ binding: { containerPort, hostPort, protocol, count: width } }) =>
      Array.from({ length: width }, (_, i): ExposedPort => {
        const port = containerPort + i
        return {
          backend: protocol === 'tcp' ? String(port) : `${port}/${protocol}`,
          container,
          containerPort: port,
          port: hostPort + i,
          protocol,
        }
      }),
    )
    return { _tag: 'Ports', ports }
  }
  return { expose, pooled: true, needs: 'bindings' }
}
