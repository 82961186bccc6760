import type { Plain } from '../template.js'
import type { WorkerCase } from '../worker-cases.js'

/** The variable of the module for each parameter of the templates. */
const variables: Readonly<Record<string, string>> = {
  ClusterName: 'cluster_name',
  Image: 'image',
  HostCluster: 'host_cluster',
  Subnets: 'subnets',
  SecurityGroups: 'security_groups',
  AssignPublicIp: 'assign_public_ip',
  EcsAnywhere: 'ecs_anywhere',
  ContinuePaused: 'continue_paused',
  Journal: 'journal',
  DesiredCount: 'desired_count',
  SecretArn: 'secret_arn',
  TargetGroupArn: 'target_group_arn',
  TopicArn: 'topic_arn',
  EventUrl: 'event_url',
  HostedZoneId: 'hosted_zone_id',
  NameTemplate: 'name_template',
  Target: 'target',
  EventBusArn: 'event_bus_arn',
  HaproxyAddress: 'haproxy_address',
  NamespaceId: 'namespace_id',
  WebhookUrl: 'webhook_url',
}

const switches = ['AssignPublicIp', 'EcsAnywhere', 'ContinuePaused', 'Journal']
const on: readonly Plain[] = ['on', 'true', 'ENABLED']

/** The arguments of the module `worker` for what the template is deployed with. */
export const moduleArguments = ({ worker, parameters }: WorkerCase): Readonly<Record<string, unknown>> => {
  const { QueueUrl, QueueArn, ...rest } = parameters
  return {
    worker,
    ...(QueueUrl === undefined ? {} : { queue: { url: QueueUrl, arn: QueueArn } }),
    ...Object.fromEntries(
      Object.entries(rest).map(([name, value]) => {
        const variable = variables[name]
        if (variable === undefined) throw new Error(`the module has no variable for the parameter ${name}`)
        return [variable, switches.includes(name) ? on.includes(value) : value]
      }),
    ),
  }
}
