import {
  type BackendName,
  type Exposable,
  type ExposedPort,
  exposesNothing,
  type Policy,
} from '../core/policy.js'
import { type TaskPort, taskPorts } from './task-ports.js'

export interface ServicePortsOptions {
  /**
   * The backend's name for a task; `undefined` to leave the task out. Default: the service's name, and nothing for
   * tasks that no service started. `service:web` and `family:web` are different things: a function that names both
   * must name them differently.
   */
  readonly name?: (task: Exposable) => BackendName | undefined
  /**
   * - `primary` (default): one TCP port a task. Of the ports that the options below allow: the one of the container
   *   that has the backend's name, else the lowest container port, else the container's name decides. It never
   *   depends on host ports or on the order of containers, so all tasks of a service agree.
   * - `all`: the primary under the backend's name, every other as `<backend>-<container>-<container port>`.
   */
  readonly ports?: 'primary' | 'all'
  /** Only ports of this container. Default: any. */
  readonly container?: string
  /** Only this container port. Default: any. */
  readonly containerPort?: number
}

/** The name of the service that started a task. */
export const serviceOf = (task: Exposable): string | undefined =>
  (task.group?.startsWith('service:') === true && task.group.slice('service:'.length)) || undefined

/**
 * A policy for load balancers: a backend a service. Ranges of ports and UDP are left out: they are not what one
 * balances.
 */
export const servicePorts = (options: ServicePortsOptions = {}): Policy => {
  const { name = serviceOf, ports = 'primary', container, containerPort } = options
  const expose: Policy['expose'] = (task, definition) => {
    const backend = name(task)
    if (backend === undefined) return exposesNothing
    const found = taskPorts(task, definition)
    if (found === undefined) return { _tag: 'NeedsDefinition', backends: [backend] }

    const rank = (port: TaskPort): number => (port.container === backend ? 0 : 1)
    const [primary, ...others] = found
      .filter(
        (port) =>
          port.binding.protocol === 'tcp' &&
          port.binding.count === 1 &&
          (container === undefined || port.container === container) &&
          (containerPort === undefined || port.binding.containerPort === containerPort),
      )
      .sort(
        (a, b) =>
          rank(a) - rank(b) ||
          a.binding.containerPort - b.binding.containerPort ||
          (a.container < b.container ? -1 : 1),
      )
    if (primary === undefined) return exposesNothing

    const exposed = (port: TaskPort, under: BackendName): ExposedPort => ({
      backend: under,
      container: port.container,
      containerPort: port.binding.containerPort,
      port: port.binding.hostPort,
      protocol: 'tcp',
    })
    const rest = ports === 'all' ? others : []
    return {
      _tag: 'Ports',
      ports: [
        exposed(primary, backend),
        ...rest.map((port) => exposed(port, `${backend}-${port.container}-${port.binding.containerPort}`)),
      ],
    }
  }
  return { expose, needs: 'bindings' }
}
