import { type EventBridgeEvent, eventBridgeEvent, isoTime } from './event-bridge-event.js'
import { type Place, serviceArn } from './place.js'

export interface DeploymentFacts {
  readonly place: Place
  /** The service's name. */
  readonly service: string
  /** `ecs-svc/<id>`: what the tasks of its revision are started by. */
  readonly deployment: string
  readonly progress: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  readonly reason: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** "ECS Deployment State Change": has neither a version nor a cluster ARN. `id` is a UUID. */
export const deploymentEvent = (
  { place, service, deployment, progress, reason, at }: DeploymentFacts,
  id: string,
): EventBridgeEvent =>
  eventBridgeEvent(
    place,
    'ECS Deployment State Change',
    serviceArn(place, service),
    at,
    {
      eventType: progress === 'FAILED' ? 'ERROR' : 'INFO',
      eventName: `SERVICE_DEPLOYMENT_${progress}`,
      deploymentId: deployment,
      updatedAt: isoTime(at),
      reason,
    },
    id,
  )
