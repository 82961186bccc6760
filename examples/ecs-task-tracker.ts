/**
 * The drop-in for tskinn/ecs-task-tracker: the same environment, the same routes, the same table; see
 * docs/ecs-task-tracker.md. Start it with `ecs-task-stream ecs-task-tracker`, or copy it and change what you like.
 */
import { defaultOwner, servicePorts } from 'ecs-task-stream'
import { ecsSnapshots } from 'ecs-task-stream/sources/ecs-snapshots'
import { eventBridgeWebhook } from 'ecs-task-stream/sources/event-bridge-webhook'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { snsWebhook } from 'ecs-task-stream/sources/sns-webhook'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { dryRun } from 'ecs-task-stream/sinks/dry-run'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import {
  clusterTopics,
  defaulted,
  defineWorker,
  integer,
  list,
  onDemandSync,
  oneOf,
  onOff,
  optional,
  required,
  text,
  trackerRoutes,
} from 'ecs-task-stream/worker'
import {
  checkRoles,
  clusterClients,
  clusterName,
  queueUrl as queueUrlKind,
  regionName,
  roleSettings,
} from 'ecs-task-stream/worker/clusters'

export default defineWorker({
  name: 'ecs-task-tracker',
  summary:
    'Takes the place of tskinn/ecs-task-tracker: events from SNS over HTTP, backends in the DynamoDB table of Traefik v1',
  settings: {
    cluster: required(clusterName(), {
      description: 'The cluster to follow, by name or ARN',
      example: 'staging',
    }),
    traefikTable: required(text('table', 'the name of a DynamoDB table'), {
      description: 'The table that Traefik reads',
      example: 'traefik-staging',
    }),
    region: optional(regionName(), {
      description: 'Where the cluster, if it is given by name, and the table are',
      example: 'us-east-1',
      otherwise: 'resolved by the AWS SDK',
    }),
    ...roleSettings,
    topicArns: optional(list('arns', 'one or more ARNs of SNS topics, separated by commas or blanks'), {
      description: 'The topics whose messages are taken',
      example: 'arn:aws:sns:us-east-1:123456789012:ecs-events',
      otherwise: "every topic of the cluster's own account and region",
    }),
    snsVerify: defaulted(onOff(), true, {
      description: 'Whether messages must be signed by SNS; off for private networks alone',
      example: 'off',
    }),
    routesToken: optional(list('secrets', 'one or more secrets, separated by commas or blanks'), {
      description:
        'What the header x-api-key must say for /sync and /syncslow, and for events that come without SNS; several while one replaces another',
      example: 'a-long-random-text',
      otherwise: 'everybody may sync, and events come by SNS alone',
    }),
    queueUrl: optional(queueUrlKind(), {
      description: 'An SQS queue that receives the task events too, or instead',
      example: 'https://sqs.us-east-1.amazonaws.com/123456789012/ecs-events',
      otherwise: 'events come by HTTP alone',
    }),
    resyncSeconds: defaulted(integer({ min: 1, max: 86_400, unit: 'seconds' }), 300, {
      description: 'How often the cluster is read as a whole, which repairs what an event lost',
      example: '300',
    }),
    owner: optional(text('owner', 'an owner ID'), {
      description: 'Marks the items that are ours; workers of the same cluster share it',
      example: 'ecs-task-stream/staging',
      otherwise: 'ecs-task-stream/ and the name of the cluster',
    }),
    pruneGuard: defaulted(oneOf('on', 'off'), 'on', {
      description: 'Whether pruning more than half of our items at once, and at least ten, is skipped',
      example: 'off',
    }),
  },
  check: ({ topicArns = [], ...settings }) => [
    ...checkRoles(settings),
    ...topicArns
      .filter((topic) => !/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+$/.test(topic))
      .map((topic) => ({
        settings: ['topicArns'] as const,
        message: `"${topic}" is not the ARN of a topic`,
        example: 'TOPIC_ARNS=arn:aws:sns:us-east-1:123456789012:ecs-events',
      })),
  ],
  compose: (settings) => {
    const { cluster, region, topicArns, snsVerify, routesToken: secrets, queueUrl } = settings
    const { owner = defaultOwner([cluster]) } = settings
    const pruneGuard = settings.pruneGuard === 'off' ? { pruneGuard: settings.pruneGuard } : {}
    const clients = clusterClients(settings)
    const table = () => traefikTable({ table: settings.traefikTable, region })

    const snapshots = ecsSnapshots({
      clusters: [cluster],
      intervalMs: settings.resyncSeconds * 1000,
      region,
      clients,
    })
    const ownTopics = clusterTopics()
    const sns = snsWebhook({
      topics: topicArns ?? ownTopics.accepts,
      verify: snsVerify ? 'signature' : 'off',
      texts: { applied: 'ecs event processes successfully', subscribed: 'subscribed to sns' },
    })
    const events = secrets === undefined ? undefined : eventBridgeWebhook({ secrets })

    return {
      eventSources: [
        sns,
        ...(events === undefined ? [] : [events]),
        ...(queueUrl === undefined ? [] : [sqs({ queueUrl, region })]),
      ],
      lookups: [snapshots, instanceAddresses({ clients }), taskDefinitions({ clients })],
      sinks: [table()],
      expose: servicePorts(),
      clusters: [cluster],
      owner,
      ...pruneGuard,
      routes: ({ worker, dry, logger: log, clock }) => {
        ownTopics.follow(worker.state$)
        const sink = dry ? dryRun(table()) : table()
        const backendOf = ({ name }: { readonly name: string }): string => name
        const sync = onDemandSync({ worker, snapshots, sink, backendOf, owner, clock, ...pruneGuard })
        return trackerRoutes({ sns: sns.listener, events: events?.listener, sync, secrets, log })
      },
      warnings: [
        ...(topicArns === undefined
          ? ["no TOPIC_ARNS: messages of every topic of the cluster's own account and region are taken"]
          : []),
        ...(snsVerify ? [] : ['SNS_VERIFY=off: whoever reaches /event is believed']),
        ...(secrets === undefined
          ? ['no ROUTES_TOKEN: whoever reaches /sync can make this worker sync']
          : []),
      ],
    }
  },
})
