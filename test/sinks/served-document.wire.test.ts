import { describe, expect, it, onTestFinished } from 'vitest'
import type { ApiFaults } from '../../sim/aws-api/aws-api.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import { run } from '../../src/core/run.js'
import { traefikLabels } from '../../src/sinks/traefik/labels/traefik-labels.js'
import { traefikHttp } from '../../src/sinks/traefik/http/index.js'
import { ecsSnapshots } from '../../src/sources/ecs-api/snapshots/ecs-snapshots.js'
import { instanceAddresses } from '../../src/sources/ecs-api/lookups/instance-addresses.js'
import { taskDefinitions } from '../../src/sources/ecs-api/lookups/task-definitions.js'
import { awsWorld, settled } from '../sources/aws-world.js'
import { listening } from '../support/followed.js'

const fargate = (name: string): ServiceSpec => ({
  name,
  placement: 'fargate',
  desiredCount: 2,
  dockerLabels: { 'traefik.enable': 'true' },
})

const vaultIsDenied: ApiFaults = (operation, _n, asked) =>
  operation === 'DescribeTaskDefinition' && asked.includes('vault:1') ? 'denied' : 'ok'

/** A worker that reads labels from a cluster over the wire, and serves Traefik, under a virtual clock. */
const worker = async (services: readonly ServiceSpec[], faults: ApiFaults, patienceMs?: number) => {
  const cluster = settled(simulatedCluster({ seed: 5, name: 'prod', instances: { ec2: 2 }, services }))
  const world = await awsWorld([cluster], faults)
  const sink = traefikHttp({ clock: world.clock, patienceMs })
  const worker = run(
    {
      sources: [
        ecsSnapshots({ clusters: [cluster.arn], ...world.options }),
        instanceAddresses(world.options),
        taskDefinitions(world.options),
      ],
      sinks: [sink],
      expose: traefikLabels(),
      clusters: [cluster.arn],
    },
    world.options,
  )
  const { url, close } = await listening(sink.listener)
  onTestFinished(async () => {
    await worker.stop()
    await close()
  })
  const start = world.clock.now()
  let answer = { status: 0, text: '' }
  return {
    world,
    worker,
    asked: async () => {
      const response = await fetch(url)
      answer = { status: response.status, text: await response.text() }
      return answer
    },
    /** How long it took until the document was served. */
    opened: async (limitMs: number): Promise<number> => {
      for (;;) {
        const response = await fetch(url)
        answer = { status: response.status, text: await response.text() }
        if (response.status === 200 || world.clock.now() - start > limitMs) return world.clock.now() - start
        await world.clock.advance(250)
      }
    },
    servers: () => answer.text.match(/"url":/g)?.length ?? 0,
    text: () => answer.text,
  }
}

const services = ['web', 'vault', 'api'].map(fargate)

describe('a document of labels, of which one definition is denied', () => {
  it('is served after the patience, without the tasks of that definition', async () => {
    const { opened, servers, text } = await worker(services, vaultIsDenied, 5_000)
    const ms = await opened(60_000)
    expect(ms).toBeGreaterThanOrEqual(4_750)
    expect(ms).toBeLessThan(6_000)
    expect(servers()).toBe(4)
    expect(text()).not.toContain('vault')
  })

  it('is served once the refusal is final, and names until then what it waits for', async () => {
    const { world, asked, opened, servers } = await worker(services, vaultIsDenied)
    await world.until(() => (world.api.calls.get('DescribeTaskDefinition') ?? 0) >= 3, 250)
    await world.clock.advance(5_000)
    const early = await asked()
    expect(early.status).toBe(503)
    expect(early.text).toMatch(/task definition: 2\n- arn:[^\n]*task-definition\/vault:1/)
    const ms = await opened(120_000)
    expect(ms).toBeGreaterThan(29_000)
    expect(ms).toBeLessThan(65_000)
    expect(servers()).toBe(4)
  })

  it('gets the tasks of that definition when the permission comes', async () => {
    const { world, asked, opened, servers } = await worker(services, vaultIsDenied)
    await opened(120_000)
    world.api.inject(() => 'ok')
    for (let steps = 0; servers() < 6 && steps < 200; steps++) {
      await world.clock.advance(15_000)
      await asked()
    }
    expect(servers()).toBe(6)
  })
})

describe('a document of a cluster', () => {
  it('with a managed daemon waits for nothing of it', async () => {
    const daemon: ServiceSpec = { name: 'log-agent', placement: 'daemon', desiredCount: 2 }
    const { world, opened, servers, worker: running } = await worker([fargate('web'), daemon], () => 'ok')
    expect(await opened(30_000)).toBeLessThan(10_000)
    expect(servers()).toBe(2)
    expect(world.api.calls.get('DescribeContainerInstances')).toBeUndefined()
    await running.ready
  })

  it('that cannot be read is served after the patience all the same', async () => {
    const { opened, asked } = await worker(services, () => 'throttle', 30_000)
    expect((await asked()).text).toMatch(/^(Nothing is known yet|Not every cluster)/)
    const ms = await opened(120_000)
    expect(ms).toBeGreaterThanOrEqual(29_750)
    expect(ms).toBeLessThan(31_000)
  })
})
