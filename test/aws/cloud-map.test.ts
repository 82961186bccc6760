/** What `cloudMap` relies on, at moto and at the server that our other tests run against; and its contract at moto. */
import {
  DeregisterInstanceCommand,
  GetOperationCommand,
  ListInstancesCommand,
  ListServicesCommand,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sinkContract } from 'ecs-task-stream/testing'
import { embeddedCloudMap } from '../../sim/cloud-map/embedded-cloud-map.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { cloudMapHarness, type CloudMapNamespace, cloudMapNamespace } from '../support/cloud-map-target.js'
import { reconciled } from '../support/served.js'
import { type Candidate, lawsFor } from './candidates.js'
import { moto } from './witnesses.js'

interface Opened extends CloudMapNamespace {
  readonly close: () => Promise<void>
}

const motoClient = (): ServiceDiscoveryClient =>
  new ServiceDiscoveryClient({
    endpoint: moto.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  })

const openMoto = async (): Promise<Opened> => {
  await moto.empty()
  const client = motoClient()
  return {
    ...(await cloudMapNamespace(client, ['web', 'api'])),
    close: () => {
      client.destroy()
      return Promise.resolve()
    },
  }
}

const openEmbedded = async (): Promise<Opened> => {
  const { client, close } = await embeddedCloudMap()
  return { ...(await cloudMapNamespace(client(), ['web', 'api'])), close }
}

const candidates: readonly Candidate<Opened>[] = [
  {
    name: 'moto',
    open: openMoto,
    deviations: {
      'replaces an instance': 'moto adds a second one with the same id',
      'lists the services': 'moto ignores the filter',
    },
  },
  { name: 'the embedded server', open: openEmbedded },
]

describe.each(candidates)('$name', (candidate) => {
  const law = lawsFor(candidate)
  let opened: Opened
  let ServiceId: string
  beforeAll(async () => {
    opened = await candidate.open()
    const { Services = [] } = await opened.client.send(
      new ListServicesCommand({
        Filters: [{ Name: 'NAMESPACE_ID', Values: [opened.namespaceId], Condition: 'EQ' }],
        MaxResults: 100,
      }),
    )
    ServiceId = Services.find(({ Name }) => Name === 'web')?.Id ?? ''
  })
  afterAll(() => opened.close())
  const register = (InstanceId: string, Attributes: Record<string, string>) =>
    opened.client.send(new RegisterInstanceCommand({ ServiceId, InstanceId, Attributes }))
  const finished = async (OperationId: string | undefined): Promise<void> =>
    expect
      .poll(
        async () => (await opened.client.send(new GetOperationCommand({ OperationId }))).Operation?.Status,
      )
      .toBe('SUCCESS')

  law('lists the services of the namespace alone', async () => {
    const other = await cloudMapNamespace(opened.client, ['mail'])
    const { Services = [] } = await opened.client.send(
      new ListServicesCommand({ Filters: [{ Name: 'NAMESPACE_ID', Values: [opened.namespaceId] }] }),
    )
    expect(Services.map(({ Name }) => Name).sort()).toEqual(['api', 'web'])
    expect(Services.every(({ Id, Arn }) => Arn?.endsWith(`service/${Id}`))).toBe(true)
    expect(other.namespaceId).not.toBe(opened.namespaceId)
  })

  law('registers and deregisters by operations that end', async () => {
    const { OperationId } = await register('ecs-task-stream:10.0.0.1:80', { AWS_INSTANCE_IPV4: '10.0.0.1' })
    await finished(OperationId)
    expect(await opened.instances('web')).toEqual(
      new Map([['ecs-task-stream:10.0.0.1:80', { AWS_INSTANCE_IPV4: '10.0.0.1' }]]),
    )
    const gone = await opened.client.send(
      new DeregisterInstanceCommand({ ServiceId, InstanceId: 'ecs-task-stream:10.0.0.1:80' }),
    )
    await finished(gone.OperationId)
    expect((await opened.instances('web')).size).toBe(0)
  })

  law('replaces an instance with the same id', async () => {
    for (const host of ['10.0.0.1', '10.0.0.2'])
      await finished((await register('same', { AWS_INSTANCE_IPV4: host })).OperationId)
    const { Instances = [] } = await opened.client.send(new ListInstancesCommand({ ServiceId }))
    expect(Instances).toMatchObject([{ Id: 'same', Attributes: { AWS_INSTANCE_IPV4: '10.0.0.2' } }])
  })

  law('says which instance, service and operation there is none of', async () => {
    const none = { ServiceId, InstanceId: 'nothing' }
    await expect(opened.client.send(new DeregisterInstanceCommand(none))).rejects.toMatchObject({
      name: 'InstanceNotFound',
    })
    const nowhere = { ServiceId: 'srv-nowhere', InstanceId: 'a', Attributes: {} }
    await expect(opened.client.send(new RegisterInstanceCommand(nowhere))).rejects.toMatchObject({
      name: 'ServiceNotFound',
    })
    await expect(
      opened.client.send(new GetOperationCommand({ OperationId: 'nothing' })),
    ).rejects.toMatchObject({ name: 'OperationNotFound' })
  })

  law('keeps tags', async () => {
    expect(await opened.owner('api')).toBeUndefined()
    await opened.tag('api', 'ecs-task-stream/production')
    expect(await opened.owner('api')).toBe('ecs-task-stream/production')
  })

  law('pages: 120 instances are all read', async () => {
    const { sink, instances } = await cloudMapNamespace(opened.client, ['paged'])
    const hosts = Array.from({ length: 120 }, (_, i) => ({ host: `10.0.1.${i}`, port: 80 }))
    const { signal } = new AbortController()
    await reconciled(sink(), backendsOf([backendOf('paged', hosts)]))
    const row = (await sink().read(signal)).find(({ key }) => key === 'paged')
    expect(row?.value.instances).toHaveLength(120)
    expect((await instances('paged')).size).toBe(100)
  })
})

describe('the sink at moto', () => {
  const client = motoClient()
  afterAll(() => {
    client.destroy()
  })

  /** Alone in the account, because moto lists the services of all namespaces. */
  const made = async () => {
    await moto.empty()
    return cloudMapHarness(client)
  }

  // It cannot refuse the writes to one service.
  sinkContract('cloudMap, at moto', made, { lacks: ['partial-failure'], runs: 1 })

  it('leaves what ECS registered', async () => {
    await moto.empty()
    const { sink, register, instances } = await cloudMapNamespace(client, ['web'])
    await register('web', '0123456789', { AWS_INSTANCE_IPV4: '10.0.0.1', ECS_SERVICE_NAME: 'web' })
    const before = await instances('web')
    await reconciled(sink(), backendsOf([backendOf('web', [{ host: '10.0.0.1', port: 80 }])]))
    await reconciled(sink(), backendsOf([]))
    expect(await instances('web')).toEqual(before)
  })
})
