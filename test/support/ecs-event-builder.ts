/** Task events as EventBridge sends them, of a task that needs no more said of it than what a test is about. */
export interface EcsContainer {
  readonly name: string
  readonly lastStatus?: string | null
  readonly networkBindings?: readonly Readonly<Record<string, unknown>>[] | null
  readonly networkInterfaces?: readonly Readonly<Record<string, unknown>>[] | null
}

/** The `detail` of a task event: any field may be given, also a wrong one. */
export type EcsDetail = Readonly<Record<string, unknown>> & {
  readonly containers?: readonly EcsContainer[] | null
}

const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/shop'

/** A running task of service `web` on Fargate, at 10.0.0.7. */
export const ecsDetail = (changes: EcsDetail = {}): EcsDetail => ({
  taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/shop/0123456789abcdef0123456789abcdef',
  clusterArn: cluster,
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  version: 5,
  group: 'service:web',
  taskDefinitionArn: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:3',
  launchType: 'FARGATE',
  cpu: '256',
  enableExecuteCommand: 'false',
  updatedAt: '2026-01-02T03:04:05.67Z',
  attachments: [eni('10.0.0.7'), { id: 'elb-1', type: 'elb', status: 'ATTACHED', details: [] }],
  containers: [
    {
      name: 'web',
      lastStatus: 'RUNNING',
      networkInterfaces: [{ attachmentId: 'eni-attachment', privateIpv4Address: '10.0.0.7' }],
    },
  ],
  overrides: { containerOverrides: [{ name: 'web' }] },
  ...changes,
})

/** The event of such a task, with `changes` to its detail. */
export const ecsEvent = (changes: EcsDetail = {}) => ({
  version: '0',
  id: '6f2b9a52-51b4-4b5e-8d0c-9b8a4f4d2c11',
  'detail-type': 'ECS Task State Change',
  source: 'aws.ecs',
  account: '123456789012',
  time: '2026-01-02T03:04:05Z',
  region: 'eu-west-1',
  resources: [] as readonly string[],
  detail: ecsDetail(changes),
})

/** An attachment that is a network interface; `type` as events have it unless given. */
export const eni = (ipv4: string, { type = 'eni', ipv6 }: { type?: string; ipv6?: string } = {}) => ({
  id: 'eni-attachment',
  type,
  status: 'ATTACHED',
  details: [
    { name: 'subnetId', value: 'subnet-1' },
    { name: 'privateIPv4Address', value: ipv4 },
    ...(ipv6 === undefined ? [] : [{ name: 'ipv6Address', value: ipv6 }]),
  ],
})

/** A row of `networkBindings`. */
export const bound = (containerPort: number, hostPort: number, protocol = 'tcp', bindIP = '0.0.0.0') => ({
  bindIP,
  containerPort,
  hostPort,
  protocol,
})

export const inSns = (message: unknown, type = 'Notification') => ({
  Type: type,
  MessageId: 'sns-message',
  TopicArn: 'arn:aws:sns:eu-west-1:123456789012:ecs-events',
  Message: JSON.stringify(message),
})

export const inLambdaSqs = (message: unknown) => ({
  messageId: 'sqs-message',
  eventSource: 'aws:sqs',
  body: JSON.stringify(message),
})

export const inLambdaSns = (message: unknown) => ({
  EventSource: 'aws:sns',
  Sns: { ...inSns(message), Subject: null },
})
