import { parsed, type Plain, sampleParameters } from './template.js'

/** A worker as its CloudFormation template is deployed with these parameters. */
export interface WorkerCase {
  readonly worker: string
  readonly parameters: Readonly<Record<string, Plain>>
}

const workers = [
  'traefik-table',
  'ecs-task-tracker',
  'srv-records',
  'traefik-http',
  'envoy',
  'target',
  'prometheus',
  'id-mapper',
]

const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf'

/** Everything that can be switched on, at once. What a template does not know is left out. */
const everything = {
  EcsAnywhere: 'true',
  AssignPublicIp: 'ENABLED',
  SecretArn: secret,
  TargetGroupArn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/workers/1',
  ContinuePaused: 'on',
  Journal: 'on',
  DesiredCount: 3,
  EventUrl: 'https://events.example.com/event',
  NameTemplate: '_{service}._{protocol}',
}

const targets: readonly Readonly<Record<string, Plain>>[] = [
  { Target: 'event-bridge', EventBusArn: 'arn:aws:events:eu-west-1:123456789012:event-bus/targets' },
  { Target: 'webhook', WebhookUrl: 'https://targets.example.com/ecs', SecretArn: secret },
  { Target: 'cloud-map', NamespaceId: 'ns-0123456789abcdef' },
  { Target: 'haproxy', HaproxyAddress: '10.0.0.9:9999' },
]

const given: Readonly<Record<string, Plain>> = {
  ClusterName: 'staging',
  QueueArn: 'arn:aws:sqs:eu-west-1:123456789012:ecs-events',
  HostedZoneId: 'Z0123456789ABCDEFGHIJ',
  HostCluster: 'tools',
  Subnets: ['subnet-11111111'],
  SecurityGroups: ['sg-11111111'],
  Image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-task-stream@sha256:0',
}

/** Each worker that is a service: as little as it needs, and as much as it takes. */
export const workerCases: readonly WorkerCase[] = workers.flatMap((worker) => {
  const template = parsed(`${worker}.yaml`)
  const variants: readonly Readonly<Record<string, Plain>>[] =
    worker === 'target'
      ? targets.flatMap((target) => [target, { ...everything, ...target }])
      : [{}, everything]
  return variants.map((variant) => ({
    worker,
    parameters: Object.fromEntries(
      Object.entries({ ...sampleParameters(template, given), ...variant }).filter(
        ([name]) =>
          name in template.Parameters &&
          // With a secret that is not for a webhook, the template ignores it.
          !(name === 'SecretArn' && worker === 'target' && variant['Target'] !== 'webhook'),
      ),
    ),
  }))
})

export const caseTitle = ({ worker, parameters }: WorkerCase): string =>
  `${worker} (${parameters['Journal'] === 'on' ? 'with everything' : 'alone'})`

/** The clusters of the path of events. */
export const clusterArns: Plain = ['arn:aws:ecs:eu-west-1:123456789012:cluster/staging']
