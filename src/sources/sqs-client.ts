import { SQSClient } from '@aws-sdk/client-sqs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'

/**
 * The region in the host of a queue's URL: `sqs.<region>.amazonaws.com` and its kin (FIPS, dual stack, VPC endpoints,
 * China, the emulators that follow it), or the legacy `<region>.queue.amazonaws.com`. Undefined where the host does
 * not tell.
 */
export const regionOf = (queueUrl: string): string | undefined => {
  if (!URL.canParse(queueUrl)) return undefined
  const { hostname } = new URL(queueUrl)
  const [, modern, legacy] =
    /(?:^|\.)sqs(?:-fips)?\.([a-z]+(?:-[a-z]+)+-\d+)\.|^([a-z]+(?:-[a-z]+)+-\d+)\.queue\.amazonaws\.com/.exec(
      hostname,
    ) ?? []
  return modern ?? legacy ?? (hostname === 'queue.amazonaws.com' ? 'us-east-1' : undefined)
}

/** Connections beside those of the polls: for deletions and visibility changes. */
const spareSockets = 32

/** A client for one queue. It does not retry by itself: every retry is the source's, with a notice. */
export const sqsClient = (queueUrl: string, polls: number, otherwise?: string): SQSClient => {
  const region = regionOf(queueUrl) ?? otherwise
  const agent = { keepAlive: true, maxSockets: polls + spareSockets }
  // Else the SDK prefers the queue URL's host to an endpoint of the environment, with a warning at every call.
  const named = process.env['AWS_ENDPOINT_URL_SQS'] ?? process.env['AWS_ENDPOINT_URL']
  return new SQSClient({
    ...(region === undefined ? {} : { region }),
    useQueueUrlAsEndpoint: named === undefined,
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 5_000,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    },
  })
}
