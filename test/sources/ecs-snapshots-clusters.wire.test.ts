/** Which clusters are followed: patterns, clusters that come and go, and those that may not be read. */
import { describe, expect, it } from 'vitest'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { Desired } from '../../src/core/desired.js'
import { project } from '../../src/core/project.js'
import { servicePorts } from '../../src/policies/service-ports.js'
import { ecsSnapshots } from '../../src/sources/ecs-api/snapshots/ecs-snapshots.js'
import { awsWorld, follow, type Following, settled } from './aws-world.js'

const clusterOf = (name: string, desiredCount = 1): SimulatedCluster =>
  settled(
    simulatedCluster({
      seed: 5,
      name,
      instances: { ec2: 1 },
      services: [{ name: `${name}-web`, placement: 'bridge', desiredCount }],
    }),
  )

/** Lets every task of it end, and deletes it. */
const deleted = (cluster: SimulatedCluster): void => {
  for (const { name } of cluster.services()) cluster.scale(name, 0)
  cluster.settle()
  cluster.delete()
}

/** What was told, in order: `name: clusters` of identities, `cluster = tasks` of snapshots, `no: key` of refusals. */
const story = ({ events }: Following): readonly string[] =>
  events.map((event) => {
    const short = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)
    switch (event._tag) {
      case 'ClusterIdentified':
        return `${event.named}: ${event.clusters.map(short).join(' ')}`
      case 'TasksListed':
        return `${short(event.cluster)} = ${event.tasks.length}`
      case 'LookupRefused':
        return `no: ${short(event.key)}`
      case 'TaskChanged':
      case 'InstanceDescribed':
      case 'DefinitionDescribed':
      case 'DeploymentAnnounced':
      case 'DeploymentDescribed':
      case 'HealthObserved':
      case 'LogRead':
        return event._tag
    }
  })

const counted = (following: Following, line: string): number =>
  story(following).filter((one) => one === line).length

const desiredOf = ({ state }: Following, covers: readonly string[]): Desired =>
  project(state, { expose: servicePorts(), covers })

const minute = 60_000

