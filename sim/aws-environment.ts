import { devNull } from 'node:os'

/** The URLs of what a program under test may reach. */
export interface AwsEndpoints {
  /** Of `embeddedSqs`. */
  readonly sqs?: string
  /** Of `embeddedDynamoDb`. */
  readonly dynamoDb?: string
  /** Of `awsApi`: ECS, and EC2 and SSM with it. */
  readonly ecs?: string
  /** Of `embeddedRoute53`. */
  readonly route53?: string
  /** Of `embeddedEventBridge`. */
  readonly eventBridge?: string
  /** Of `embeddedKinesis`. */
  readonly kinesis?: string
}

/** Nobody listens there, so that a call to a service that the test does not have fails at once, and never leaves. */
const nowhere = 'http://127.0.0.1:9'

/**
 * Environment variables for a process under test. Its SDK clients and the AWS CLI use these servers only, with invented
 * credentials, and see neither profiles nor the machine's role. Services without a URL cannot be reached.
 */
export const awsEnvironment = (
  { sqs, dynamoDb, ecs, route53, eventBridge, kinesis }: AwsEndpoints,
  region = 'us-east-1',
): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: nowhere,
  ...(sqs === undefined ? {} : { AWS_ENDPOINT_URL_SQS: sqs }),
  ...(dynamoDb === undefined ? {} : { AWS_ENDPOINT_URL_DYNAMODB: dynamoDb }),
  ...(ecs === undefined
    ? {}
    : { AWS_ENDPOINT_URL_ECS: ecs, AWS_ENDPOINT_URL_EC2: ecs, AWS_ENDPOINT_URL_SSM: ecs }),
  ...(route53 === undefined ? {} : { AWS_ENDPOINT_URL_ROUTE_53: route53 }),
  ...(eventBridge === undefined ? {} : { AWS_ENDPOINT_URL_EVENTBRIDGE: eventBridge }),
  ...(kinesis === undefined ? {} : { AWS_ENDPOINT_URL_KINESIS: kinesis }),
  AWS_REGION: region,
  AWS_ACCESS_KEY_ID: 'embedded',
  AWS_SECRET_ACCESS_KEY: 'embedded',
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
})
