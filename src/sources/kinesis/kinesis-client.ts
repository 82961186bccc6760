import { KinesisClient } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { clientSettings } from '../../shared/aws/aws-clients.js'

/**
 * A client that does not retry; the source retries, with a notice. It speaks HTTP/1.1: the SDK's default for Kinesis is
 * HTTP/2, which emulators and many proxies do not know, and only pushed reads need it.
 *
 * It calls the host in `AWS_ENDPOINT_URL_KINESIS` or `AWS_ENDPOINT_URL`, if set, and otherwise Kinesis in the region.
 *
 * @param region If empty: as resolved by the AWS SDK.
 */
export const kinesisClient = (region: string): KinesisClient => {
  const { requestHandler, ...settings } = clientSettings({ region })
  return new KinesisClient({ ...settings, requestHandler: new NodeHttpHandler(requestHandler) })
}
