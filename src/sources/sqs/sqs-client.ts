import { SQSClient } from '@aws-sdk/client-sqs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { clientSettings } from '../../shared/aws/aws-clients.js'
import { type QueueHost, queueHost } from './queue-host.js'

/** Connections in addition to those of the polls, for deletions and visibility changes. */
const spareSockets = 32

/** The used part of the context that the SDK's middleware shares during a call. */
interface CallContext {
  endpointV2?: { url: URL }
}

/** The SDK's own SQS endpoint, with FIPS and dual stack enabled by the environment or the queue's URL. */
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
 * Makes a client call the host in the queue's URL, unless the environment names an endpoint. The SDK has an option for
 * this, but it overrides the environment's endpoint and FIPS, and prints a warning at every call.
 */
const ask = (client: SQSClient, host: QueueHost): void =>
  client.middlewareStack.addRelativeTo(
    <A, B>(next: (call: A) => Promise<B>, context: CallContext) =>
      async (call: A): Promise<B> => {
        const { endpointV2 } = context
        if (endpointV2 !== undefined) {
          // A different endpoint comes from the environment or its configuration files, and is kept.
          const own = await sqsEndpoint(client, { fips: false, dualStack: false })
          if (endpointV2.url.href === own.href)
            context.endpointV2 = { ...endpointV2, url: await endpointOf(client, host) }
        }
        return next(call)
      },
    { name: 'queueHost', relation: 'after', toMiddleware: 'endpointV2Middleware' },
  )

/**
 * A client for one queue, in the region of its URL, or else in `region`. It does not retry; the source retries, with a
 * notice.
 *
 * It calls the host in `AWS_ENDPOINT_URL_SQS` or `AWS_ENDPOINT_URL`, if set. Otherwise it calls SQS in that region,
 * with FIPS or dual stack if the URL or the environment asks for it; VPC endpoints and other hosts are used as in the
 * URL.
 *
 * @throws OptionError for an invalid queue URL.
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
