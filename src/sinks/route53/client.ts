import { Route53Client } from '@aws-sdk/client-route-53'
import { clientSettings, environmentRegion } from '../../shared/aws/aws-clients.js'

/**
 * A client of Route 53. The service is global, but each partition has its own. The region selects the partition, and
 * the SDK signs for the one region that this partition's Route 53 expects.
 *
 * @param region If empty: as resolved by the AWS SDK, else `us-east-1`.
 */
export const route53Client = (region: string): Route53Client => {
  let found: Promise<string> | undefined
  return new Route53Client({
    region: () => (found ??= environmentRegion(new Route53Client({}), 'us-east-1')),
    ...clientSettings({ region }),
  })
}
