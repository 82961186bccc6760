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
 * The container port of a service that names none. Where the host's ports are fixed, that of the lowest, as in
 * Traefik; where they are chosen when a task starts, the lowest itself, since otherwise chance would choose it.
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
 * The host's port for a container port; `undefined` until ECS has told it, and why not where it never will. Without
 * a bridge between them, the two are one whether the definition maps it or not.
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
      return E.left('its network mode is "none", in which nothing reaches it')
    case 'bridge':
      return hostPortIn(container.ports, containerPort, protocol) === undefined
        ? E.left(
            `its task definition maps no container port ${containerPort}/${protocol}, and in bridge mode nothing else is reached from outside: add a port mapping`,
          )
        : E.right(undefined)
  }
}
