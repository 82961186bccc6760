import type { CfnTable } from 'aws-cdk-lib/aws-dynamodb'
import { type ISecurityGroup, type IVpc, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { CfnService, ICluster } from 'aws-cdk-lib/aws-ecs'
import type { ITargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import type { IEventBus } from 'aws-cdk-lib/aws-events'
import type { CfnRole } from 'aws-cdk-lib/aws-iam'
import type { IHostedZone } from 'aws-cdk-lib/aws-route53'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import type { INamespace } from 'aws-cdk-lib/aws-servicediscovery'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { CfnInclude } from 'aws-cdk-lib/cloudformation-include'
import { Construct } from 'constructs'
import { includeSettled, type Parameters } from './settled-template'

/** What every worker takes. */
export interface CommonProps {
  /** The name of the ECS cluster to follow, of this account and region. */
  readonly clusterName: string
  /** The image made from the Dockerfile, with a digest or a tag that never moves. */
  readonly image: string
  /** The ECS cluster that the worker itself runs on; it may be the one that it follows. */
  readonly hostCluster: ICluster
  readonly vpc: IVpc
  /** Subnets from which ECR, CloudWatch Logs, and the AWS APIs that the worker calls are reached. Default: private ones. */
  readonly subnets?: SubnetSelection
  /** Default: one of its own, into which nothing comes. Health, metrics and routes are on port 8080. */
  readonly securityGroups?: readonly ISecurityGroup[]
  /** For public subnets, where there is no other way out. Default: false. */
  readonly assignPublicIp?: boolean
  /** Whether tasks run on external instances, whose addresses Systems Manager tells. Default: false. */
  readonly ecsAnywhere?: boolean
  /** A table that several tasks of the worker share (docs/scaling.md). Default: false. */
  readonly journal?: boolean
  /** How many tasks run, with a journal. Without one, one task runs. Default: 1. */
  readonly desiredCount?: number
}

/** What workers that route take. */
export interface RoutingProps {
  /** Whether the worker continues deployments that a PAUSE hook holds (docs/deployments.md). Default: false. */
  readonly continuePaused?: boolean
}

/** What workers that are asked take. */
export interface ServingProps {
  /** Its text is what requests must carry. Default: none. */
  readonly secret?: ISecret
  /** A target group of type ip and protocol HTTP for port 8080, with /health as its check. Default: none. */
  readonly targetGroup?: ITargetGroup
}

/** What workers take that receive from a queue. */
export interface QueueProps {
  /** The queue of this worker alone. */
  readonly queue: IQueue
}

export type Target =
  | { readonly to: 'event-bridge'; readonly eventBus: IEventBus }
  | { readonly to: 'cloud-map'; readonly namespace: INamespace }
  | { readonly to: 'haproxy'; readonly address: string }
  | { readonly to: 'webhook'; readonly url: string; readonly secret: ISecret }

export type WorkerProps = CommonProps &
  (
    | ({ readonly worker: 'traefik-table' } & QueueProps & RoutingProps)
    | ({
        readonly worker: 'ecs-task-tracker'
        readonly topic: ITopic
        /** Where SNS reaches the worker, https://<host>/event. Default: not subscribed. */
        readonly eventUrl?: string
      } & RoutingProps &
        ServingProps)
    | ({
        readonly worker: 'srv-records'
        readonly hostedZone: IHostedZone
        /** The name of ports without a SERVICE_<port>_NAME. Default: none. */
        readonly nameTemplate?: string
      } & QueueProps &
        RoutingProps)
    | ({ readonly worker: 'traefik-http' | 'envoy' } & QueueProps & RoutingProps & ServingProps)
    | ({ readonly worker: 'target'; readonly target: Target } & QueueProps & RoutingProps)
    | ({ readonly worker: 'prometheus' | 'id-mapper' } & QueueProps & ServingProps)
  )

const onOff = (isOn = false): string => (isOn ? 'on' : 'off')

const queueParameters = ({ queue }: QueueProps): Parameters => ({
  QueueUrl: queue.queueUrl,
  QueueArn: queue.queueArn,
})

const routingParameters = ({ continuePaused }: RoutingProps): Parameters => ({
  ContinuePaused: onOff(continuePaused),
})

const servingParameters = ({ secret, targetGroup }: ServingProps): Parameters => ({
  SecretArn: secret?.secretArn ?? '',
  TargetGroupArn: targetGroup?.targetGroupArn ?? '',
})

const targetParameters = (target: Target): Parameters => ({
  Target: target.to,
  EventBusArn: target.to === 'event-bridge' ? target.eventBus.eventBusArn : '',
  NamespaceId: target.to === 'cloud-map' ? target.namespace.namespaceId : '',
  HaproxyAddress: target.to === 'haproxy' ? target.address : '',
  WebhookUrl: target.to === 'webhook' ? target.url : '',
  SecretArn: target.to === 'webhook' ? target.secret.secretArn : '',
})

const ownParameters = (props: WorkerProps): Parameters => {
  switch (props.worker) {
    case 'traefik-table':
      return { ...queueParameters(props), ...routingParameters(props) }
    case 'ecs-task-tracker':
      return {
        TopicArn: props.topic.topicArn,
        EventUrl: props.eventUrl ?? '',
        ...routingParameters(props),
        ...servingParameters(props),
      }
    case 'srv-records':
      return {
        HostedZoneId: props.hostedZone.hostedZoneId,
        NameTemplate: props.nameTemplate ?? '',
        ...queueParameters(props),
        ...routingParameters(props),
      }
    case 'traefik-http':
    case 'envoy':
      return { ...queueParameters(props), ...routingParameters(props), ...servingParameters(props) }
    case 'target':
      return { ...queueParameters(props), ...routingParameters(props), ...targetParameters(props.target) }
    case 'prometheus':
    case 'id-mapper':
      return { ...queueParameters(props), ...servingParameters(props) }
  }
}

/** A worker on Fargate, with the role, service and tables of its template. */
export class Worker extends Construct {
  readonly service: CfnService
  /** What the worker may do: docs/iam.md. */
  readonly taskRole: CfnRole
  /** What Traefik v1 reads, of `traefik-table` and `ecs-task-tracker`. */
  readonly table: CfnTable | undefined
  readonly securityGroups: readonly ISecurityGroup[]
  /** The resources of the template, by the names that they have there. */
  readonly template: CfnInclude

  /** Throws if several tasks are wanted without a journal: each would hear a part of the events. */
  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id)
    const { worker, vpc, journal = false, desiredCount = 1 } = props
    if (!journal && desiredCount !== 1) throw new Error('several tasks need a journal (docs/scaling.md)')
    this.securityGroups = props.securityGroups ?? [new SecurityGroup(this, 'SecurityGroup', { vpc })]
    this.template = includeSettled(this, worker, {
      ClusterName: props.clusterName,
      Image: props.image,
      HostCluster: props.hostCluster.clusterName,
      Subnets: vpc.selectSubnets(props.subnets).subnetIds,
      SecurityGroups: this.securityGroups.map((group) => group.securityGroupId),
      AssignPublicIp: props.assignPublicIp === true ? 'ENABLED' : 'DISABLED',
      EcsAnywhere: String(props.ecsAnywhere ?? false),
      Journal: onOff(journal),
      DesiredCount: desiredCount,
      ...ownParameters(props),
    })
    this.service = this.template.getResource('Service') as CfnService
    this.taskRole = this.template.getResource('TaskRole') as CfnRole
    this.table =
      worker === 'traefik-table' || worker === 'ecs-task-tracker'
        ? (this.template.getResource('Table') as CfnTable)
        : undefined
  }
}
