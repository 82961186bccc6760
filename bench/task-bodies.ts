import type { ClusterEvent, Millis, Task } from 'ecs-task-stream'
import { decodeMessage } from 'ecs-task-stream/sources/ecs-event'
import { ecsDecoder } from 'ecs-task-stream/testing'
import { simulatedCluster } from '../sim/ecs/simulated-cluster.js'
import type { SimulatedTask } from '../sim/ecs/simulated-task.js'
import { isoTime } from '../src/testing/ecs-model/event-bridge-event.js'
import type { Json } from '../src/testing/ecs-model/json.js'
import { lastSegment } from '../src/testing/ecs-model/place.js'
import { taskDescription } from '../src/testing/ecs-model/task-description.js'
import { hexOf, uuidOf } from './hex.js'
import { type Slot, type Template, template } from './template.js'

export type TaskPlacement = 'fargate' | 'bridge'

/** One version of a task. */
export interface Told {
  readonly index: number
  /** The number of its service. */
  readonly service: number
  readonly version: number
  readonly at: Millis
}

/**
 * Messages about tasks with two containers, each filled into what the simulation says about a task of its own: as long
 * as real ones, with every string of its own, and made far faster than they are decoded.
 */
export interface TaskBodies {
  readonly cluster: string
  /** The events of a start: the last one says RUNNING. */
  readonly starting: readonly Template<Told>[]
  /** The events of a stop: the last one says STOPPED. */
  readonly stopping: readonly Template<Told>[]
  readonly running: Template<Told>
  readonly stopped: Template<Told>
  /** A running task, decoded as from DescribeTasks in a snapshot of that order. */
  readonly described: (told: Told, order: number) => Task
  /** The answers to all lookups for so many tasks in so many services. */
  readonly lookups: (services: number, tasks: number) => readonly ClusterEvent[]
}

const SERVICE = 'the-example-service'
const TASKS_A_MACHINE = 20

export const serviceName = (service: number): string => `service-${service}`

const ipOf = (network: number, n: number): string =>
  `${10 + network}.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`

const machineOf = (index: number): number => Math.floor(index / TASKS_A_MACHINE)
const machineId = (machine: number): string => hexOf(machine, 90, 32)

const slotsOf = (task: SimulatedTask): readonly Slot<Told>[] => {
  const { id, containers, startedBy, site } = task
  const { networkInterface: eni, instance } = site
  return [
    [id, ({ index }) => hexOf(index, 1, 32)],
    [SERVICE, ({ service }) => serviceName(service)],
    [lastSegment(startedBy), ({ service }) => hexOf(service, 2, 16)],
    ...containers.flatMap(({ arn, runtimeId }, i): readonly Slot<Told>[] => [
      [lastSegment(arn), ({ index }) => uuidOf(index, 10 + i)],
      // On Fargate the task's id with a number, otherwise Docker's.
      runtimeId.startsWith(id)
        ? [runtimeId, ({ index }) => `${hexOf(index, 1, 32)}-${parseInt(hexOf(index, 20 + i, 7), 16)}`]
        : [runtimeId, ({ index }) => hexOf(index, 20 + i, 64)],
    ]),
    ...(eni === undefined
      ? []
      : ([
          [eni.attachmentId, ({ index }) => uuidOf(index, 30)],
          [eni.loadBalancerAttachmentId, ({ index }) => uuidOf(index, 31)],
          [eni.id, ({ index }) => `eni-0${hexOf(index, 32, 16)}`],
          [eni.macAddress, ({ index }) => `02:${hexOf(index, 33, 10).replace(/(..)(?=.)/g, '$1:')}`],
          [`"${eni.privateIp}"`, ({ index }) => `"${ipOf(0, index)}"`],
          [
            `ip-${eni.privateIp.replaceAll('.', '-')}`,
            ({ index }) => `ip-${ipOf(0, index).replaceAll('.', '-')}`,
          ],
        ] satisfies readonly Slot<Told>[])),
    ...(instance === undefined
      ? []
      : ([
          [lastSegment(instance.arn), ({ index }) => machineId(machineOf(index))],
          ...containers.flatMap(({ hostPort }): readonly Slot<Told>[] =>
            hostPort === undefined
              ? []
              : [
                  [
                    `"hostPort":${hostPort}`,
                    ({ index }) => `"hostPort":${32_768 + (index % TASKS_A_MACHINE)}`,
                  ],
                ],
          ),
        ] satisfies readonly Slot<Told>[])),
  ]
}

