import { ofType, type Plain, type Resource } from './template.js'

/** What a deployed worker comes to, whichever tool describes it. Values have the names that CloudFormation gives. */
export interface WorkerView {
  readonly role: { readonly trust: unknown; readonly statements: readonly unknown[] }
  readonly execution: {
    readonly trust: unknown
    readonly managed: readonly unknown[]
    readonly statements: readonly unknown[]
  }
  readonly container: unknown
  readonly task: unknown
  readonly service: unknown
  readonly logDays: unknown
  readonly tables: Readonly<Record<string, unknown>>
  readonly subscription: unknown
  readonly deadLetters: unknown
}

type Members = Readonly<Record<string, unknown>>

/** Statements have no order, and one action may stand for a list. */
export const sortedStatements = (statements: readonly unknown[]): readonly unknown[] =>
  [...statements].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

/** `[{ name, value }]` as `{ name: value }`: they have no order. */
export const byName = (pairs: unknown, value: string): Members =>
  Object.fromEntries(
    ((pairs ?? []) as readonly Members[]).map((pair) => [String(pair['name']), pair[value]] as const),
  )

/** With members as Terraform and the API of ECS write them. */
const camelCased = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(camelCased)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key.charAt(0).toLowerCase() + key.slice(1), camelCased(one)]),
  )
}

export const containerView = (container: Members): Members => ({
  ...container,
  environment: byName(container['environment'], 'value'),
  secrets: byName(container['secrets'], 'valueFrom'),
})

const statementsOf = (role: Resource | undefined): readonly unknown[] =>
  sortedStatements(
    ((role?.Properties['Policies'] ?? []) as readonly { readonly PolicyDocument: Members }[]).flatMap(
      ({ PolicyDocument }) => PolicyDocument['Statement'],
    ),
  )

const trustOf = (role: Resource | undefined): unknown =>
  (role?.Properties['AssumeRolePolicyDocument'] as Members | undefined)?.['Statement']

const tableView = ({ Properties }: Resource): Members => ({
  billing: Properties['BillingMode'],
  keys: (Properties['KeySchema'] as readonly Members[]).map((key) => key['AttributeName']),
  types: Object.fromEntries(
    (Properties['AttributeDefinitions'] as readonly Members[]).map((one) => [
      one['AttributeName'],
      one['AttributeType'],
    ]),
  ),
  expires: (Properties['TimeToLiveSpecification'] as Members | undefined)?.['AttributeName'],
  isRecoverable: (Properties['PointInTimeRecoverySpecification'] as Members)['PointInTimeRecoveryEnabled'],
  isEncrypted: (Properties['SSESpecification'] as Members)['SSEEnabled'],
})

const only = (resources: Readonly<Record<string, Resource>>, type: string): Members =>
  ofType(resources, type)[0]?.[1] ?? {}

/** The view of a template's resources, which have the names of those in `infrastructure/`. */
export const templateView = (resources: Readonly<Record<string, Resource>>): WorkerView => {
  const task = only(resources, 'AWS::ECS::TaskDefinition')
  const service = only(resources, 'AWS::ECS::Service')
  const deployment = service['DeploymentConfiguration'] as Members
  const network = (service['NetworkConfiguration'] as Members)['AwsvpcConfiguration'] as Members
  const subscription = ofType(resources, 'AWS::SNS::Subscription')[0]?.[1]
  const deadLetters = resources['DeadLetterQueue']?.Properties
  return {
    role: { trust: trustOf(resources['TaskRole']), statements: statementsOf(resources['TaskRole']) },
    execution: {
      trust: trustOf(resources['ExecutionRole']),
      managed: resources['ExecutionRole']?.Properties['ManagedPolicyArns'] as readonly Plain[],
      statements: statementsOf(resources['ExecutionRole']),
    },
    container: containerView(camelCased((task['ContainerDefinitions'] as readonly unknown[])[0]) as Members),
    task: {
      compatibilities: task['RequiresCompatibilities'],
      network: task['NetworkMode'],
      cpu: task['Cpu'],
      memory: task['Memory'],
      platform: camelCased(task['RuntimePlatform']),
    },
    service: {
      cluster: service['Cluster'],
      launchType: service['LaunchType'],
      count: service['DesiredCount'],
      minimum: deployment['MinimumHealthyPercent'],
      maximum: deployment['MaximumPercent'],
      circuitBreaker: camelCased(deployment['DeploymentCircuitBreaker']),
      propagateTags: service['PropagateTags'],
      subnets: network['Subnets'],
      securityGroups: network['SecurityGroups'],
      isPublic: network['AssignPublicIp'] === 'ENABLED',
      loadBalancers: camelCased(service['LoadBalancers'] ?? []),
    },
    logDays: only(resources, 'AWS::Logs::LogGroup')['RetentionInDays'],
    tables: Object.fromEntries(
      Object.entries(resources)
        .filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table')
        .map(([name, table]) => [name, tableView(table)]),
    ),
    subscription:
      subscription === undefined
        ? undefined
        : {
            topic: subscription['TopicArn'],
            protocol: subscription['Protocol'],
            endpoint: subscription['Endpoint'],
            isRaw: subscription['RawMessageDelivery'],
            redrive: subscription['RedrivePolicy'],
            delivery: subscription['DeliveryPolicy'],
          },
    deadLetters:
      deadLetters === undefined
        ? undefined
        : {
            keptSeconds: deadLetters['MessageRetentionPeriod'],
            isEncrypted: deadLetters['SqsManagedSseEnabled'],
            policy: (only(resources, 'AWS::SQS::QueuePolicy')['PolicyDocument'] as Members)['Statement'],
          },
  }
}