describe('ecsSnapshots of a pattern', () => {
  it.each([
    ['prod-*', ['prod-a', 'prod-b']],
    ['*', ['preview', 'prod-a', 'prod-b']],
    ['*-b', ['prod-b']],
    ['nothing-*', []],
  ])('%s takes snapshots of every cluster whose name matches', async (pattern, matches) => {
    const clusters = ['prod-a', 'prod-b', 'preview'].map((name) => clusterOf(name))
    const world = await awsWorld(clusters)
    const source = ecsSnapshots({ clusters: [pattern], ...world.options })
    const following = follow(source)
    await world.until(() => story(following).length === 1 + matches.length, 10)
    expect(source.identifies).toEqual([pattern])
    expect(story(following)[0]).toBe(`${pattern}: ${matches.join(' ')}`)
    expect(story(following).slice(1).toSorted()).toEqual(matches.map((name) => `${name} = 1`))
    expect(desiredOf(following, [pattern])).toMatchObject({ complete: true, awaited: [] })
  })

  it('is awaited until every cluster that it stands for was read', async () => {
    const clusters = ['prod-a', 'prod-b'].map((name) => clusterOf(name))
    const world = await awsWorld(clusters, (operation, _, asked) =>
      operation === 'ListTasks' && asked.includes('prod-b') ? 'error500' : 'ok',
    )
    const following = follow(ecsSnapshots({ clusters: ['prod-*'], ...world.options }))
    expect(desiredOf(following, ['prod-*'])).toMatchObject({ complete: false, awaited: ['prod-*'] })
    await world.until(() => counted(following, 'prod-a = 1') === 1 && following.failures.length > 0, 1_000)
    expect(desiredOf(following, ['prod-*'])).toMatchObject({ complete: false, awaited: [clusters[1]?.arn] })
    world.api.inject(() => 'ok')
    await world.until(() => counted(following, 'prod-b = 1') === 1, 1_000)
    expect(desiredOf(following, ['prod-*'])).toMatchObject({ complete: true, awaited: [] })
  })

  it('follows a cluster that appears, from the next interval on, or from when it is refreshed', async () => {
    const clusters = [clusterOf('prod-a')]
    const world = await awsWorld(clusters)
    const source = ecsSnapshots({ clusters: ['prod-*'], intervalMs: 5 * minute, ...world.options })
    const following = follow(source)
    await world.until(() => counted(following, 'prod-a = 1') === 1)
    clusters.push(clusterOf('prod-b', 2))
    await world.until(() => counted(following, 'prod-b = 2') === 1, minute)
    expect(story(following)).toContain('prod-*: prod-a prod-b')
    clusters.push(clusterOf('prod-c', 3))
    const now = world.clock.now()
    source.refresh()
    await world.until(() => counted(following, 'prod-c = 3') === 1)
    expect(world.clock.now()).toBe(now)
    await world.until(() => counted(following, 'prod-c = 3') === 3, minute)
  })

  it.each(['INACTIVE', 'MISSING'] as const)(
    'says that a cluster which is deleted (%s) is empty, and then follows it no more',
    async (status) => {
      const [a, b] = [clusterOf('prod-a'), clusterOf('prod-b')]
      const asked: string[] = []
      const world = await awsWorld([a, b], (_operation, _n, body) => {
        asked.push(body)
        return 'ok'
      })
      const following = follow(
        ecsSnapshots({ clusters: ['prod-*'], intervalMs: 5 * minute, ...world.options }),
      )
      await world.until(
        () => counted(following, 'prod-b = 1') === 1 && counted(following, 'prod-a = 1') === 1,
      )
      deleted(b)
      if (status === 'MISSING') b.forget()
      await world.until(() => story(following).includes('prod-*: prod-a'), minute)
      expect(counted(following, 'prod-b = 0')).toBeGreaterThan(0)
      // It is known to be empty before it is covered no more: nothing of it is left to be wondered about.
      expect(story(following).indexOf('prod-b = 0')).toBeLessThan(story(following).indexOf('prod-*: prod-a'))
      const desired = desiredOf(following, ['prod-*'])
      expect(desired).toMatchObject({ complete: true, awaited: [] })
      expect(desired.backends.get('prod-b-web')?.endpoints ?? []).toEqual([])
      expect([...desired.readings.keys()]).toEqual([a.arn])
      const before = asked.length
      const snapshots = counted(following, 'prod-a = 1')
      await world.until(() => counted(following, 'prod-a = 1') === snapshots + 2, minute)
      expect(asked.slice(before).filter((body) => body.includes('prod-b'))).toEqual([])
      expect(following.notices).toEqual([])
    },
  )

  it('does not take a cluster for deleted while it cannot be asked', async () => {
    const [a, b] = [clusterOf('prod-a'), clusterOf('prod-b')]
    const world = await awsWorld([a, b])
    const following = follow(ecsSnapshots({ clusters: ['prod-*'], intervalMs: 5 * minute, ...world.options }))
    await world.until(() => counted(following, 'prod-b = 1') === 1 && counted(following, 'prod-a = 1') === 1)
    deleted(b)
    world.api.inject((operation, _, asked) =>
      operation !== 'ListClusters' && asked.includes('prod-b') ? 'error500' : 'ok',
    )
    await world.until(() => following.failures.length >= 3, 10_000)
    expect(counted(following, 'prod-b = 0')).toBe(0)
    expect(story(following)).not.toContain('prod-*: prod-a')
    world.api.inject(() => 'ok')
    await world.until(() => story(following).includes('prod-*: prod-a'), 10_000)
    expect(counted(following, 'prod-b = 0')).toBeGreaterThan(0)
  })

  it('that may not be looked up is reported once, and a permission that comes later is noticed', async () => {
    const world = await awsWorld([clusterOf('prod-a')], () => 'denied')
    const following = follow(ecsSnapshots({ clusters: ['prod-*'], intervalMs: 5 * minute, ...world.options }))
    await world.until(() => following.failures.length === 5, 10_000)
    expect(story(following)).toEqual(['no: prod-*'])
    expect(world.api.calls.get('ListClusters')).toBe(5)
    world.api.inject(() => 'ok')
    await world.until(() => counted(following, 'prod-a = 1') === 1, 10_000)
    expect(desiredOf(following, ['prod-*']).complete).toBe(true)
  })
})

