import { DescribeEndpointsCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DescribeRegionsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs'
import { GetHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm'
import { simulatedSettings } from './simulated-settings.js'

/**
 * Has the SDK read what it reads once, such as configuration files: from then on a call waits for nothing but the
 * simulated wire. Real files would be read in real time, and no two runs would be the same.
 */
export const warmUp = async (): Promise<void> => {
  process.env['AWS_CONFIG_FILE'] = '/dev/null'
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/dev/null'
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  const settings = (body: string) => ({
    ...simulatedSettings,
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: () =>
        Promise.resolve({ response: { statusCode: 200, headers: {}, body: new TextEncoder().encode(body) } }),
      destroy: () => undefined,
      updateHttpClientConfig: () => undefined,
      httpHandlerConfigs: () => ({}),
    },
  })
  await new DynamoDBClient({ ...settings('{}'), maxAttempts: 3 }).send(new DescribeEndpointsCommand({}))
  await new SQSClient(settings('{}')).send(new ListQueuesCommand({}))
  await new ECSClient(settings('{}')).send(new ListClustersCommand({}))
  await new SSMClient(settings('{}')).send(new DescribeParametersCommand({}))
  await new Route53Client(settings('<GetHostedZoneResponse/>')).send(new GetHostedZoneCommand({ Id: 'Z0' }))
  await new EC2Client(settings('<DescribeRegionsResponse/>')).send(new DescribeRegionsCommand({}))
}
