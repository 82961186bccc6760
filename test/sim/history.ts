import type { EventBridgeEvent } from '../../src/testing/ecs-model/event-bridge-event.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import { simulatedCluster, type SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'

/** One service of each placement. */
export const everyPlacement: readonly ServiceSpec[] = [
  {
    name: 'web',
    placement: 'bridge',
    desiredCount: 6,
    sidecar: true,
    dockerLabels: { 'traefik.enable': 'true' },
  },
  { name: 'edge', placement: 'external', desiredCount: 3 },
  { name: 'jobs', placement: 'awsvpc', desiredCount: 4, sidecar: true, dualStack: true },
  { name: 'api', placement: 'fargate', desiredCount: 5, environment: { SERVICE_8080_NAME: '_api._tcp' } },
]

/** A cluster of every placement. */
export const mixedCluster = (seed: number): SimulatedCluster =>
  simulatedCluster({ seed, name: 'mixed', services: everyPlacement, instances: { ec2: 3, external: 2 } })

/** What a task event says, as far as these tests look at it. */
export interface TaskDetail {
  readonly taskArn: string
  readonly version: number
  readonly updatedAt: string
  readonly lastStatus: string
  readonly desiredStatus: string
  readonly launchType: string
  readonly group: string
  readonly containerInstanceArn?: string
  readonly attachments: readonly unknown[]
  readonly containers: readonly {
    readonly name: string
    readonly lastStatus: string
    readonly networkInterfaces: readonly { readonly privateIpv4Address: string }[]
    readonly networkBindings?: readonly {
      readonly bindIP: string
      readonly hostPort: number
      readonly protocol: string
    }[]
  }[]
}

/** Starts the cluster, lets it make the steps, and gives every event of it. */
export const eventsOf = (cluster: SimulatedCluster, steps: number): readonly EventBridgeEvent[] => {
  const events: EventBridgeEvent[] = []
  const subscription = cluster.events$.subscribe((event) => events.push(event))
  cluster.start()
  for (let step = 0; step < steps; step++) cluster.step()
  subscription.unsubscribe()
  return events
}

/** The details of the task events among them. */
export const taskDetails = (events: readonly EventBridgeEvent[]): readonly TaskDetail[] =>
  events
    .filter((event) => event['detail-type'] === 'ECS Task State Change')
    .map(({ detail }) => detail as unknown as TaskDetail)

/** The details of each task, in the order in which they were said. */
export const byTask = (details: readonly TaskDetail[]): readonly (readonly TaskDetail[])[] => {
  const tasks = new Map<string, TaskDetail[]>()
  for (const detail of details) {
    const before = tasks.get(detail.taskArn)
    if (before === undefined) tasks.set(detail.taskArn, [detail])
    else before.push(detail)
  }
  return [...tasks.values()]
}
