import { SQSClient } from '@aws-sdk/client-sqs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { clientSettings } from '../../shared/aws/aws-clients.js'
import { type QueueHost, queueHost } from './queue-host.js'

/** Connections beside those of the polls: for deletions and visibility changes. */
const spareSockets = 32

/** As much as is used of what middleware of the SDK shares during a call. */
interface CallContext {
  endpointV2?: { url: URL }
}

/** How SQS itself is asked, by the environment's settings and those that a queue's URL adds. */
const sqsEndpoint = async (
  { config }: SQSClient,
  { fips, dualStack }: { readonly fips: boolean; readonly dualStack: boolean },
): Promise<URL> =>
  config.endpointProvider({
    Region: await config.region(),
    UseFIPS: fips || (await config.useFipsEndpoint()),
    UseDualStack: dualStack || (await config.useDualstackEndpoint()),
  }).url

const endpointOf = (client: SQSClient, host: QueueHost): Promise<URL> | URL => {
  switch (host._tag) {
    case 'Sqs':
      return sqsEndpoint(client, host)
    case 'Other':
      return new URL(host.origin)
  }
}

/**
 * Has a client ask the host that the queue's URL tells, unless the environment names an endpoint. The SDK can do so by
 * itself, but prefers that host to the environment's endpoint and to FIPS, and prints a warning at every call.
 */
const ask = (client: SQSClient, host: QueueHost): void =>
  client.middlewareStack.addRelativeTo(
    <A, B>(next: (call: A) => Promise<B>, context: CallContext) =>
      async (call: A): Promise<B> => {
        const { endpointV2 } = context
        if (endpointV2 !== undefined) {
          // Where the SDK has found another than SQS's own, the environment or its configuration files name it.
          const own = await sqsEndpoint(client, { fips: false, dualStack: false })
          if (endpointV2.url.href === own.href)
            context.endpointV2 = { ...endpointV2, url: await endpointOf(client, host) }
        }
        return next(call)
      },
    { name: 'queueHost', relation: 'after', toMiddleware: 'endpointV2Middleware' },
  )

/**
 * A client for one queue, in the region that its URL tells, else in `region`. It does not retry by itself: every retry
 * is the source's, with a notice.
 *
 * Which host it asks: the one that `AWS_ENDPOINT_URL_SQS` or `AWS_ENDPOINT_URL` names; else SQS's own in that region,
 * with FIPS or dual stack where the URL or the environment asks for it; a VPC endpoint and whatever else is not SQS's
 * own as the URL has it.
 *
 * @throws RangeError for a URL that cannot be one of a queue.
 */
export const sqsClient = (queueUrl: string, polls: number, region = ''): SQSClient => {
  const host = queueHost(queueUrl)
  const agent = { keepAlive: true, maxSockets: polls + spareSockets }
  const client = new SQSClient({
    ...clientSettings({ region: host.region ?? region }),
    useQueueUrlAsEndpoint: false,
    requestHandler: {
      connectionTimeout: 5_000,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    },
  })
  ask(client, host)
  return client
}
