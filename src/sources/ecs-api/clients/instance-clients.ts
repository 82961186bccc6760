import { EC2Client } from '@aws-sdk/client-ec2'
import { SSMClient } from '@aws-sdk/client-ssm'
import type { Place } from '../../../core/arn.js'
import { clientSettings } from '../../../shared/aws/aws-clients.js'
import { type EcsClients, ecsClients } from './ecs-client.js'

export interface InstanceClients extends EcsClients {
  readonly ec2: EC2Client
  /** Used only for external instances (ECS Anywhere). */
  readonly ssm: SSMClient
}

/**
 * Clients for the place's region with the environment's credentials, which give access to their own account only. For
 * other accounts, `clientsByAccount` assumes roles.
 */
export const instanceClients = (place: Place): InstanceClients => ({
  ...ecsClients(place),
  ec2: new EC2Client(clientSettings(place)),
  ssm: new SSMClient(clientSettings(place)),
})
