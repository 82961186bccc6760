import { describe, expect, it, onTestFinished } from 'vitest'
import { embeddedCloudMap } from '../../sim/cloud-map/embedded-cloud-map.js'
import { cloudMap, type CloudMapInstances } from '../../src/sinks/cloud-map/index.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { sinkContract } from '../../src/testing/sink-contract.js'
import type { SinkHarness } from '../../src/testing/sink-harness.js'
import { cloudMapHarness, cloudMapNamespace } from '../support/cloud-map-target.js'
import { desiredOf, reconciled } from '../support/served.js'
import { contractRuns } from '../laws/runs.js'

const { signal } = new AbortController()
const at = (n: number) => ({ host: `10.0.${n >> 8}.${n & 255}`, port: 80 })
const backend = (name: string, ...ns: readonly number[]) => backendOf(name, ns.map(at))
const many = (name: string, count: number) => backend(name, ...Array.from({ length: count }, (_, i) => i))

const harness = async (): Promise<SinkHarness<CloudMapInstances>> => {
  const server = await embeddedCloudMap()
  const client = server.client()
  return cloudMapHarness(client, {
    failOn: (service) => {
      const ids = server
        .services()
        .filter((one) => one.name === service)
        .map(({ id }) => id)
      server.inject((operation, { ServiceId, ResourceARN }) =>
        ['RegisterInstance', 'DeregisterInstance', 'TagResource'].includes(operation) &&
        ids.some((id) => ServiceId === id || String(ResourceARN).endsWith(`/${id}`))
          ? 'AccessDeniedException'
          : undefined,
      )
    },
    dispose: server.close,
  })
}

sinkContract('cloudMap', harness, { runs: contractRuns(3) })

const opened = async (...services: readonly string[]) => {
  const server = await embeddedCloudMap()
  onTestFinished(server.close)
  return { server, ...(await cloudMapNamespace(server.client(), services)) }
}

describe('the instances of a service', () => {
  it('are the endpoints of the backend with its name, with what readers may filter by', async () => {
    const { sink, instances, owner } = await opened('web', 'api')
    const web = backendOf('web', [at(1), { host: 'fd00::1', port: 8080 }])
    const endpoints = web.endpoints.map((endpoint) => ({ ...endpoint, zone: 'eu-west-1a' }))
    await reconciled(sink(), backendsOf([{ ...web, endpoints }]))
    expect(await instances('web')).toEqual(
      new Map([
        [
          'ecs-task-stream:10.0.0.1:80',
          {
            AWS_INSTANCE_IPV4: '10.0.0.1',
            AWS_INSTANCE_PORT: '80',
            AVAILABILITY_ZONE: 'eu-west-1a',
            ECS_TASK_ARN: endpoints[0]?.task,
            ECS_TASK_STREAM_OWNER: 'worker',
          },
        ],
        [
          'ecs-task-stream:fd00::1:8080',
          {
            AWS_INSTANCE_IPV6: 'fd00::1',
            AWS_INSTANCE_PORT: '8080',
            AVAILABILITY_ZONE: 'eu-west-1a',
            ECS_TASK_ARN: endpoints[1]?.task,
            ECS_TASK_STREAM_OWNER: 'worker',
          },
        ],
      ]),
    )
    expect(await owner('web')).toBe('worker')
    expect(await owner('api')).toBeUndefined()
  })

  it('cost a call each, and only if they change', async () => {
    const { server, sink } = await opened('web')
    const one = sink()
    await reconciled(one, backendsOf([many('web', 5)]))
    await reconciled(one, backendsOf([many('web', 6)]))
    expect(server.calls.get('RegisterInstance')).toBe(6)
    expect(server.calls.get('DeregisterInstance')).toBeUndefined()
    await reconciled(one, backendsOf([many('web', 4)]))
    expect(server.calls.get('DeregisterInstance')).toBe(2)
  })

  it('of ECS itself, and its services, are never touched', async () => {
    const { server, sink, instances, register, owner } = await opened('web')
    await register('web', '0123456789abcdef', {
      AWS_INSTANCE_IPV4: '10.0.0.1',
      ECS_CLUSTER_NAME: 'production',
      ECS_SERVICE_NAME: 'web',
    })
    const before = await instances('web')
    const one = sink()
    await reconciled(one, backendsOf([backend('web', 1, 2)]))
    await reconciled(one, backendsOf([]))
    expect(await instances('web')).toEqual(before)
    expect(await owner('web')).toBeUndefined()
    expect(await one.read(signal)).toMatchObject([{ key: 'web', owner: 'Amazon ECS' }])
    expect(server.calls.get('TagResource')).toBeUndefined()
  })

  it('leave out endpoints that are to get nothing', async () => {
    const { sink, instances } = await opened('web')
    const web = backend('web', 1, 2)
    const endpoints = web.endpoints.map((endpoint, i) => ({ ...endpoint, weight: i }))
    await reconciled(sink(), backendsOf([{ ...web, endpoints }]))
    expect([...(await instances('web')).keys()]).toEqual(['ecs-task-stream:10.0.0.2:80'])
  })
})

