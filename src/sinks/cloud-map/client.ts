import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery'
import { clientSettings } from '../../shared/aws/aws-clients.js'

/**
 * A client of Cloud Map with the environment's credentials. It makes one attempt: the sink makes calls again.
 *
 * @param region If empty: as resolved by the AWS SDK.
 */
export const cloudMapClient = (region: string): ServiceDiscoveryClient =>
  new ServiceDiscoveryClient(clientSettings({ region }))
