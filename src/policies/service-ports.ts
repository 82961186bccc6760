import {
  type BackendName,
  type Exposable,
  type ExposedPort,
  exposesNothing,
  type Policy,
} from '../core/policy.js'
import { serviceOf } from '../core/service-of.js'
import { type TaskPort, taskPorts } from './task-ports.js'

export interface ServicePortsOptions {
  /**
   * The backend name for a task; `undefined` leaves the task out. Default: the service's name, and `undefined` for
   * tasks outside a service. `service:web` and `family:web` are different, so a function that names both must use
   * different names.
   */
  readonly name?: (task: Exposable) => BackendName | undefined
  /**
   * - `primary` (default): one TCP port per task, among those that the options below allow. A container with the
   *   backend's name comes first, then the lowest container port, then the least container name. The choice does not
   *   depend on host ports or the order of containers, so all tasks of a service agree.
   * - `all`: the primary port under the backend's name, and every other as `<backend>-<container>-<container port>`.
   */
  readonly ports?: 'primary' | 'all'
  /** Only ports of this container. Default: any. */
  readonly container?: string
  /** Only this container port. Default: any. */
  readonly containerPort?: number
}

/** A policy for load balancers, with one backend per service. It leaves out port ranges and UDP ports. */
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
