/**
 * The worker `traefik-table` as a Lambda function, invoked by a queue and a schedule: see docs/lambda.md for its
 * requirements. Bundle this file, or copy and adapt it; its export `handler` is the function.
 */
import { isLeft } from 'fp-ts/lib/Either.js'
import { defaultOwner, servicePorts, systemClock } from 'ecs-task-stream'
import { lambda } from 'ecs-task-stream/lambda'
import { ecsSnapshots } from 'ecs-task-stream/sources/ecs-snapshots'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { traefikTable } from 'ecs-task-stream/sinks/traefik-table'
import {
  type Check,
  createLogger,
  defaulted,
  formatProblems,
  integer,
  logReports,
  optional,
  readSettings,
  required,
  text,
} from 'ecs-task-stream/worker'
import {
  checkRoles,
  clusterSettings,
  journalSettings,
  roleSettings,
  sharedJournal,
} from 'ecs-task-stream/worker/clusters'
import { clusterClients } from 'ecs-task-stream/worker/clusters/sources'

/** The environment variables of the function. */
export const declaration = {
  cluster: clusterSettings.cluster,
  ...roleSettings,
  ...journalSettings,
  traefikTable: required(text('table', 'the name of a DynamoDB table'), {
    description: 'The table that Traefik reads',
    example: 'traefik',
  }),
  resyncSeconds: defaulted(integer({ min: 0, max: 86_400, unit: 'seconds' }), 60, {
    description:
      'Maximum age of the snapshots when events arrive, without a journal; 0 takes new ones for each batch',
    example: '60',
  }),
  owner: optional(text('owner', 'an owner ID'), {
    description: 'Identifies the items that this worker owns; workers of the same clusters share it',
    example: 'ecs-task-stream/production',
    otherwise: 'ecs-task-stream/ followed by the names of the clusters',
  }),
}

const check: Check<typeof declaration> = (given) => [
  ...checkRoles(given),
  ...(given.journal?._tag === 'Directory'
    ? [
        {
          settings: ['journal'] as const,
          message: 'the containers of a function share no directory',
          example: 'JOURNAL=dynamodb:ecs-journal',
        },
      ]
    : []),
]

const settings = readSettings(declaration, [], process.env, check)
if (isLeft(settings)) throw new Error(formatProblems('lambda', settings.left))
const { cluster: clusters, traefikTable: table, resyncSeconds } = settings.right
const { owner = defaultOwner(clusters) } = settings.right

const clients = clusterClients(settings.right)
const logger = createLogger({ worker: 'lambda', level: 'info', destination: process.stdout })

export const handler = lambda({
  lookups: [
    ecsSnapshots({ clusters, clients }),
    instanceAddresses({ clients }),
    taskDefinitions({ clients }),
  ],
  sinks: [traefikTable({ table })],
  expose: servicePorts(),
  clusters,
  maxAgeMs: resyncSeconds * 1000,
  owner,
  ...sharedJournal(settings.right, owner),
  observe: ({ reports$ }) => logReports(reports$, logger, systemClock),
})
