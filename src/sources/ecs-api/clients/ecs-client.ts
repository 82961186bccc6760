import { ECSClient } from '@aws-sdk/client-ecs'
import type { Place } from '../../../core/arn.js'
import { clientSettings, sharedBuckets } from '../../../shared/aws/aws-clients.js'

export interface EcsClients {
  readonly ecs: ECSClient
}

/**
 * A client for the place's region with the environment's credentials, which give access to clusters in their own
 * account only. For other accounts, `clientsByAccount` assumes roles.
 */
export const ecsClients = (place: Place): EcsClients => ({ ecs: new ECSClient(clientSettings(place)) })

/**
 * For ListTasks, DescribeTasks and DescribeContainerInstances: a quarter of AWS's limit. AWS has one bucket per account
 * and region for these and other calls, with a burst of 100 and 20 per second; deployments and other tools use it as
 * well. Source: Amazon ECS API reference, "Request throttling for the Amazon ECS API".
 */
export const resourceReads = sharedBuckets({ burst: 20, perSecond: 5 })

/** For the calls about services and their deployments: a tenth of AWS's limit. Source: as above. */
export const deploymentReads = sharedBuckets({ burst: 10, perSecond: 2 })

/** For DescribeTaskDefinition: a fifth of its own bucket, with a burst of 50 and 20 per second. Source: as above. */
export const definitionReads = sharedBuckets({ burst: 10, perSecond: 4 })
