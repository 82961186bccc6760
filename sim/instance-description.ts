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

/** `registeredResources` and `remainingResources`, which API and events write alike. */
export const instanceResources = (instance: SimulatedInstance): Json => {
  const resources = (cpu: number, memory: number, ports: readonly string[]): readonly Json[] => [
    { name: 'CPU', type: 'INTEGER', doubleValue: 0, longValue: 0, integerValue: cpu },
    { name: 'MEMORY', type: 'INTEGER', doubleValue: 0, longValue: 0, integerValue: memory },
    {
      name: 'PORTS',
      type: 'STRINGSET',
      doubleValue: 0,
      longValue: 0,
      integerValue: 0,
      stringSetValue: ports,
    },
    {
      name: 'PORTS_UDP',
      type: 'STRINGSET',
      doubleValue: 0,
      longValue: 0,
      integerValue: 0,
      stringSetValue: [],
    },
  ]
  const reserved = ['22', '2376', '2375', '51678', '51679']
  const used = instance.tasks.size
  return {
    registeredResources: resources(65_536, 262_144, reserved),
    remainingResources: resources(65_536 - 256 * used, 262_144 - 512 * used, reserved),
  }
}
