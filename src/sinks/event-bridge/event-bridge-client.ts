import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { clientSettings } from '../../shared/aws/aws-clients.js'

/**
 * A client of EventBridge with the environment's credentials. The SDK retries a call that failed as a whole; entries
 * that failed are sent again by the sink.
 *
 * @param region If empty: as resolved by the AWS SDK.
 */
export const eventBridgeClient = (region: string): EventBridgeClient =>
  new EventBridgeClient({ ...clientSettings({ region }), maxAttempts: 3 })
