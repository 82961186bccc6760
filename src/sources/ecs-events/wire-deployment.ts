/**
 * The parts that are read of the two events about a service's deployments. They say that something changed, and not
 * how the traffic is divided now. Source: Amazon ECS Developer Guide, "Amazon ECS service deployment state change
 * events" and "Amazon ECS hook state change events".
 */
import type { ServiceArn } from '../../core/deployment.js'
import { arrayOf, object, optional, stringOf } from '../../shared/codec/lenient.js'
import { isServiceArn } from './ecs-arn.js'
import { timestamp } from './wire-task.js'

/** The kinds of events, by `detail-type`. */
export const deploymentEvents: ReadonlySet<string> = new Set([
  'ECS Deployment State Change',
  'ECS Hook State Change',
])

const serviceArn = stringOf('ARN of a service, with the name of its cluster', isServiceArn)

/** EventBridge allows more than ECS sends, which is one. */
const maxResources = 100

/** A deployment's event names its service in `resources`, and a hook's in `detail`. */
export const wireDeployment = object(
  { detail: object({ updatedAt: timestamp }, { serviceArn: optional(serviceArn) }) },
  {
    resources: optional(
      arrayOf(
        stringOf('text', (text) => text !== ''),
        maxResources,
      ),
    ),
  },
)

/** The service that an event is about; `undefined` for a short ARN from before 2021, which lacks the cluster. */
export const serviceIn = (
  told: ServiceArn | null | undefined,
  resources: readonly string[] | null | undefined,
): ServiceArn | undefined => told ?? (resources ?? []).find(isServiceArn)
