/**
 * A drop-in replacement for tskinn/ecs-task-tracker, with the same environment, routes and table; see
 * docs/ecs-task-tracker.md. Start it with `ecs-task-stream ecs-task-tracker`, or copy and adapt it.
 */
import { defaultOwner, servicePorts } from 'ecs-task-stream'
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
  checkDeployments,
  checkRoles,
  clusterName,
  deploymentSettings,
  healthCheckSettings,
  journalSettings,
  queueUrl as queueUrlType,
  regionName,
  roleSettings,
  sharedJournal,
  slowStart,
  slowStartSettings,
} from 'ecs-task-stream/worker/clusters'

export default defineWorker({
  name: 'ecs-task-tracker',
  summary:
    'Replaces tskinn/ecs-task-tracker: events from SNS over HTTP, backends in the DynamoDB table of Traefik v1',
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
      description: 'AWS region of the table, and of the cluster if it is given by name',
      example: 'us-east-1',
      otherwise: 'resolved by the AWS SDK',
    }),
    ...roleSettings,
    ...journalSettings,
    ...deploymentSettings,
    ...slowStartSettings,
    ...healthCheckSettings,
    topicArns: optional(list('arns', 'one or more ARNs of SNS topics, separated by commas or blanks'), {
      description: 'The topics whose messages are accepted',
      example: 'arn:aws:sns:us-east-1:123456789012:ecs-events',
      otherwise: "every topic in the cluster's own account and region",
    }),
    snsVerify: defaulted(onOff(), true, {
      description: 'Whether messages must be signed by SNS; off is for private networks only',
      example: 'off',
    }),
    routesToken: optional(list('secrets', 'one or more secrets, separated by commas or blanks'), {
      isSecret: true,
      description:
        'The value of the header x-api-key for /sync and /syncslow, and for events without SNS; several during a rotation',
      example: 'a-long-random-text',
      otherwise: 'no secret for /sync, and events through SNS only',
    }),
    queueUrl: optional(queueUrlType(), {
      description: 'An SQS queue that receives the task events in addition, or instead',
      example: 'https://sqs.us-east-1.amazonaws.com/123456789012/ecs-events',
      otherwise: 'events over HTTP only',
    }),
    resyncSeconds: defaulted(integer({ min: 1, max: 86_400, unit: 'seconds' }), 300, {
      description: 'How often to take a full snapshot of the cluster, which repairs lost events',
      example: '300',
    }),
    owner: optional(text('owner', 'an owner ID'), {
      description: 'Identifies the items that this worker owns; workers of the same cluster share it',
      example: 'ecs-task-stream/staging',
      otherwise: 'ecs-task-stream/ followed by the name of the cluster',
    }),
    pruneGuard: defaulted(oneOf('on', 'off'), 'on', {
      description:
        'Whether to skip pruning that would remove more than half of our items, and at least ten, at once',
      example: 'off',
    }),
  },
  check: ({ topicArns = [], ...settings }) => [
    ...checkRoles(settings),
    ...checkDeployments(settings),
    ...topicArns
      .filter((topic) => !/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+$/.test(topic))
      .map((topic) => ({
        settings: ['topicArns'] as const,
        message: `"${topic}" is not a topic ARN`,
        example: 'TOPIC_ARNS=arn:aws:sns:us-east-1:123456789012:ecs-events',
      })),
  ],
  compose: async (settings) => {
    // Loaded here, because `--help` needs none of it.
    const { ecsSnapshots } = await import('ecs-task-stream/sources/ecs-snapshots')
    const { eventBridgeWebhook } = await import('ecs-task-stream/sources/event-bridge-webhook')
    const { instanceAddresses } = await import('ecs-task-stream/sources/instance-addresses')
    const { snsWebhook } = await import('ecs-task-stream/sources/sns-webhook')
    const { sqs } = await import('ecs-task-stream/sources/sqs')
    const { taskDefinitions } = await import('ecs-task-stream/sources/task-definitions')
    const { dryRun } = await import('ecs-task-stream/sinks/dry-run')
    const { traefikTable } = await import('ecs-task-stream/sinks/traefik-table')
    const { clusterClients, followedDeployments, healthQuestions } =
      await import('ecs-task-stream/worker/clusters/sources')
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
      ...slowStart(settings),
      ...followedDeployments(settings, {
        expose: servicePorts(),
        lookups: [
          snapshots,
          instanceAddresses({ clients }),
          taskDefinitions({ clients }),
          ...healthQuestions(settings, { clients }),
        ],
        clients,
      }),
      healthChecks: settings.healthChecks,
      sinks: [table()],
      clusters: [cluster],
      owner,
      ...sharedJournal(settings, owner),
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
          ? ["no TOPIC_ARNS: messages of every topic in the cluster's own account and region are accepted"]
          : []),
        ...(snsVerify ? [] : ['SNS_VERIFY=off: everyone who can reach /event can send events']),
        ...(secrets === undefined
          ? ['no ROUTES_TOKEN: everyone who can reach /sync can make this worker sync']
          : []),
      ],
    }
  },
})
