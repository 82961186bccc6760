import type { SimulatedInstance } from './simulated-instance.js'

type Json = Readonly<Record<string, unknown>>

/** A container instance as DescribeContainerInstances writes it on the wire: dates are seconds with a fraction. */
export const instanceDescription = (instance: SimulatedInstance): Json => ({
  agentConnected: instance.agentConnected,
  attachments: [],
  attributes: [{ name: 'ecs.os-type', value: 'linux' }],
  containerInstanceArn: instance.arn,
  ec2InstanceId: instance.machineId,
  pendingTasksCount: [...instance.tasks].filter(({ lastStatus }) => lastStatus === 'PENDING').length,
  registeredAt: instance.registeredAt / 1000,
  ...instanceResources(instance),
  runningTasksCount: [...instance.tasks].filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
  status: instance.status,
  tags: [],
  version: instance.version,
  versionInfo: { agentHash: '5e1c7b2a', agentVersion: '1.89.2', dockerVersion: 'DockerVersion: 25.0.6' },
})

/** `registeredResources` and `remainingResources`, the same in the API and in events. PORTS lists the ports in use. */
export const instanceResources = (instance: SimulatedInstance): Json => {
  const resources = (cpu: number, memory: number, tcp: readonly string[], udp: readonly string[]) => [
    { name: 'CPU', type: 'INTEGER', integerValue: cpu },
    { name: 'MEMORY', type: 'INTEGER', integerValue: memory },
    { name: 'PORTS', type: 'STRINGSET', stringSetValue: tcp },
    { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: udp },
  ]
  const tasks = instance.tasks.size
  const bound = (protocol: 'tcp' | 'udp'): readonly string[] =>
    [...instance.tasks]
      .flatMap(({ containers }) => containers)
      .filter(({ spec, status }) => spec.protocol === protocol && status === 'RUNNING')
      .flatMap(({ hostPort }) => (hostPort === undefined ? [] : [String(hostPort)]))
  return {
    registeredResources: resources(65_536, 262_144, reserved, []),
    remainingResources: resources(
      65_536 - 256 * tasks,
      262_144 - 512 * tasks,
      [...reserved, ...bound('tcp')],
      bound('udp'),
    ),
  }
}

/** The ports of SSH, the Docker daemon and the ECS agent. */
const reserved = ['22', '2376', '2375', '51678', '51679']
