import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { CallOutcome } from '../../sim/aws-api/aws-api.js'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { ecsSnapshots } from '../../src/sources/ecs-api/snapshots/ecs-snapshots.js'
import { awsWorld, follow, type Following, settled } from './aws-world.js'

const clusterOf = (desiredCount: number, name = 'staging'): SimulatedCluster =>
  settled(
    simulatedCluster({
      seed: 5,
      name,
      instances: { ec2: 3 },
      services: [{ name: 'web', placement: 'bridge', desiredCount }],
    }),
  )

/** What a whole snapshot of the cluster names now. */
const tasksOf = (cluster: SimulatedCluster): readonly string[] =>
  cluster
    .tasks()
    .filter(({ desiredStatus }) => desiredStatus === 'RUNNING')
    .map(({ arn }) => arn)
    .sort()

const listed = (event: ClusterEvent | undefined): readonly string[] | undefined =>
  event?._tag === 'TasksListed' ? event.tasks.map(({ arn }) => arn).sort() : undefined

/** The snapshots among what came. */
const listings = ({ events }: Following): readonly ClusterEvent[] =>
  events.filter(({ _tag }) => _tag === 'TasksListed')

const refused = (name: string): Error =>
  Object.assign(new Error('You may not.'), { name, $metadata: { httpStatusCode: 400 } })

