import { ECSClient } from '@aws-sdk/client-ecs'
import type { Place } from '../../../core/arn.js'
import { clientSettings, sharedBuckets } from '../../../shared/aws/aws-clients.js'

export interface EcsClients {
  readonly ecs: ECSClient
}

/**
 * A client for the place's region with the environment's credentials, which reach the clusters of their own account
 * only. `clientsByAccount` assumes roles for others.
 */
export const ecsClients = (place: Place): EcsClients => ({ ecs: new ECSClient(clientSettings(place)) })

/**
 * For ListTasks, DescribeTasks and DescribeContainerInstances, a quarter of what AWS allows: an account has one
 * bucket of 100, and 20 a second, in a region for these and others together, and deployments and other tools draw on
 * it as well. Source: Amazon ECS API reference, "Request throttling for the Amazon ECS API".
 */
export const resourceReads = sharedBuckets({ burst: 20, perSecond: 5 })

/** For DescribeTaskDefinition, a fifth of its own bucket of 50, and 20 a second. Source: as above. */
export const definitionReads = sharedBuckets({ burst: 10, perSecond: 4 })