/** The version and the time of an event: of the envelope's, only the id is another one. */
const eventSlots = (event: { readonly id: string; readonly detail: Json }): readonly Slot<Told>[] => [
  [`"version":${String(event.detail['version'])}`, ({ version }) => `"version":${version}`],
  [`"updatedAt":"${String(event.detail['updatedAt'])}"`, ({ at }) => `"updatedAt":"${isoTime(at)}"`],
  [event.id, ({ index, version }) => uuidOf(index, 100 + version)],
]

const dates = ['createdAt', 'connectivityAt', 'pullStartedAt', 'pullStoppedAt', 'startedAt']

/** As the SDK makes it of its answer: with dates. */
const withDates = (json: Record<string, unknown>): Json => {
  for (const name of dates) if (typeof json[name] === 'string') json[name] = new Date(json[name])
  return json
}

const descriptionOf = (task: SimulatedTask): Template<Told> => {
  const { version, times } = task
  const text = JSON.stringify(taskDescription(task.facts(), (at) => new Date(at).toISOString()))
  return template(text, [
    ...slotsOf(task),
    [`"version":${version}`, (told) => `"version":${told.version}`],
    [
      `"startedAt":"${new Date(times.startedAt ?? NaN).toISOString()}"`,
      ({ at }) => `"startedAt":"${new Date(at).toISOString()}"`,
    ],
  ])
}

/** The task of a decoded event. */
export const taskOf = (body: string): Task => {
  const decoded = decodeMessage(body)
  if (decoded._tag !== 'Event' || decoded.event._tag !== 'TaskChanged')
    throw new Error(`not an event about a task: ${JSON.stringify(decoded)}`)
  return decoded.event.task
}

export const taskBodies = (placement: TaskPlacement): TaskBodies => {
  const cluster = simulatedCluster({
    seed: 11,
    name: 'bench',
    services: [{ name: SERVICE, placement, desiredCount: 1, sidecar: true }],
    instances: { ec2: placement === 'bridge' ? 1 : 0 },
  })
  const seen: { readonly text: string; readonly id: string; readonly detail: Json }[] = []
  cluster.events$.subscribe((event) => {
    if (event['detail-type'] === 'ECS Task State Change')
      seen.push({ text: JSON.stringify(event), id: event.id, detail: event.detail })
  })
  cluster.start()
  cluster.settle()
  const [task] = cluster.tasks()
  if (task === undefined) throw new Error('the service has no task')
  const started = seen.length
  const description = descriptionOf(task)
  cluster.scale(SERVICE, 0)
  cluster.settle()
  const slots = slotsOf(task)
  const bodies = seen.map((event) => template(event.text, [...slots, ...eventSlots(event)]))
  const [running, stopped] = [bodies[started - 1], bodies.at(-1)]
  if (running === undefined || stopped === undefined) throw new Error('the task has no events')
  const [definition] = cluster.definitions()
  const definitionArn = definition?.arn ?? ''

  return {
    cluster: cluster.arn,
    starting: bodies.slice(0, started),
    stopping: bodies.slice(started),
    running,
    stopped,
    described: (told, order) => {
      const json = withDates(JSON.parse(description(told)) as Record<string, unknown>)
      const { task: read } = ecsDecoder.description(json, order)
      if (read === undefined) throw new Error('the description of a task is not read')
      return read
    },
    lookups: (services, tasks) => [
      ...Array.from({ length: services }, (_, service): ClusterEvent => ({
        _tag: 'DefinitionDescribed',
        definition: {
          arn: definitionArn.replace(SERVICE, serviceName(service)),
          networkMode: placement === 'bridge' ? 'bridge' : 'awsvpc',
          containers: (definition?.containers ?? []).map(({ name, containerPort, protocol }) => ({
            name: name.replace(SERVICE, serviceName(service)),
            ports: [
              {
                containerPort,
                hostPort: placement === 'bridge' ? 0 : containerPort,
                protocol,
                count: 1,
              },
            ],
            image: undefined,
            labels: {},
            environment: {},
          })),
        },
      })),
      ...(placement === 'bridge'
        ? Array.from({ length: Math.ceil(tasks / TASKS_A_MACHINE) }, (_, machine): ClusterEvent => ({
            _tag: 'InstanceDescribed',
            instance: `arn:aws:ecs:eu-west-1:123456789012:container-instance/bench/${machineId(machine)}`,
            addresses: { ipv4: ipOf(100, machine), ipv6: undefined },
            at: 1,
          }))
        : []),
    ],
  }
}
