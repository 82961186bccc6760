/** What an applied module comes to, in the form of the template's view. */
import { byName, containerView, sortedStatements, type WorkerView } from '../worker-view.js'

type Members = Readonly<Record<string, unknown>>

/** A resource of `terraform show -json`. */
export interface StateResource {
  readonly type: string
  readonly name: string
  readonly index?: string | number
  readonly values: Members
}

const ofType = (resources: readonly StateResource[], type: string, name?: string): Members | undefined =>
  resources.find((one) => one.type === type && (name === undefined || one.name === name))?.values

const parsed = (json: unknown): Members => (typeof json === 'string' ? (JSON.parse(json) as Members) : {})

const first = (blocks: unknown): Members => (blocks as readonly Members[] | undefined)?.[0] ?? {}

const statements = (json: unknown): readonly unknown[] =>
  sortedStatements((parsed(json)['Statement'] ?? []) as readonly unknown[])

const tableView = (table: Members): Members => ({
  billing: table['billing_mode'],
  keys: [table['hash_key'], table['range_key']].filter((key) => key !== null),
  types: byName(table['attribute'], 'type'),
  expires: first(table['ttl'])['attribute_name'],
  isRecoverable: first(table['point_in_time_recovery'])['enabled'],
  isEncrypted: first(table['server_side_encryption'])['enabled'],
})

/** The names that the module with this name gives, as the template names its resources. */
const asInTemplate = (resources: readonly StateResource[], name: string): readonly StateResource[] => {
  const names: readonly (readonly [string, string])[] = [
    [`arn:aws_dynamodb_table.${name}-traefik`, 'arn:of:Table'],
    [`arn:aws_dynamodb_table.${name}-journal`, 'arn:of:JournalTable'],
    [`arn:aws_sqs_queue.${name}-dead-letters`, 'arn:of:DeadLetterQueue'],
    [`/ecs-task-stream/${name}`, 'ref:LogGroup'],
    [`${name}-traefik`, 'ref:Table'],
    [`${name}-journal`, 'ref:JournalTable'],
  ]
  const text = names.reduce((all, [from, to]) => all.replaceAll(from, to), JSON.stringify(resources))
  return JSON.parse(text) as readonly StateResource[]
}

export const moduleView = (all: readonly StateResource[], name: string): WorkerView => {
  const resources = asInTemplate(all, name)
  const task = ofType(resources, 'aws_ecs_task_definition') ?? {}
  const service = ofType(resources, 'aws_ecs_service') ?? {}
  const network = first(service['network_configuration'])
  const trust = (role: string): unknown =>
    parsed(ofType(resources, 'aws_iam_role', role)?.['assume_role_policy'])['Statement']
  const subscription = ofType(resources, 'aws_sns_topic_subscription')
  const deadLetters = ofType(resources, 'aws_sqs_queue')
  const [container = {}] = JSON.parse(String(task['container_definitions'])) as readonly Members[]
  return {
    role: {
      trust: trust('task'),
      statements: statements(ofType(resources, 'aws_iam_role_policy', 'worker')?.['policy']),
    },
    execution: {
      trust: trust('execution'),
      managed: resources
        .filter(({ type }) => type === 'aws_iam_role_policy_attachment')
        .map(({ values }) => values['policy_arn']),
      statements: statements(ofType(resources, 'aws_iam_role_policy', 'secret')?.['policy']),
    },
    container: containerView(container),
    task: {
      compatibilities: task['requires_compatibilities'],
      network: task['network_mode'],
      cpu: task['cpu'],
      memory: task['memory'],
      platform: {
        operatingSystemFamily: first(task['runtime_platform'])['operating_system_family'],
        cpuArchitecture: first(task['runtime_platform'])['cpu_architecture'],
      },
    },
    service: {
      cluster: service['cluster'],
      launchType: service['launch_type'],
      count: service['desired_count'],
      minimum: service['deployment_minimum_healthy_percent'],
      maximum: service['deployment_maximum_percent'],
      circuitBreaker: first(service['deployment_circuit_breaker']),
      propagateTags: service['propagate_tags'],
      subnets: network['subnets'],
      securityGroups: network['security_groups'],
      isPublic: network['assign_public_ip'],
      loadBalancers: ((service['load_balancer'] ?? []) as readonly Members[]).map((one) => ({
        containerName: one['container_name'],
        containerPort: one['container_port'],
        targetGroupArn: one['target_group_arn'],
      })),
    },
    logDays: ofType(resources, 'aws_cloudwatch_log_group')?.['retention_in_days'],
    tables: Object.fromEntries(
      resources
        .filter(({ type }) => type === 'aws_dynamodb_table')
        .map(({ name: table, values }) => [
          table === 'journal' ? 'JournalTable' : 'Table',
          tableView(values),
        ]),
    ),
    subscription:
      subscription === undefined
        ? undefined
        : {
            topic: subscription['topic_arn'],
            protocol: subscription['protocol'],
            endpoint: subscription['endpoint'],
            isRaw: subscription['raw_message_delivery'],
            redrive: parsed(subscription['redrive_policy']),
            delivery: parsed(subscription['delivery_policy']),
          },
    deadLetters:
      deadLetters === undefined
        ? undefined
        : {
            keptSeconds: deadLetters['message_retention_seconds'],
            isEncrypted: deadLetters['sqs_managed_sse_enabled'],
            policy: parsed(ofType(resources, 'aws_sqs_queue_policy')?.['policy'])['Statement'],
          },
  }
}
