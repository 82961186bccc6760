import { onTestFinished } from 'vitest'
import { commandProcess, type CommandProcess } from '../worker/command-process.js'
import { type Account, table } from './account.js'

/** The ready-made worker as a process of its own, on the first queue. It is killed when the test is over. */
export const workerProcess = (
  { urls, queues, cluster }: Account,
  more: Readonly<Record<string, string>> = {},
): CommandProcess => {
  const child = commandProcess(['traefik-table'], {
    CLUSTER: cluster.arn,
    TRAEFIK_TABLE: table,
    QUEUE_URL: queues[0]!,
    RESYNC_SECONDS: '3600',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_SQS: urls.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
    AWS_ENDPOINT_URL_ECS: urls.api,
    AWS_ENDPOINT_URL_EC2: urls.api,
    AWS_ENDPOINT_URL_SSM: urls.api,
    ...more,
  })
  onTestFinished(async () => {
    child.signal('SIGKILL')
    await child.ended
  })
  return child
}
