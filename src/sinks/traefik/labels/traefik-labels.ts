import * as E from 'fp-ts/lib/Either.js'
import {
  type Exposable,
  type ExposedPort,
  type Policy,
  exposesNothing,
  type Exposure,
} from '../../../core/policy.js'
import type { ContainerDefinition, NetworkMode, TaskDefinition } from '../../../core/task-definition.js'
import { constraintOf } from './constraints.js'
import { containerName } from './container-name.js'
import { placedPort } from './port.js'
import { ruleTemplateOf } from './rule.js'
import { type ContainerServices, containerServices, isEnabled, unknownLabels } from './services.js'

export interface TraefikLabelsOptions {
  /** Whether to expose containers without the label `traefik.enable`. Default: true. */
  readonly exposedByDefault?: boolean
  /**
   * The rule of HTTP routers without one; a subset of Go's templates. With an empty rule no routers are created.
   * Default: ``Host(`{{ normalize .Name }}`)``.
   */
  readonly defaultRule?: string | undefined
  /**
   * Which containers to expose, by all their labels: ``Label(`key`, `value`)``, ``LabelRegex(`key`, `expression`)``,
   * `&&`, `||`, `!` and parentheses. Default: all.
   */
  readonly constraints?: string | undefined
  /**
   * Whether ECS services and clusters that name the same Traefik service share it, as with Traefik's own provider.
   * Default: false, so that only one of them has it: a staging cluster that runs the same task definition must not
   * receive production's requests.
   */
  readonly pooled?: boolean
}

/** What a container exposes in every task of one definition and group; or why it cannot. */
interface Offer {
  readonly container: ContainerDefinition
  readonly offered: E.Either<string, ContainerServices>
}

/** Ports, and the reasons why others are missing. */
interface Found {
  readonly ports: readonly ExposedPort[]
  readonly refused: readonly string[]
}

/** Where a container's services are on the task's host, without those whose port ECS has not reported yet. */
const found = (task: Exposable, mode: NetworkMode, { container, offered }: Offer): Found => {
  if (E.isLeft(offered)) return { ports: [], refused: [offered.left] }
  const ports: ExposedPort[] = []
  for (const { backend, protocol, containerPort, at, weight, labels } of offered.right.services) {
    const placed =
      at === undefined
        ? placedPort(task, container, mode, containerPort, protocol)
        : E.right({ containerPort, port: at })
    if (E.isLeft(placed)) return { ports: [], refused: [`container ${container.name}: ${placed.left}`] }
    if (placed.right !== undefined)
      ports.push({
        backend,
        container: container.name,
        ...placed.right,
        protocol,
        ...(weight === undefined ? {} : { weight }),
        labels,
      })
  }
  return { ports, refused: offered.right.dropped }
}

const exposureOf = (all: readonly Found[]): Exposure => {
  const ports = all.flatMap((one) => one.ports)
  const refused = all.flatMap((one) => one.refused)
  if (refused.length === 0) return { _tag: 'Ports', ports }
  return ports.length === 0
    ? { _tag: 'Refused', reason: refused.join('; ') }
    : { _tag: 'Ports', ports, refused }
}

/**
 * A policy for Traefik v2 and v3: the services that the docker labels of a task's containers define, read like
 * Traefik's own ECS provider reads them, for `traefikHttp` and `traefikFile`. A backend is an HTTP service of its name;
 * `tcp/<service>` and `udp/<service>` stand for TCP and UDP services. Its ports carry canonical labels with all
 * defaults filled in, from which the sinks also make routers and middlewares. See docs/traefik-labels.md.
 *
 * A container with a label that Traefik would not accept is refused with the reason, and so is a router that points
 * nowhere; the others are exposed.
 *
 * @throws OptionError if `defaultRule` or `constraints` is invalid.
 */
export const traefikLabels = ({
  exposedByDefault = true,
  defaultRule = 'Host(`{{ normalize .Name }}`)',
  constraints = '',
  pooled = false,
}: TraefikLabelsOptions = {}): Policy => {
  const rule = ruleTemplateOf(defaultRule)
  const matches = constraintOf(constraints)

  const offerOf = (container: ContainerDefinition, group: string | undefined): readonly Offer[] => {
    const { labels } = container
    const enabled = isEnabled(container, exposedByDefault)
    if (E.isLeft(enabled)) return [{ container, offered: enabled }]
    if (!matches(labels)) return []
    const unknown = unknownLabels(container)
    if (!enabled.right) {
      // A container that opts out has nothing to correct.
      const isMeant =
        unknown.length === 0 || Object.keys(labels).some((key) => /^traefik\.enable$/i.test(key))
      return isMeant ? [] : [{ container, offered: E.right({ services: [], dropped: unknown }) }]
    }
    const name = containerName(group, container.name)
    const offered = E.map((all: ContainerServices) => ({ ...all, dropped: [...all.dropped, ...unknown] }))(
      containerServices(container, name, () => rule({ name, labels })),
    )
    return [{ container, offered }]
  }

  // Tasks of one revision and group share all of this, including the label objects.
  const known = new WeakMap<TaskDefinition, Map<string | undefined, readonly Offer[]>>()
  const offersOf = (definition: TaskDefinition, group: string | undefined): readonly Offer[] => {
    const byGroup = known.get(definition) ?? new Map<string | undefined, readonly Offer[]>()
    known.set(definition, byGroup)
    const offers =
      byGroup.get(group) ?? definition.containers.flatMap((container) => offerOf(container, group))
    byGroup.set(group, offers)
    return offers
  }

  const expose = (task: Exposable, definition: TaskDefinition | undefined): Exposure => {
    if (definition === undefined) return { _tag: 'NeedsDefinition', backends: 'any' }
    const offers = offersOf(definition, task.group)
    return offers.length === 0
      ? exposesNothing
      : exposureOf(offers.map((offer) => found(task, definition.networkMode, offer)))
  }
  return { expose, pooled, needs: 'definitions' }
}