describe('ecsSnapshots of a cluster that has been read and is deleted', () => {
  it.each(['INACTIVE', 'MISSING'] as const)(
    '(%s) says that it is empty, whether by name or ARN',
    async (status) => {
      const [named, byArn] = [clusterOf('preview'), clusterOf('other')]
      const world = await awsWorld([named, byArn])
      const covers = ['preview', byArn.arn]
      const following = follow(ecsSnapshots({ clusters: covers, intervalMs: 5 * minute, ...world.options }))
      await world.until(
        () => counted(following, 'preview = 1') === 1 && counted(following, 'other = 1') === 1,
      )
      for (const cluster of [named, byArn]) {
        deleted(cluster)
        if (status === 'MISSING') cluster.forget()
      }
      await world.until(
        () => counted(following, 'preview = 0') > 0 && counted(following, 'other = 0') > 0,
        minute,
      )
      const desired = desiredOf(following, covers)
      expect(desired.complete).toBe(true)
      for (const { endpoints } of desired.backends.values()) expect(endpoints).toEqual([])
      expect(following.notices).toEqual([])
    },
  )
})

describe('ecsSnapshots of a cluster that ECS does not know', () => {
  it('waits for it, by its name, while others go on', async () => {
    const clusters = [clusterOf('prod')]
    const world = await awsWorld(clusters)
    const covers = ['preview', 'prod']
    const following = follow(ecsSnapshots({ clusters: covers, ...world.options }))
    await world.until(() => counted(following, 'prod = 1') === 1 && following.failures.length >= 5, 1_000)
    const desired = desiredOf(following, covers)
    // Which one it will be is known: those of its name in other accounts are not waited for.
    expect(counted(following, 'preview: preview')).toBe(1)
    expect(desired).toMatchObject({ complete: false, awaited: [clusterOf('preview').arn] })
    expect(story(following).some((line) => line.startsWith('no:'))).toBe(false)
    clusters.push(clusterOf('preview'))
    await world.until(() => counted(following, 'preview = 1') === 1, 1_000)
    expect(desiredOf(following, covers)).toMatchObject({ complete: true, awaited: [] })
  })
})

describe('ecsSnapshots of a cluster that may not be read', () => {
  it('says so once after three attempts, blocks no other, and recovers with the permission', async () => {
    const world = await awsWorld([clusterOf('open'), clusterOf('secret')], (_operation, _n, asked) =>
      asked.includes('secret') ? 'denied' : 'ok',
    )
    const covers = ['open', 'secret']
    const following = follow(ecsSnapshots({ clusters: covers, intervalMs: 5 * minute, ...world.options }))
    await world.until(() => following.failures.length === 1)
    await world.until(() => counted(following, 'open = 1') === 1)
    expect(desiredOf(following, covers)).toMatchObject({ complete: false, awaited: ['secret'] })
    await world.until(() => following.failures.length === 5, 1_000)
    expect(following.failures.map(({ operation, retryIn }) => [operation, retryIn])).toEqual([
      ['snapshot of secret', 500],
      ['snapshot of secret', 1_000],
      ['snapshot of secret', 5 * minute],
      ['snapshot of secret', 5 * minute],
      ['snapshot of secret', 5 * minute],
    ])
    expect(counted(following, 'no: secret')).toBe(1)
    // It can never be read, as things are: nobody waits for it, and what nobody wants is not known to be unwanted.
    const desired = desiredOf(following, covers)
    expect(desired).toMatchObject({ complete: false, awaited: [] })
    expect(counted(following, 'open = 1')).toBeGreaterThan(1)
    world.api.inject(() => 'ok')
    await world.until(() => counted(following, 'secret = 1') === 1, minute)
    expect(desiredOf(following, covers)).toMatchObject({ complete: true, awaited: [] })
  })

  it('is awaited all the same while nothing at all can be read', async () => {
    const world = await awsWorld([clusterOf('secret')], () => 'denied')
    const following = follow(ecsSnapshots({ clusters: ['secret'], ...world.options }))
    await world.until(() => story(following).length === 1, 1_000)
    expect(desiredOf(following, ['secret'])).toMatchObject({ complete: false, awaited: ['secret'] })
  })

  it('by ARN needs no permission to describe it', async () => {
    const cluster = clusterOf('prod')
    const world = await awsWorld([cluster], (operation) =>
      operation === 'DescribeClusters' ? 'denied' : 'ok',
    )
    const following = follow(ecsSnapshots({ clusters: [cluster.arn], ...world.options }))
    await world.until(() => counted(following, 'prod = 1') === 2, 10_000)
    expect(following.notices).toEqual([])
  })
})