describe('ecsSnapshots', () => {
  it('lists every page of a cluster, and describes 100 tasks a call', async () => {
    const cluster = clusterOf(250)
    const world = await awsWorld([cluster])
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => listings(following).length === 1)
    expect(listings(following)).toHaveLength(1)
    expect(listings(following)[0]).toMatchObject({
      _tag: 'TasksListed',
      cluster: cluster.arn,
      at: world.clock.now(),
    })
    expect(listed(listings(following)[0])).toEqual(tasksOf(cluster))
    expect(Object.fromEntries(world.api.calls)).toEqual({
      DescribeClusters: 1,
      ListTasks: 3,
      DescribeTasks: 3,
    })
    expect(following.notices).toEqual([])
  })

  it('says how far it is with a large cluster', async () => {
    const cluster = clusterOf(1_250)
    const world = await awsWorld([cluster])
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => listings(following).length === 1, 1_000)
    const what = 'tasks of staging described'
    expect(following.notices.filter(({ _tag }) => _tag === 'Progressed')).toEqual([
      ...[1_100, 1_200, 1_250].map((done) => ({
        _tag: 'Progressed',
        what: 'tasks of staging listed',
        done,
        of: undefined,
      })),
      ...Array.from({ length: 13 }, (_, call) => ({ _tag: 'Progressed', what, done: 100 * call, of: 1_250 })),
    ])
  })

  it('takes an empty list for an answer', async () => {
    const cluster = clusterOf(0)
    const world = await awsWorld([cluster])
    const following = follow(ecsSnapshots({ clusters: [cluster.arn], ...world.options }))
    await world.until(() => listings(following).length === 1)
    expect(listings(following)).toEqual([
      {
        _tag: 'TasksListed',
        cluster: cluster.arn,
        at: world.clock.now(),
        order: world.clock.now(),
        tasks: [],
      },
    ])
    expect(world.api.calls.get('DescribeTasks')).toBeUndefined()
  })

  it('is whole or nothing, whichever calls fail', async () => {
    const cluster = clusterOf(130)
    const world = await awsWorld([cluster])
    const failing = fc.constantFrom<CallOutcome>('throttle', 'error500', 'drop')
    // Some calls that pass, and then some that do not: also more of these than a snapshot survives.
    const spell = fc
      .tuple(fc.nat(6), fc.nat(14), failing)
      .map(([passing, failed, how]) => [
        ...Array<CallOutcome>(passing).fill('ok'),
        ...Array<CallOutcome>(failed).fill(how),
      ])
    await fc.assert(
      fc.asyncProperty(fc.array(spell, { maxLength: 4 }), async (spells) => {
        const outcomes = spells.flat()
        let calls = 0
        world.api.inject(() => outcomes[calls++] ?? 'ok')
        const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
        await world.until(() => listings(following).length > 0, 1_000)
        following.unsubscribe()
        for (const event of listings(following)) expect(listed(event)).toEqual(tasksOf(cluster))
      }),
      { numRuns: 20 },
    )
  })

  it('comes through when half of all calls are throttled', async () => {
    const cluster = clusterOf(1_000)
    const world = await awsWorld([cluster], (_, n) => (n % 2 === 1 ? 'throttle' : 'ok'))
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => listings(following).length === 1, 100)
    expect(listed(listings(following)[0])).toEqual(tasksOf(cluster))
    expect(following.notices).toEqual([])
  })

  it('emits nothing while a page keeps failing, says so, and recovers', async () => {
    const cluster = clusterOf(150)
    const world = await awsWorld([cluster], (operation) =>
      operation === 'DescribeTasks' ? 'error500' : 'ok',
    )
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => following.failures.length === 3, 1_000)
    expect(listings(following)).toEqual([])
    const [first, second, third] = following.failures
    expect(first?.operation).toBe('snapshot of staging')
    expect(first?.error.message).toContain('DescribeTasks: InternalFailure')
    // Half of 1, 2 and 4 seconds: random is 0.5 here.
    expect([first?.retryIn, second?.retryIn, third?.retryIn]).toEqual([500, 1000, 2000])
    expect(world.api.calls.get('DescribeClusters')).toBe(1)
    world.api.inject(() => 'ok')
    await world.until(() => listings(following).length === 1, 1_000)
    expect(listed(listings(following)[0])).toEqual(tasksOf(cluster))
  })

  describe('of some tasks only', () => {
    const mixed = (): SimulatedCluster => {
      const cluster = simulatedCluster({
        seed: 5,
        name: 'staging',
        instances: { ec2: 3 },
        services: [
          { name: 'web', placement: 'bridge', desiredCount: 3 },
          { name: 'shop', placement: 'bridge', desiredCount: 120 },
        ],
      })
      return settled(cluster)
    }
    const of = (cluster: SimulatedCluster, service: string): readonly string[] =>
      cluster
        .tasks()
        .filter((task) => task.service.name === service && task.desiredStatus === 'RUNNING')
        .map(({ arn }) => arn)
        .sort()

    it.each([
      [{ service: 'web' }, 'web'],
      [{ service: 'arn:aws:ecs:us-east-1:123456789012:service/staging/web' }, 'web'],
      [{ family: 'shop' }, 'shop'],
      // Its other revisions are the policy's business.
      [{ family: 'shop:7' }, 'shop'],
      [{ service: 'web', family: 'web' }, 'web'],
      [{ service: 'web', family: 'shop' }, 'none'],
    ])('lists %j, and asks for no other', async (only, service) => {
      const cluster = mixed()
      const world = await awsWorld([cluster])
      const following = follow(ecsSnapshots({ clusters: [cluster.arn], only, ...world.options }))
      await world.until(() => following.deliveries.length === 1)
      const expected = of(cluster, service)
      expect(listed(following.events[0])).toEqual(expected)
      const pages = Math.ceil(expected.length / 100)
      expect(world.api.calls.get('ListTasks')).toBe(Math.max(1, pages))
      expect(world.api.calls.get('DescribeTasks') ?? 0).toBe(pages)
      expect(following.notices).toEqual([])
    })

    it('takes a service that does not exist for one without tasks, and warns of it once', async () => {
      const cluster = mixed()
      const world = await awsWorld([cluster])
      const only = { service: 'wbe' }
      const following = follow(
        ecsSnapshots({ clusters: [cluster.arn], only, intervalMs: 5_000, ...world.options }),
      )
      await world.until(() => following.deliveries.length === 3, 100)
      expect(following.events.map(listed)).toEqual([[], [], []])
      expect(following.notices).toEqual([
        {
          _tag: 'Warning',
          message: 'cluster staging has no service wbe: check its name, or create it',
        },
      ])
    })

    it('costs two calls for 100 tasks, however many others there are: 1,440 an hour at an interval of 5 s', async () => {
      const cluster = mixed()
      const world = await awsWorld([cluster])
      const only = { service: 'web' }
      const following = follow(
        ecsSnapshots({ clusters: [cluster.arn], only, intervalMs: 5_000, ...world.options }),
      )
      await world.until(() => following.deliveries.length > 0)
      const from = world.clock.now()
      await world.until(() => world.clock.now() >= from + 600_000, 250)
      const calls = ['ListTasks', 'DescribeTasks'].map((call) => world.api.calls.get(call) ?? 0)
      // Ten minutes, and up to a step late each time.
      for (const count of calls) {
        expect(count).toBeLessThanOrEqual(121)
        expect(count).toBeGreaterThanOrEqual(110)
      }
    })
  })

  it('takes a task that went missing after it was listed for gone', async () => {
    let now = Date.UTC(2026, 0, 1)
    const cluster = simulatedCluster({
      seed: 5,
      name: 'staging',
      clock: () => now,
      services: [{ name: 'web', placement: 'fargate', desiredCount: 3 }],
    })
    settled(cluster)
    const world = await awsWorld([cluster], (operation, n) => {
      if (operation === 'DescribeTasks' && n === 1) {
        cluster.scale('web', 1)
        cluster.settle()
        now += 2 * 3_600_000
      }
      return 'ok'
    })
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => listings(following).length === 1)
    expect(listed(listings(following)[0])).toEqual(tasksOf(cluster))
    expect(tasksOf(cluster)).toHaveLength(1)
    expect(following.notices).toEqual([])
  })

  it.each<[string, (answer: { tasks: object[]; failures: object[] }) => void]>([
    [
      'a failure of another reason than MISSING',
      ({ failures }) => failures.push({ arn: 'x', reason: 'BUSY' }),
    ],
    ['silence about a task', ({ tasks }) => tasks.pop()],
    ['a task without a version', ({ tasks }) => delete (tasks[0] as { version?: number }).version],
  ])('does not take %s for a whole answer', async (_, spoil) => {
    const cluster = clusterOf(5)
    const world = await awsWorld([cluster])
    world.alter((operation, output) => {
      if (operation === 'DescribeTasks') spoil(output as { tasks: object[]; failures: object[] })
    })
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => following.failures.length === 2, 1_000)
    expect(listings(following)).toEqual([])
    world.alter(() => undefined)
    await world.until(() => listings(following).length === 1, 1_000)
    expect(listed(listings(following)[0])).toEqual(tasksOf(cluster))
  })

  it('names a cluster that does not exist, keeps trying, and blocks no other', async () => {
    const cluster = clusterOf(3)
    const world = await awsWorld([cluster])
    const following = follow(ecsSnapshots({ clusters: ['stagging', 'staging'], ...world.options }))
    await world.until(() => listings(following).length === 1 && following.failures.length >= 2, 500)
    for (const { operation, error } of following.failures) {
      expect(operation).toBe('snapshot of stagging')
      expect(error.message).toMatch(/cluster stagging was not found \(MISSING\)/)
    }
    expect(listed(listings(following)[0])).toEqual(tasksOf(cluster))
  })

  it('takes a cluster that is INACTIVE for empty: ECS deletes no other', async () => {
    const cluster = clusterOf(0)
    cluster.delete()
    const world = await awsWorld([cluster])
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => listings(following).length === 1)
    expect(listings(following)[0]).toMatchObject({ cluster: cluster.arn, tasks: [] })
    expect(following.notices).toEqual([])
  })

  it('refuses an answer about a cluster of the same name in another account', async () => {
    const world = await awsWorld([clusterOf(1)])
    world.alter((operation, output) => {
      const { clusters } = output as { clusters?: { clusterArn: string }[] }
      if (operation === 'DescribeClusters')
        for (const each of clusters ?? [])
          each.clusterArn = each.clusterArn.replace('123456789012', '210987654321')
    })
    const following = follow(ecsSnapshots({ clusters: [clusterOf(1).arn], ...world.options }))
    await world.until(() => following.failures.length === 1)
    expect(following.failures[0]?.error.message).toContain('was not found')
    expect(listings(following)).toEqual([])
  })

  it('does not repeat a call that was denied, and says how to reach another account', async () => {
    const world = await awsWorld([clusterOf(1)])
    world.alter(() => {
      throw refused('AccessDeniedException')
    })
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => following.failures.length === 1)
    expect(world.api.calls.get('DescribeClusters')).toBe(1)
    expect(following.failures[0]?.error.message).toMatch(/AccessDeniedException: You may not.*`clients`/)
  })

  it('asks in the region and account that an ARN names, with one client for each', async () => {
    const world = await awsWorld([clusterOf(1)])
    const following = follow(ecsSnapshots({ clusters: [clusterOf(1).arn], ...world.options }))
    await world.until(() => listings(following).length === 2, 10_000)
    expect(world.places).toEqual([{ region: 'eu-west-1', account: '123456789012' }])
  })

  it('comes again after the interval, more or less a tenth of it', async () => {
    const world = await awsWorld([clusterOf(1)])
    for (const [random, least] of [
      [0, 90_000],
      [0.5, 100_000],
      [0.999, 109_980],
    ] as const) {
      const following = follow(
        ecsSnapshots({ clusters: ['staging'], intervalMs: 100_000, ...world.options, random: () => random }),
      )
      await world.until(() => listings(following).length === 1)
      const begun = world.clock.now()
      await world.clock.advance(least)
      await world.until(() => listings(following).length === 2)
      // `Date` tells whole seconds.
      expect(listings(following)[1]).toMatchObject({ at: Math.floor((begun + least) / 1000) * 1000 })
      following.unsubscribe()
    }
  })

  it('takes one more snapshot, however often it is refreshed while one is under way', async () => {
    const world = await awsWorld([clusterOf(1)])
    const source = ecsSnapshots({ clusters: ['staging'], intervalMs: 100_000, ...world.options })
    const following = follow(source)
    world.api.inject((operation, n) => {
      if (operation === 'ListTasks' && n === 1) for (let i = 0; i < 5; i++) source.refresh()
      return 'ok'
    })
    await world.until(() => listings(following).length === 2)
    const begun = world.clock.now()
    await world.until(() => listings(following).length === 3, 10_000)
    expect(listings(following)[2]).toMatchObject({ at: begun + 100_000 })
  })

  it('says when each cluster has had a snapshot that began after the refresh', async () => {
    const world = await awsWorld([clusterOf(1), clusterOf(1, 'production')])
    const source = ecsSnapshots({ clusters: ['staging', 'production'], ...world.options })
    const served: ReadonlyMap<string, number>[] = []
    const asked: number[] = []
    world.alter((operation) => {
      // While a snapshot of the one is under way, which does not count.
      if (operation !== 'DescribeTasks' || asked.length > 0) return
      asked.push(following.deliveries.length)
      void source.refreshed().then((orders) => served.push(orders))
    })
    const following = follow(source)
    await world.until(() => served.length > 0, 10)
    const lists = following.events.flatMap((event) => (event._tag === 'TasksListed' ? [event] : []))
    expect(lists.length).toBeGreaterThanOrEqual(3)
    for (const [cluster, order] of served[0]!) {
      const own = lists.filter((list) => list.cluster === cluster)
      expect(own.at(-1)?.order).toBe(order)
      expect(following.state.marks.get(cluster)?.order).toBe(order)
    }
    expect(served[0]?.size).toBe(2)
  })

  it('takes a snapshot at once when it is refreshed between two', async () => {
    const cluster = clusterOf(2)
    const world = await awsWorld([cluster])
    const source = ecsSnapshots({ clusters: ['staging'], ...world.options })
    const following = follow(source)
    await world.until(() => listings(following).length === 1)
    cluster.scale('web', 5)
    cluster.settle()
    source.refresh()
    source.refresh()
    await world.until(() => listings(following).length === 2)
    expect(listed(listings(following)[1])).toHaveLength(5)
  })

  it('stays within its allowance', async () => {
    const world = await awsWorld([clusterOf(1_500)])
    const start = world.clock.now()
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => listings(following).length === 1, 100)
    // 31 calls: 20 at once and 11 at five a second.
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(2_200)
  })

  it('asks where the environment says when it has no clients of its own', async () => {
    const cluster = clusterOf(2)
    const world = await awsWorld([cluster])
    vi.stubEnv('AWS_ENDPOINT_URL_ECS', world.api.url)
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'any')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any')
    const following = follow(ecsSnapshots({ clusters: ['staging'], clock: world.clock }))
    await world.until(() => listings(following).length === 1, 10)
    expect(listed(listings(following)[0])).toEqual(tasksOf(cluster))
    vi.unstubAllEnvs()
  })

  it.each(['hangs', 'waits for its allowance', 'backs off', 'rests'])(
    'completes at once when it is stopped while it %s',
    async (phase) => {
      const world = await awsWorld([clusterOf(1)])
      if (phase === 'hangs') world.api.inject(() => 'hang')
      if (phase === 'backs off') world.api.inject(() => 'throttle')
      const starved = {
        take: (_: number, signal: AbortSignal) => world.clock.sleep(1e9, signal).then(() => false),
      }
      const following = follow(
        ecsSnapshots({
          clusters: ['staging'],
          ...world.options,
          ...(phase === 'waits for its allowance' ? { bucket: () => starved } : {}),
        }),
      )
      await world.until(() => (phase === 'hangs' ? world.api.calls.size > 0 : world.clock.sleeping > 0))
      following.stop()
      await world.until(() => following.completed)
      expect(world.clock.sleeping).toBe(0)
    },
  )

  it('aborts its calls when it is unsubscribed', async () => {
    const world = await awsWorld([clusterOf(1)], () => 'hang')
    const following = follow(ecsSnapshots({ clusters: ['staging'], ...world.options }))
    await world.until(() => world.api.calls.size > 0)
    following.unsubscribe()
    expect(following.notices).toEqual([])
    // The server can close only when no call is open, or it breaks them: nothing may come of that.
    await world.api.close()
    await world.clock.advance(600_000)
    expect(listings(following)).toEqual([])
    expect(world.clock.sleeping).toBe(0)
  })
})
