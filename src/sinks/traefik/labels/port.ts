/** Where a service of a container is reached. */
import * as E from 'fp-ts/lib/Either.js'
import type { Binding, Protocol } from '../../../core/binding.js'
import type { Exposable } from '../../../core/policy.js'
import type { ContainerDefinition, NetworkMode } from '../../../core/task-definition.js'

export interface PlacedPort {
  readonly containerPort: number
  readonly port: number
}

/**
 * The container port of a service that names none. With fixed host ports: the one with the lowest host port, as in
 * Traefik. With ports chosen at start: the lowest container port, since otherwise the choice would be random.
 */
export const defaultPort = ({ ports }: ContainerDefinition, protocol: Protocol): number | undefined => {
  const mapped = ports.filter((binding) => binding.protocol === protocol)
  const fixed = mapped.every(({ hostPort }) => hostPort > 0)
  const rank = (binding: Binding): number => (fixed ? binding.hostPort : binding.containerPort)
  return mapped.toSorted((a, b) => rank(a) - rank(b) || a.containerPort - b.containerPort)[0]?.containerPort
}

const hostPortIn = (
  bindings: readonly Binding[],
  containerPort: number,
  protocol: Protocol,
): number | undefined => {
  const found = bindings.find(
    (binding) =>
      binding.protocol === protocol &&
      containerPort >= binding.containerPort &&
      containerPort < binding.containerPort + binding.count,
  )
  return found && found.hostPort + containerPort - found.containerPort
}

/**
 * The host's port for a container port; `undefined` until ECS reports it, or an error if it never will. Without a
 * bridge network the two are equal, whether the definition maps the port or not.
 */
export const placedPort = (
  task: Exposable,
  container: ContainerDefinition,
  networkMode: NetworkMode,
  containerPort: number,
  protocol: Protocol,
): E.Either<string, PlacedPort | undefined> => {
  const bound = task.containers.find(({ name }) => name === container.name)?.bindings ?? []
  const mapped = hostPortIn(bound, containerPort, protocol)
  if (mapped !== undefined) return E.right({ containerPort, port: mapped })
  switch (networkMode) {
    case 'awsvpc':
    case 'host':
      return E.right({ containerPort, port: containerPort })
    case 'none':
      return E.left('its network mode is "none", so it is not reachable')
    case 'bridge':
      return hostPortIn(container.ports, containerPort, protocol) === undefined
        ? E.left(
            `its task definition maps no container port ${containerPort}/${protocol}, and in bridge mode unmapped ports are not reachable from outside: add a port mapping`,
          )
        : E.right(undefined)
  }
}
