import { createHash } from 'node:crypto'
import { containerArn, containerInstanceArn, definitionArn } from '../../src/testing/ecs-model/place.js'
import { Pool } from '../../src/testing/ecs-model/pool.js'
import { scalingIn } from '../../src/testing/ecs-model/stop-cause.js'
import type { TaskFacts } from '../../src/testing/ecs-model/task-facts.js'
import { TaskLife } from '../../src/testing/ecs-model/task-life.js'
import type { DefinitionSpec } from '../../src/testing/ecs-model/task-origin.js'
import type { TaskSite } from '../../src/testing/ecs-model/task-site.js'
import type { TaskOptions } from './task-options.js'

const newYear = Date.UTC(2026, 0, 1)

const definitions: Readonly<
  Record<NonNullable<TaskOptions['placement']>, Pick<DefinitionSpec, 'networkMode' | 'launchType'>>
> = {
  fargate: { networkMode: 'awsvpc', launchType: 'FARGATE' },
  awsvpc: { networkMode: 'awsvpc', launchType: 'EC2' },
  bridge: { networkMode: 'bridge', launchType: 'EC2' },
  external: { networkMode: 'bridge', launchType: 'EXTERNAL' },
}

/** Hexadecimal digits that follow from the text, at most 64. */
export const hexOf = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits)

/** A UUID that follows from the text. */
export const uuidOf = (text: string): string =>
  hexOf(text, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

const addressOf = (task: number): string => `10.0.${task >> 8}.${task & 255}`

const begin = (options: TaskOptions): TaskLife => {
  const { service = 'web', task = 1, placement = 'fargate', sidecars = [], port = 8080 } = options
  const { region = 'eu-west-1', account = '123456789012', cluster = 'default', revision = 1 } = options
  if (!Number.isInteger(task) || task < 1 || task > 65_535)
    throw new RangeError(`task: expected a whole number from 1 to 65535, got ${task}`)
  const place = { region, account, cluster }
  const name = [region, account, cluster, service, task].join('/')
  const id = hexOf(name, 32)
  const definition = definitions[placement]
  const site: TaskSite = {
    place,
    availabilityZone: `${region}a`,
    instance:
      placement === 'fargate'
        ? undefined
        : {
            arn: containerInstanceArn(place, options.instance ?? hexOf(`instance of ${cluster}`, 32)),
            privateIp: '10.0.255.254',
            dualStack: false,
            ports: { tcp: new Pool(options.hostPort ?? 32_768), udp: new Pool(options.hostPort ?? 32_768) },
          },
    networkInterface:
      definition.networkMode === 'bridge'
        ? undefined
        : {
            attachmentId: uuidOf(`attachment of ${name}`),
            loadBalancerAttachmentId: uuidOf(`load balancer of ${name}`),
            id: `eni-0${hexOf(`interface of ${name}`, 16)}`,
            subnetId: `subnet-0${hexOf(`subnet of ${cluster}`, 16)}`,
            macAddress: `02:${hexOf(`interface of ${name}`, 10).replace(/(..)(?=.)/g, '$1:')}`,
            privateIp: options.address ?? addressOf(task),
            ipv6: options.ipv6,
          },
  }
  const containers = [
    { name: service, port, protocol: 'tcp' as const },
    ...sidecars.map(({ protocol = 'tcp', ...sidecar }) => ({ ...sidecar, protocol })),
  ]
  return new TaskLife({
    id,
    site,
    definition: { ...definition, arn: definitionArn(place, service, revision) },
    group: `service:${service}`,
    startedBy: `ecs-svc/${parseInt(hexOf(`${service}:${revision}`, 12), 16)}`,
    secret: 'secret',
    health: options.health ?? 'UNKNOWN',
    createdAt: options.createdAt ?? newYear,
    containers: containers.map(({ name: container, port: containerPort, protocol }, i) => ({
      arn: containerArn(place, id, uuidOf(`${name}/${container}`)),
      runtimeId: placement === 'fargate' ? `${id}-${String(i).padStart(10, '0')}` : hexOf(container + id, 64),
      spec: {
        name: container,
        image: `${container}:latest`,
        digest: `sha256:${hexOf(container, 64)}`,
        essential: i === 0,
        containerPort,
        protocol,
      },
    })),
    // What ECS does for some tasks and not for others: everything of which users have to think.
    variations: { pulled: () => false, losesAttachments: () => false, drains: () => true },
  })
}

/** This version of the task. The life goes on with the same record of times. */
const present = (life: TaskLife): TaskFacts => ({ ...life.facts(), times: { ...life.times } })

/** A second after the version before. */
const stamp = (life: TaskLife): number => life.updatedAt + 1_000

/** The present version, and all to which it leads by itself. */
const following = (life: TaskLife): readonly TaskFacts[] => {
  const versions = [present(life)]
  while (life.isMoving) {
    life.advance(stamp(life))
    versions.push(present(life))
  }
  return versions
}

/** Every version of the task, in order: from its creation to RUNNING, and then, because it is scaled in, to STOPPED. */
export const taskCourse = (options: TaskOptions): readonly TaskFacts[] => {
  const life = begin(options)
  const rise = following(life)
  life.stop(scalingIn, stamp(life))
  return [...rise, ...following(life)]
}