describe('Cloud Map’s limits', { timeout: 60_000 }, () => {
  it('are said before they bite', async () => {
    const { sink } = await opened('web', 'api')
    const one = sink({ mostInstances: 10 })
    await reconciled(one, backendsOf([many('web', 7)]))
    await one.read(signal)
    expect(one.warnings?.()).toEqual([])
    await reconciled(one, backendsOf([many('web', 8)]))
    await one.read(signal)
    expect(one.warnings?.()).toEqual([
      'the Cloud Map namespace has 8 of 10 instances, and takes no more after these: use another namespace for some services, or ask AWS for more',
    ])
  })

  it('reject what does not fit, and harm nothing else', async () => {
    const { sink, instances } = await opened('web', 'api')
    const one = sink({ mostInstances: 5 })
    await reconciled(one, backendsOf([many('api', 2)]))
    const outcomes = await reconciled(one, backendsOf([many('api', 2), many('web', 9)]))
    expect(outcomes.map(({ key, _tag }) => [key, _tag])).toEqual([['web', 'Rejected']])
    expect((await instances('api')).size).toBe(2)
    expect((await instances('web')).size).toBe(3)
    // Two services that want the rest at the same time do not get more than there is.
    await reconciled(one, backendsOf([many('api', 9), many('web', 9)]))
    expect((await instances('api')).size + (await instances('web')).size).toBe(5)
    // What goes makes room.
    await reconciled(one, backendsOf([many('api', 0), backend('web', 100, 101, 102, 103, 104)]))
    await reconciled(one, backendsOf([many('api', 0), backend('web', 100, 101, 102, 103, 104)]))
    expect((await instances('web')).size).toBe(5)
  })

  it('of a service are 1,000 instances', async () => {
    const { sink } = await opened('web')
    const [outcome] = await reconciled(sink(), backendsOf([many('web', 1_002)]))
    expect(outcome).toMatchObject({
      _tag: 'Rejected',
      reason:
        'the Cloud Map service web is full: it takes 1000 instances, so 2 tasks are not registered: divide the service, or use another namespace',
    })
    const one = sink()
    expect((await one.read(signal))[0]?.value.instances).toHaveLength(1_000)
    expect(one.warnings?.()[0]).toContain('web has 1000 of 1000 instances')
  })

  it('that are lower than known are rejected, too', async () => {
    const { server, sink } = await opened('web')
    server.inject((operation) => (operation === 'RegisterInstance' ? 'ResourceLimitExceeded' : undefined))
    const [outcome] = await reconciled(sink(), backendsOf([backend('web', 1)]))
    expect(outcome).toMatchObject({ _tag: 'Rejected' })
    expect(server.calls.get('RegisterInstance')).toBe(1)
  })
})

describe('calls that fail', () => {
  it('are made again if they are throttled, or another operation for the instance is under way', async () => {
    const { server, sink, instances } = await opened('web')
    const seen = new Map<string, number>()
    server.inject((operation) => {
      const n = (seen.get(operation) ?? 0) + 1
      seen.set(operation, n)
      return n === 1
        ? 'RequestLimitExceeded'
        : n === 2 && operation === 'RegisterInstance'
          ? 'DuplicateRequest'
          : undefined
    })
    const outcomes = await reconciled(sink(), backendsOf([backend('web', 1)]))
    expect(outcomes).toMatchObject([{ _tag: 'Done' }])
    expect((await instances('web')).size).toBe(1)
  })

  it('are reported after five attempts, and others are made', async () => {
    const { server, sink, instances } = await opened('web')
    server.inject((operation, { InstanceId }) =>
      operation === 'RegisterInstance' && String(InstanceId).endsWith('.1:80')
        ? 'ThrottlingException'
        : undefined,
    )
    const outcomes = await reconciled(sink(), backendsOf([backend('web', 1, 2)]))
    expect(outcomes).toMatchObject([{ _tag: 'Failed', key: 'web' }])
    expect([...(await instances('web')).keys()]).toEqual(['ecs-task-stream:10.0.0.2:80'])
    expect(server.calls.get('RegisterInstance')).toBe(6)
  })

  it('say what is missing', async () => {
    const { server, sink } = await opened('web')
    server.inject(() => 'AccessDeniedException')
    await expect(sink().read(signal)).rejects.toThrow('not allowed to call servicediscovery:ListServices')
    server.inject(() => 'NamespaceNotFound')
    await expect(sink().read(signal)).rejects.toThrow('list-namespaces')
  })
})

describe('it warns', () => {
  it('of backends without a service, and of a namespace without any', async () => {
    const { sink, namespaceId } = await opened('web')
    const one = sink()
    await one.read(signal)
    one.synced?.(desiredOf(backendsOf([backend('web', 1), backend('api', 2)])))
    expect(one.warnings?.()).toEqual([
      `backends without a service in the namespace ${namespaceId}, which are not registered: api. Create a service with that name, or expose only what is to be registered`,
    ])
    const empty = await opened()
    const other = empty.sink()
    await other.read(signal)
    expect(other.warnings?.()[0]).toContain('has no service, so nothing is registered')
  })

  it('in words about options that are wrong', () => {
    expect(() => cloudMap({ namespaceId: 'production.local' })).toThrow(
      'cloudMap: namespaceId: expected the id',
    )
    expect(() => cloudMap({ namespaceId: 'ns-1', mostInstances: 0 })).toThrow('cloudMap: mostInstances')
    expect(() => cloudMap({ namespaceId: 'ns-1', region: 'eu west' })).toThrow('region: expected')
  })
})
