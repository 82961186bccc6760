import type { TaskDefinition } from '../core/task-definition.js'
import { definitionArn } from './ecs-model/place.js'
import type { ContainerSpec } from './ecs-model/task-container.js'
import { hexId } from './modelled-ids.js'
import type { ModelledService } from './modelled-service.js'

/** The TCP port of the service's main container; each revision of its task definition has another one. */
export const containerPortOf = (revision: number): number => 8000 + revision

const spec = (name: string, i: number) => ({ name, image: `${name}:1`, digest: `sha256:${hexId(i, 64)}` })

/** The containers of the service's tasks, the essential one first. */
export const containersOf = (
  { sidecar }: ModelledService,
  containerPort: number,
): readonly ContainerSpec[] => [
  { ...spec('app', 1), essential: true, containerPort, protocol: 'tcp' },
  ...(sidecar
    ? [{ ...spec('statsd', 2), essential: false, containerPort: 8125, protocol: 'udp' } as const]
    : []),
]

/** A revision of the service's task definition. */
export const modelledDefinition = (
  { place, name, network, sidecar }: ModelledService,
  revision: number,
): TaskDefinition => {
  const port = (containerPort: number, protocol: 'tcp' | 'udp') =>
    ({
      containerPort,
      hostPort: network === 'bridge' ? 0 : containerPort,
      protocol,
      count: 1,
    }) as const
  const container = (of: string, mapped: ReturnType<typeof port>) =>
    ({ name: of, ports: [mapped], image: undefined, labels: {}, environment: {} }) as const
  const app = container('app', port(containerPortOf(revision), 'tcp'))
  return {
    arn: definitionArn(place, name, revision),
    networkMode: network,
    containers: sidecar ? [container('statsd', port(8125, 'udp')), app] : [app],
  }
}
