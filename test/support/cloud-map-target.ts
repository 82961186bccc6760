import {
  CreateHttpNamespaceCommand,
  CreateServiceCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  ListTagsForResourceCommand,
  RegisterInstanceCommand,
  type ServiceDiscoveryClient,
  TagResourceCommand,
} from '@aws-sdk/client-servicediscovery'
import { randomUUID } from 'node:crypto'
import type { Clock } from 'ecs-task-stream'
import { cloudMap, type CloudMapInstances, type CloudMapOptions } from '../../src/sinks/cloud-map/index.js'
import { instanceId, instanceOf } from '../../src/sinks/cloud-map/instance.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { boundless } from './boundless-allowance.js'
import { countedWrites } from './counted-writes.js'

/** Sleeps are turns of the event loop. */
export const hurriedClock: Clock = {
  now: () => Date.now(),
  sleep: () => new Promise((resolve) => setImmediate(resolve)),
}

/** The names of the backends that the contract makes. */
const names = ['web', 'api', 'mail', 'shop-2', 'a.b_c']

export interface CloudMapNamespace {
  readonly namespaceId: string
  readonly client: ServiceDiscoveryClient
  /** All instances of a service: attributes by id. */
  readonly instances: (service: string) => Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>
  readonly owner: (service: string) => Promise<string | undefined>
  readonly register: (
    service: string,
    id: string,
    attributes: Readonly<Record<string, string>>,
  ) => Promise<void>
  readonly tag: (service: string, owner: string) => Promise<void>
  readonly sink: (options?: Partial<CloudMapOptions>) => ReturnType<typeof cloudMap>
}

/** A new namespace with these services. */
export const cloudMapNamespace = async (
  client: ServiceDiscoveryClient,
  services: readonly string[] = names,
): Promise<CloudMapNamespace> => {
  const before = await client.send(new ListNamespacesCommand({}))
  const known = new Set(before.Namespaces?.map(({ Id }) => Id))
  await client.send(new CreateHttpNamespaceCommand({ Name: randomUUID(), CreatorRequestId: randomUUID() }))
  const { Namespaces = [] } = await client.send(new ListNamespacesCommand({}))
  const namespaceId = Namespaces.find(({ Id }) => !known.has(Id))?.Id ?? ''
  const ids = new Map<string, { readonly id: string; readonly arn: string }>()
  for (const Name of services) {
    const { Service } = await client.send(new CreateServiceCommand({ Name, NamespaceId: namespaceId }))
    ids.set(Name, { id: Service?.Id ?? '', arn: Service?.Arn ?? '' })
  }
  const of = (service: string) => ids.get(service) ?? { id: '', arn: '' }
  return {
    namespaceId,
    client,
    instances: async (service) => {
      const { Instances = [] } = await client.send(
        new ListInstancesCommand({ ServiceId: of(service).id, MaxResults: 100 }),
      )
      return new Map(Instances.map(({ Id = '', Attributes = {} }) => [Id, Attributes]))
    },
    owner: async (service) => {
      const { Tags = [] } = await client.send(
        new ListTagsForResourceCommand({ ResourceARN: of(service).arn }),
      )
      return Tags[0]?.Value
    },
    register: async (service, id, attributes) => {
      await client.send(
        new RegisterInstanceCommand({
          ServiceId: of(service).id,
          InstanceId: id,
          Attributes: { ...attributes },
        }),
      )
    },
    tag: async (service, Value) => {
      const Tags = [{ Key: 'ecs-task-stream:owner', Value }]
      await client.send(new TagResourceCommand({ ResourceARN: of(service).arn, Tags }))
    },
    sink: (options = {}) =>
      cloudMap({ namespaceId, client, calls: boundless.requests, clock: hurriedClock, ...options }),
  }
}

/** The contract's harness in a new namespace of its own. */
export const cloudMapHarness = async (
  client: ServiceDiscoveryClient,
  {
    failOn,
    dispose = () => Promise.resolve(),
  }: { readonly failOn?: (service: string) => void; readonly dispose?: () => Promise<void> } = {},
): Promise<SinkHarness<CloudMapInstances>> => {
  const namespace = await cloudMapNamespace(client)
  return {
    ...countedWrites(namespace.sink()),
    // A service that nobody has written to is a place for a record.
    snapshot: async () => {
      const found = new Map<string, unknown>()
      for (const name of names) {
        const [owner, instances] = [await namespace.owner(name), await namespace.instances(name)]
        const ours = new Map([...instances].filter(([id]) => id.startsWith('ecs-task-stream:')))
        if (owner !== undefined || ours.size > 0) found.set(name, { owner, ours })
      }
      return found
    },
    addresses: ({ instances }) => instances.map(({ address }) => address),
    tamper: (key) =>
      namespace.register(key, instanceId('10.9.9.9:9'), {
        AWS_INSTANCE_IPV4: '10.9.9.9',
        AWS_INSTANCE_PORT: '9',
        ECS_TASK_STREAM_OWNER: 'contract',
      }),
    plant: async ({ name, endpoints }, owner) => {
      if (owner !== undefined) await namespace.tag(name, owner)
      for (const { address, attributes } of endpoints.map(instanceOf))
        await namespace.register(name, instanceId(address), {
          ...attributes,
          ECS_TASK_STREAM_OWNER: owner ?? 'contract',
        })
    },
    embellishment: {
      add: (key) => namespace.register(key, `mine-${key}`, { AWS_INSTANCE_IPV4: '10.8.8.8', weight: '3' }),
      read: async (key) => (await namespace.instances(key)).get(`mine-${key}`),
    },
    ...(failOn === undefined ? {} : { failOn }),
    another: () => namespace.sink(),
    dispose,
  }
}
