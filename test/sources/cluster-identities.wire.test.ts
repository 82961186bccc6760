import { describe, expect, it } from 'vitest'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { clusterIdentities } from '../../src/sources/ecs-api/snapshots/cluster-identities.js'
import { awsWorld, follow, type Following } from './aws-world.js'

const clusterOf = (name: string): SimulatedCluster =>
  simulatedCluster({ seed: 5, name, services: [{ name: 'web', placement: 'fargate', desiredCount: 0 }] })

/** What was told of names, in order. */
const identities = ({ events }: Following) =>
  events.flatMap((event) => (event._tag === 'ClusterIdentified' ? [[event.named, ...event.clusters]] : []))

const refusals = ({ events }: Following) => events.filter(({ _tag }) => _tag === 'LookupRefused')

describe('clusterIdentities', () => {
  it('promises to say what names and patterns stand for, and no snapshot', () => {
    const source = clusterIdentities({ clusters: ['main', 'prod-*', clusterOf('main').arn] })
    expect(source).toMatchObject({ covers: [], identifies: ['main', 'prod-*'] })
  })

  it('looks a name up once, and emits its ARN', async () => {
    const main = clusterOf('main')
    const world = await awsWorld([main])
    const following = follow(clusterIdentities({ clusters: ['main'], ...world.options }))
    await world.until(() => identities(following).length === 1)
    expect(identities(following)).toEqual([['main', main.arn]])
    await world.clock.advance(3_600_000)
    expect(Object.fromEntries(world.api.calls)).toEqual({ DescribeClusters: 1 })
    expect(following.completed).toBe(false)
    expect(following.notices).toEqual([])
  })

  it('asks for nothing where every cluster is given by its ARN, and ends when it is stopped', async () => {
    const world = await awsWorld([clusterOf('main')])
    const following = follow(clusterIdentities({ clusters: [clusterOf('main').arn], ...world.options }))
    await world.clock.advance(600_000)
    expect(world.api.calls.size).toBe(0)
    expect(following.completed).toBe(false)
    following.stop()
    await world.until(() => following.completed)
  })

  it('asks where `region` says', async () => {
    const world = await awsWorld([clusterOf('main')])
    const following = follow(
      clusterIdentities({ clusters: ['main', 'other-*'], region: 'eu-north-1', ...world.options }),
    )
    await world.until(() => identities(following).length === 2)
    expect(world.places).toEqual([{ region: 'eu-north-1', account: '' }])
  })

  it('looks a pattern up at intervals, and emits its clusters again when they change', async () => {
    const [one, two] = [clusterOf('prod-1'), clusterOf('prod-2')]
    const clusters = [one, clusterOf('staging')]
    const world = await awsWorld(clusters)
    const following = follow(
      clusterIdentities({ clusters: ['prod-*'], intervalMs: 60_000, ...world.options }),
    )
    await world.until(() => identities(following).length === 1)
    await world.until(() => world.api.calls.get('ListClusters') === 3, 10_000)
    expect(identities(following)).toEqual([['prod-*', one.arn]])
    clusters.push(two)
    await world.until(() => identities(following).length === 2, 10_000)
    one.delete()
    await world.until(() => identities(following).length === 3, 10_000)
    expect(identities(following).slice(1)).toEqual([
      ['prod-*', one.arn, two.arn],
      ['prod-*', two.arn],
    ])
    // The fold holds the newest answer.
    expect(following.state.identities.get('prod-*')?.clusters).toEqual([two.arn])
  })

  it('says that a pattern stands for nothing yet', async () => {
    const world = await awsWorld([clusterOf('staging')])
    const following = follow(clusterIdentities({ clusters: ['prod-*'], ...world.options }))
    await world.until(() => identities(following).length === 1)
    expect(identities(following)).toEqual([['prod-*']])
  })

  it('emits the ARN that an unknown name would have, and warns', async () => {
    const world = await awsWorld([clusterOf('main')])
    const following = follow(clusterIdentities({ clusters: ['late', 'main'], ...world.options }))
    await world.until(() => identities(following).length === 2)
    expect(identities(following).toSorted()).toEqual([
      ['late', clusterOf('late').arn],
      ['main', clusterOf('main').arn],
    ])
    expect(following.notices).toEqual([
      { _tag: 'Warning', message: expect.stringContaining('cluster late was not found (MISSING)') as string },
    ])
  })

  it('asks with backoff while an answer does not say where it is from', async () => {
    const world = await awsWorld([clusterOf('main')])
    world.alter((_operation, output) => Object.assign(output, { clusters: [], failures: [] }))
    const following = follow(clusterIdentities({ clusters: ['main'], ...world.options }))
    await world.until(() => following.failures.length === 3, 100)
    expect(following.failures.map(({ operation, retryIn }) => [operation, retryIn])).toEqual([
      ['identity of main', 500],
      ['identity of main', 1_000],
      ['identity of main', 2_000],
    ])
    expect(refusals(following)).toEqual([])
    world.alter(() => undefined)
    await world.until(() => identities(following).length === 1, 100)
  })

  it.each(['main', 'ma*'])(
    'takes three refusals of %s in a row for an answer, reported once, and notices a permission that comes later',
    async (named) => {
      const main = clusterOf('main')
      const world = await awsWorld([main], () => 'denied')
      const following = follow(clusterIdentities({ clusters: [named], intervalMs: 60_000, ...world.options }))
      await world.until(() => following.failures.length === 5, 1_000)
      expect(following.failures.map(({ retryIn }) => retryIn)).toEqual([500, 1_000, 60_000, 60_000, 60_000])
      expect(refusals(following)).toMatchObject([{ key: named }])
      expect(following.state.refusals.get(named)?.reason).toContain('AccessDenied')
      world.api.inject(() => 'ok')
      await world.until(() => identities(following).length === 1, 1_000)
      expect(identities(following)).toEqual([[named, main.arn]])
    },
  )

  it('does not count refusals that another answer interrupts', async () => {
    const world = await awsWorld([clusterOf('main')], (_, n) => (n % 3 === 0 ? 'ok' : 'denied'))
    world.alter((_operation, output) => Object.assign(output, { clusters: [], failures: [] }))
    const following = follow(clusterIdentities({ clusters: ['main'], ...world.options }))
    await world.until(() => following.failures.length === 12, 1_000)
    expect(refusals(following)).toEqual([])
  })

  it('overcomes throttling without a word', async () => {
    const world = await awsWorld([clusterOf('main')], (_, n) => (n < 5 ? 'throttle' : 'ok'))
    const following = follow(clusterIdentities({ clusters: ['main'], ...world.options }))
    await world.until(() => identities(following).length === 1, 100)
    expect(following.notices).toEqual([])
  })

  it.each(['hangs', 'backs off', 'rests'])('ends at once when it is stopped while it %s', async (phase) => {
    const world = await awsWorld([clusterOf('main')], () =>
      phase === 'hangs' ? 'hang' : phase === 'backs off' ? 'throttle' : 'ok',
    )
    const following = follow(clusterIdentities({ clusters: ['m*'], ...world.options }))
    await world.until(() => (phase === 'hangs' ? world.api.calls.size > 0 : world.clock.sleeping > 0))
    following.stop()
    await world.until(() => following.completed)
    expect(world.clock.sleeping).toBe(0)
    expect(following.notices).toEqual([])
  })

  it('refuses an interval that is not above 0', () => {
    expect(() => clusterIdentities({ clusters: ['main'], intervalMs: 0 })).toThrow(
      /expected a number above 0, got 0/,
    )
  })
})
