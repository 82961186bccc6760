import { awaitedHealth, endpointIdOf, originOf, type SharedPort } from '../claim.js'
import type { Endpoint } from '../desired.js'
import { containerLiveness } from '../liveness.js'
import { broken, chained, type ChainLink, ok, unknown, waiting } from './chain.js'
import { endpointById } from './endpoint-by-id.js'
import { type ExplainedWorld, optionsOf } from './explained-world.js'
import type { ProjectedTask } from './projected-task.js'
import { unresolvedLink } from './task-links.js'

/** The endpoint of a port in its desired backend. */
export const desiredEndpoint = (
  { task }: ProjectedTask,
  { port }: SharedPort,
  { desired }: ExplainedWorld,
): Endpoint | undefined => {
  const backend = desired.backends.get(port.backend)
  return backend === undefined ? undefined : endpointById(backend, endpointIdOf(task, port))
}

const unhealthyBecause = (
  { task, liveness }: ProjectedTask,
  { port }: SharedPort,
  { state }: ExplainedWorld,
): string | undefined => {
  if (liveness === 'unhealthy') return 'ECS reports the task as UNHEALTHY'
  return state.health.get(endpointIdOf(task, port))?.healthy === false
    ? 'the health probe of this port fails'
    : undefined
}

const healthLink = (
  seen: ProjectedTask,
  shared: SharedPort,
  offered: Endpoint | undefined,
  world: ExplainedWorld,
): ChainLink => {
  const { task, definition } = seen
  const { healthChecks, unhealthy } = optionsOf(world)
  const illness = unhealthyBecause(seen, shared, world)
  if (offered !== undefined)
    return ok(
      'health',
      illness === undefined
        ? 'nothing is known against it'
        : `${illness}, but no endpoint of its backend is known to be better`,
    )
  const awaited = healthChecks === 'required' ? awaitedHealth(task, definition, world.state) : undefined
  if (awaited !== undefined) return unresolvedLink('health', awaited.missing)
  const { container } = shared.port
  const status = task.containers.find(({ name }) => name === container)?.lastStatus ?? 'PENDING'
  switch (containerLiveness(status)) {
    case 'pending':
      return waiting('health', `container ${container} is ${status}, not RUNNING yet`)
    case 'gone':
      return broken('health', `container ${container} is ${status}`, `find out why ${container} has exited`)
    case 'live':
    case 'unhealthy':
  }
  if (illness === undefined) return ok('health', 'nothing is known against it')
  return broken(
    'health',
    unhealthy === 'leave-out' ? illness : `${illness}, and others of its backend are better`,
    'find out why its health check fails; it is offered again when it passes',
  )
}

const deploymentLink = (
  { traffic }: ProjectedTask,
  { share }: SharedPort,
  offered: Endpoint | undefined,
): ChainLink => {
  switch (traffic._tag) {
    case 'AtOnce':
      return ok('deployment', 'no deployment in stages holds it back')
    case 'Unknown':
      return unresolvedLink('deployment', { why: 'deployment', detail: traffic.detail })
    case 'Share': {
      if (offered !== undefined)
        return ok('deployment', `its revision gets ${offered.share?.percent ?? 100} % of the requests`)
      const percent = share?.percent ?? traffic.production
      return percent > 0
        ? ok('deployment', `its revision gets ${percent} % of the requests`)
        : unresolvedLink('deployment', {
            why: 'held',
            detail: traffic.held ?? 'its revision gets no requests of this backend',
          })
    }
  }
}

const claimLink = (
  { task }: ProjectedTask,
  { port: { backend } }: SharedPort,
  offered: Endpoint | undefined,
  world: ExplainedWorld,
): ChainLink => {
  if (offered !== undefined) return ok('claim', `it is an endpoint of backend "${backend}"`)
  const { desired } = world
  const told = desired.unresolved.get(task.arn)
  if (told?.why === 'name-taken' && told.detail.startsWith(`backend "${backend}" `))
    return unresolvedLink('claim', told)
  const holder = desired.backends.get(backend)?.endpoints.find((each) => originOf(each) !== originOf(task))
  const taken =
    optionsOf(world).expose.pooled !== true && (holder !== undefined || told?.why === 'name-taken')
  return taken
    ? unresolvedLink('claim', {
        why: 'name-taken',
        detail: `backend "${backend}" belongs to ${holder === undefined ? 'another service' : originOf(holder)}`,
      })
    : unknown('claim', `backend "${backend}" does not have it: the desired state is older than this task`)
}

/** The links of one port up to its backend. `isReached`: whether all links of its task are `ok`. */
export const portLinks = (
  seen: ProjectedTask,
  shared: SharedPort,
  world: ExplainedWorld,
  isReached: boolean,
): readonly ChainLink[] => {
  const offered = desiredEndpoint(seen, shared, world)
  return chained(
    [
      ['health', () => healthLink(seen, shared, offered, world)],
      ['deployment', () => deploymentLink(seen, shared, offered)],
      ['claim', () => claimLink(seen, shared, offered, world)],
    ],
    isReached,
  )
}
