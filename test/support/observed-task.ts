import type { Task } from 'ecs-task-stream'

export const cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/staging'

export interface Observed {
  readonly id: string
  readonly service?: string
  readonly cluster?: string
  readonly version?: number
  readonly at?: number
  readonly last?: string
  readonly desired?: string
  readonly host?: string
  readonly port?: number
}

/**
 * One observation of a bridge-mode task with one container, whose address came with it. Defaults: version 3, running.
 */
export const observed = (what: Observed): Task => {
  const {
    id,
    service = 'web',
    version = 3,
    at = version * 1000,
    last = 'RUNNING',
    desired = 'RUNNING',
  } = what
  const { host = '10.0.0.1', port = 32768 } = what
  const inCluster = what.cluster ?? cluster
  return {
    arn: `${inCluster.replace(':cluster/', ':task/')}/${id}`,
    cluster: inCluster,
    group: `service:${service}`,
    definition: undefined,
    instance: undefined,
    launchType: 'EC2',
    capacityProvider: undefined,
    zone: undefined,
    startedBy: undefined,
    createdAt: undefined,
    version,
    at,
    lastStatus: last,
    desiredStatus: desired,
    interface: { version, ipv4: host, ipv6: undefined },
    containers: [
      {
        name: service,
        version,
        lastStatus: last,
        arn: undefined,
        runtimeId: undefined,
        bindingsVersion: version,
        bindings: [{ containerPort: 80, hostPort: port, protocol: 'tcp', count: 1 }],
      },
    ],
    health: undefined,
  }
}
