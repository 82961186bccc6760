import type { EC2Client } from '@aws-sdk/client-ec2'
import type { SSMClient } from '@aws-sdk/client-ssm'
import type { Place } from '../../../core/arn.js'
import { clientSettings } from '../../../shared/aws/aws-clients.js'
import { type EcsClients, ecsClients } from './ecs-client.js'
import { lazyEc2, lazySsm } from './lazy-client.js'

/**
 * The clients for an account and region. Instead of those that a cluster on Fargate never needs, a function may stand
 * that makes one: it is called for each request, and must return the same client.
 */
export interface InstanceClients extends EcsClients {
  readonly ec2: EC2Client | (() => Promise<EC2Client>)
  /** Used only for external instances (ECS Anywhere). */
  readonly ssm: SSMClient | (() => Promise<SSMClient>)
}

/**
 * Clients for the place's region with the environment's credentials, which give access to their own account only. For
 * other accounts, `clientsByAccount` assumes roles.
 */
export const instanceClients = (place: Place): InstanceClients => ({
  ...ecsClients(place),
  ec2: lazyEc2(clientSettings(place)).get,
  ssm: lazySsm(clientSettings(place)).get,
})
