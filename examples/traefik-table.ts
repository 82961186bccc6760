/**
 * ECS services as backends of Traefik v1, through the DynamoDB table that its [dynamodb] provider reads. The
 * successor of ecs-task-tracker: same table, same items. Start it with `ecs-task-stream traefik-table`, or copy it
 * and change what you like.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { lastSegment, serviceOf, servicePorts } from 'ecs-task-stream'
import { ecsClients } from 'ecs-task-stream/sources/ecs-client'
import { ecsSnapshots } from 'ecs-task-stream/sources/ecs-snapshots'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { sqs } from 'ecs-task-stream/sources/sqs'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import {
  defaulted,
  defineWorker,
  integer,
  list,
  oneOf,
  optional,
  required,
  text,
  url,
} from 'ecs-task-stream/worker'

/**
 * Two workers with one owner and different clusters would take each other's backends away: so the clusters make the
 * name.
 */
const ownerOf = (clusters: readonly string[]): string =>
  `ecs-task-stream/${[...new Set(clusters.map(lastSegment))].sort().join('+')}`

export default defineWorker({
  name: 'traefik-table',
  summary:
    'Follows ECS clusters and keeps their services as backends in the DynamoDB table that Traefik v1 reads',
  settings: {
    cluster: required(list('clusters', 'one or more cluster names or ARNs, separated by commas or blanks'), {
      description: 'The clusters to follow, by name or ARN',
      example: 'staging,production',
    }),
    traefikTable: required(text('table', 'the name of a DynamoDB table'), {
      description: 'The table that Traefik reads',
      example: 'traefik',
    }),
    queueUrl: optional(url(), {
      description: 'The SQS queue that receives the task events of the clusters',
      example: 'https://sqs.eu-west-1.amazonaws.com/123456789012/ecs-events',
      otherwise: 'no events, snapshots only',
    }),
    resyncSeconds: defaulted(integer({ min: 0, max: 86_400, unit: 'seconds' }), 300, {
      description:
        'How often the clusters are read as a whole; 0 for never, which leaves what an event lost unrepaired',
      example: '300',
    }),
    region: optional(text('region', 'the name of an AWS region'), {
      description:
        'Where the clusters given by name, the table and, unless its URL says otherwise, the queue are',
      example: 'eu-west-1',
      otherwise: 'as the AWS SDK finds it',
    }),
    owner: optional(text('owner', 'the mark of an owner'), {
      description: 'Marks the items that are ours; workers of the same clusters share it',
      example: 'ecs-task-stream/production',
      otherwise: 'ecs-task-stream/ and the names of the clusters',
    }),
    backendName: defaulted(text('template', 'a template with {service}'), '{service}', {
      description: "A backend's name, made of {service} and {cluster}",
      example: '{cluster}-{service}',
    }),
    guard: defaulted(oneOf('on', 'off'), 'on', {
      description: 'Whether retiring more than half of our items at once, and at least ten, is withheld',
      example: 'off',
    }),
  },
  check: ({ queueUrl, resyncSeconds, backendName = '{service}' }) => [
    ...(resyncSeconds === 0 && queueUrl === undefined
      ? [
          {
            settings: ['resyncSeconds', 'queueUrl'] as const,
            message: 'without snapshots and without a queue there is nothing to learn from',
            example: 'RESYNC_SECONDS=300',
          },
        ]
      : []),
    ...(backendName.includes('{service}')
      ? []
      : [
          {
            settings: ['backendName'] as const,
            message: 'without {service} all services would get the same name',
            example: 'BACKEND_NAME={cluster}-{service}',
          },
        ]),
  ],
  compose: ({
    cluster: clusters,
    traefikTable: table,
    queueUrl,
    resyncSeconds,
    region,
    owner,
    backendName,
    guard,
  }) => ({
    inbound: queueUrl === undefined ? [] : [sqs({ queueUrl, ...(region === undefined ? {} : { region }) })],
    knowledge: [
      ...(resyncSeconds === 0
        ? []
        : [
            ecsSnapshots({
              clusters,
              intervalMs: resyncSeconds * 1000,
              clients: (place) =>
                ecsClients(place.region === '' ? { ...place, region: region ?? '' } : place),
            }),
          ]),
      instanceAddresses(),
      taskDefinitions(),
    ],
    sinks: [traefikTable({ table, client: new DynamoDBClient(region === undefined ? {} : { region }) })],
    expose: servicePorts({
      name: (task) => {
        const service = serviceOf(task)
        if (service === undefined) return undefined
        return backendName.replaceAll('{service}', service).replaceAll('{cluster}', lastSegment(task.cluster))
      },
    }),
    clusters,
    owner: owner ?? ownerOf(clusters),
    ...(guard === 'off' ? { guard } : {}),
    warnings: [
      ...(resyncSeconds === 0 ? ['RESYNC_SECONDS=0: what events do not tell or lose stays unknown'] : []),
      ...(queueUrl === undefined ? ['no QUEUE_URL: changes are seen only at the next snapshot'] : []),
    ],
  }),
})
