/**
 * A stack for each case in the file `cases.json`, from the constructs in `infrastructure/cdk`. The check runs it in a
 * folder of its own, beside aws-cdk-lib.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Cluster } from 'aws-cdk-lib/aws-ecs'
import { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { HostedZone } from 'aws-cdk-lib/aws-route53'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { HttpNamespace } from 'aws-cdk-lib/aws-servicediscovery'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { EventPath } from './infrastructure/cdk/event-path'
import { type Target, Worker, type WorkerProps } from './infrastructure/cdk/worker'

/** The parameters that `worker-cases.ts` gives to the template of the worker. */
interface Case {
  readonly worker: string
  readonly parameters: Readonly<Record<string, string | number | readonly string[]>>
}

const cases = JSON.parse(readFileSync(join(__dirname, 'cases.json'), 'utf8')) as readonly Case[]

const propsOf = (stack: Stack, { worker, parameters }: Case): WorkerProps => {
  const given = (name: string): string => String(parameters[name])
  const listed = (name: string): string[] => [...(parameters[name] as readonly string[])]
  const isOn = (name: string): boolean => ['on', 'true', 'ENABLED'].includes(given(name))
  const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-11111111',
    availabilityZones: ['eu-west-1a'],
    privateSubnetIds: listed('Subnets'),
  })
  const common = {
    clusterName: given('ClusterName'),
    image: given('Image'),
    hostCluster: Cluster.fromClusterAttributes(stack, 'Host', { clusterName: given('HostCluster'), vpc }),
    vpc,
    securityGroups: listed('SecurityGroups').map((id) => SecurityGroup.fromSecurityGroupId(stack, id, id)),
    assignPublicIp: isOn('AssignPublicIp'),
    ecsAnywhere: isOn('EcsAnywhere'),
    journal: isOn('Journal'),
    desiredCount: Number(parameters['DesiredCount'] ?? 1),
  }
  const routing = { continuePaused: isOn('ContinuePaused') }
  const secret = () => Secret.fromSecretCompleteArn(stack, 'Secret', given('SecretArn'))
  const serving = () => ({
    ...(parameters['SecretArn'] === undefined ? {} : { secret: secret() }),
    ...(parameters['TargetGroupArn'] === undefined
      ? {}
      : {
          targetGroup: ApplicationTargetGroup.fromTargetGroupAttributes(stack, 'TargetGroup', {
            targetGroupArn: given('TargetGroupArn'),
          }),
        }),
  })
  const queue = () =>
    Queue.fromQueueAttributes(stack, 'Queue', { queueArn: given('QueueArn'), queueUrl: given('QueueUrl') })
  const target = (): Target => {
    switch (parameters['Target']) {
      case 'event-bridge':
        return { to: 'event-bridge', eventBus: EventBus.fromEventBusArn(stack, 'Bus', given('EventBusArn')) }
      case 'cloud-map':
        return {
          to: 'cloud-map',
          namespace: HttpNamespace.fromHttpNamespaceAttributes(stack, 'Namespace', {
            namespaceId: given('NamespaceId'),
            namespaceName: 'services',
            namespaceArn: `arn:aws:servicediscovery:eu-west-1:123456789012:namespace/${given('NamespaceId')}`,
          }),
        }
      case 'haproxy':
        return { to: 'haproxy', address: given('HaproxyAddress') }
      default:
        return { to: 'webhook', url: given('WebhookUrl'), secret: secret() }
    }
  }
  switch (worker) {
    case 'traefik-table':
      return { ...common, ...routing, worker, queue: queue() }
    case 'ecs-task-tracker':
      return {
        ...common,
        ...routing,
        ...serving(),
        worker,
        topic: Topic.fromTopicArn(stack, 'Topic', given('TopicArn')),
        ...(parameters['EventUrl'] === undefined ? {} : { eventUrl: given('EventUrl') }),
      }
    case 'srv-records':
      return {
        ...common,
        ...routing,
        worker,
        queue: queue(),
        hostedZone: HostedZone.fromHostedZoneId(stack, 'Zone', given('HostedZoneId')),
        ...(parameters['NameTemplate'] === undefined ? {} : { nameTemplate: given('NameTemplate') }),
      }
    case 'traefik-http':
    case 'envoy':
      return { ...common, ...routing, ...serving(), worker, queue: queue() }
    case 'target':
      return { ...common, ...routing, worker, queue: queue(), target: target() }
    case 'prometheus':
    case 'id-mapper':
      return { ...common, ...serving(), worker, queue: queue() }
    default:
      throw new Error(`the construct has no worker ${worker}`)
  }
}

const env = { account: '123456789012', region: 'eu-west-1' }
const app = new App({ analyticsReporting: false })
cases.forEach((one, i) => {
  const stack = new Stack(app, `case-${i}`, { env })
  new Worker(stack, 'It', propsOf(stack, one))
})
for (const fanOut of [false, true]) {
  const path = new EventPath(new Stack(app, `path-${String(fanOut)}`, { env }), 'It', {
    clusterArns: ['arn:aws:ecs:eu-west-1:123456789012:cluster/staging'],
    fanOut,
  })
  if (fanOut) path.addQueue('Second')
}
app.synth()
