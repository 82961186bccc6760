import { lastSegment } from 'ecs-task-stream'
import type { EventBridgeEvent } from '../src/testing/ecs-model/event-bridge-event.js'
import type { SimulatedCluster } from '../sim/ecs/simulated-cluster.js'

/** The used part of the details of the cluster's events. */
interface Told {
  readonly eventName?: string
  readonly status?: string
  readonly ec2InstanceId?: string
}

/** What has begun or ended, as text for people; `undefined` for intermediate steps and noise. */
export const narrative = (event: EventBridgeEvent, cluster: SimulatedCluster): string | undefined => {
  const { eventName, status, ec2InstanceId = '' } = event.detail as Told
  const service = cluster.services().find(({ name }) => name === lastSegment(event.resources[0] ?? ''))
  switch (event['detail-type']) {
    case 'ECS Deployment State Change':
      return eventName === 'SERVICE_DEPLOYMENT_IN_PROGRESS'
        ? `deploying ${service!.name}, revision ${service!.current.target.definition.revision}`
        : `${service!.name} is deployed`
    case 'ECS Service Action':
      return eventName === 'SERVICE_DESIRED_COUNT_UPDATED'
        ? `scaling ${service!.name} to ${service!.desiredCount}`
        : undefined
    case 'ECS Container Instance State Change':
      return status === 'DRAINING' ? `replacing machine ${ec2InstanceId}` : undefined
    default:
      return undefined
  }
}
