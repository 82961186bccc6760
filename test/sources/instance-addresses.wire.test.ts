import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallOutcome } from '../../sim/aws-api/aws-api.js'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { Placement } from '../../sim/ecs/service-spec.js'
import { type InstanceArn, placeOf } from '../../src/core/arn.js'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import type { Addresses } from '../../src/core/addresses.js'
import type { ClusterEvent } from '../../src/core/event.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { Task } from '../../src/core/task.js'
import { resourceReads } from '../../src/sources/ecs-api/clients/ecs-client.js'
import { instanceAddresses } from '../../src/sources/ecs-api/lookups/instance-addresses.js'
import { awsWorld, follow, listedState, settled } from './aws-world.js'

interface Size {
  readonly tasks: number
  readonly instances: number
}

const clusterOf = (
  { tasks, instances }: Size,
  placement: Placement = 'bridge',
  name = 'staging',
): SimulatedCluster =>
  settled(
    simulatedCluster({
      seed: 7,
      name,
      instances: { [placement === 'external' ? 'external' : 'ec2']: instances },
      services: [{ name: 'web', placement, desiredCount: tasks }],
    }),
  )

/** The addresses of the machines that the cluster's tasks run on, as they are. */
const truth = (cluster: SimulatedCluster): ReadonlyMap<InstanceArn, Addresses> =>
  new Map(
    cluster
      .instances()
      .filter(({ tasks }) => tasks.size > 0)
      .map(({ arn, privateIp, ipv6 }) => [arn, { ipv4: privateIp, ipv6 }]),
  )

const known = (state: ClusterState): ReadonlyMap<InstanceArn, Addresses> =>
  new Map([...state.instances].map(([arn, { addresses }]) => [arn, addresses]))

const described = (events: readonly ClusterEvent[]): readonly InstanceArn[] =>
  events.flatMap((event) => (event._tag === 'InstanceDescribed' ? [event.instance] : []))

const firstTask = (state: ClusterState): Task => [...state.tasks.values()][0]!

const withTasks = (state: ClusterState, ...tasks: readonly Task[]): ClusterState => ({
  ...state,
  tasks: tasks.reduce((all, task) => all.set(task.arn, task), state.tasks),
})

interface DescribedReservations {
  readonly Reservations: { readonly Instances: { PrivateIpAddress?: string; Ipv6Address?: string }[] }[]
}

interface ContainerInstances {
  readonly containerInstances: { ec2InstanceId: string }[]
}

describe('instanceAddresses', () => {
  it('asks once for each distinct instance, 100 a call', async () => {
    const cluster = clusterOf({ tasks: 900, instances: 250 })
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    const following = follow(instanceAddresses(world.options), state)
    const instances = truth(cluster)
    expect(instances.size).toBeGreaterThan(200)
    await world.until(() => following.state.instances.size === instances.size, 100)
    expect(known(following.state)).toEqual(instances)
    expect(described(following.events)).toHaveLength(instances.size)
    expect(following.deliveries).toHaveLength(3)
    expect(world.api.calls.get('DescribeContainerInstances')).toBe(3)
    expect(world.api.calls.get('DescribeInstances')).toBe(3)
    expect(world.api.calls.get('DescribeInstanceInformation')).toBeUndefined()
    expect(following.notices).toEqual([])
  })

  it('finds external instances through Systems Manager, 50 a call', async () => {
    const cluster = clusterOf({ tasks: 500, instances: 80 }, 'external')
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    const following = follow(instanceAddresses(world.options), state)
    await world.until(() => following.state.instances.size === truth(cluster).size, 100)
    expect(known(following.state)).toEqual(truth(cluster))
    expect(world.api.calls.get('DescribeInstanceInformation')).toBe(2)
    expect(world.api.calls.get('DescribeInstances')).toBeUndefined()
  })

  it.each(['bridge', 'external'] as const)('says which machines %s tasks run on', async (placement) => {
    const cluster = clusterOf({ tasks: 20, instances: 4 }, placement)
    const world = await awsWorld([cluster])
    const following = follow(instanceAddresses(world.options), await listedState(world, cluster))
    await world.until(() => following.state.instances.size === truth(cluster).size, 100)
    expect(new Map([...following.state.instances].map(([arn, { machine }]) => [arn, machine]))).toEqual(
      new Map(
        cluster
          .instances()
          .filter(({ tasks }) => tasks.size > 0)
          .map(({ arn, machineId: id, availabilityZone: zone, privateIp, slot }) => [
            arn,
            placement === 'external'
              ? { id, type: undefined, zone: undefined, hostName: `host-${slot}` }
              : {
                  id,
                  type: 'm6i.large',
                  zone,
                  hostName: `ip-${privateIp.replaceAll('.', '-')}.eu-west-1.compute.internal`,
                },
          ]),
      ),
    )
  })

  it('asks for the instances of tasks with an interface of their own only when it is configured so', async () => {
    const cluster = clusterOf({ tasks: 3, instances: 1 }, 'awsvpc')
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    const following = follow(instanceAddresses({ ...world.options, for: 'all' }), listed)
    await world.until(() => following.state.instances.size === 1, 100)
    expect(known(following.state)).toEqual(truth(cluster))
  })

  it('asks for the instances of the selected tasks only', async () => {
    const cluster = clusterOf({ tasks: 40, instances: 10 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    const { arn, instance } = firstTask(listed)
    const only = (task: { readonly arn: string }): boolean => task.arn === arn
    const following = follow(instanceAddresses({ only, ...world.options }), listed)
    await world.until(() => following.deliveries.length === 1)
    await world.clock.advance(60_000)
    expect(described(following.events)).toEqual([instance])
  })

  it('asks for nothing that no running task needs', async () => {
    const cluster = clusterOf({ tasks: 3, instances: 2 })
    const world = await awsWorld([cluster, clusterOf({ tasks: 3, instances: 1 }, 'awsvpc', 'own-interface')])
    const listed = await listedState(world, cluster)
    const following = follow(instanceAddresses(world.options))
    for (const task of listed.tasks.values()) {
      following.know(withTasks(emptyState, { ...task, lastStatus: 'PENDING' }))
      following.know(withTasks(emptyState, { ...task, desiredStatus: 'STOPPED' }))
      following.know(withTasks(emptyState, { ...task, instance: undefined }))
      following.know(
        withTasks(emptyState, { ...task, interface: { version: 1, ipv4: '10.0.0.1', ipv6: undefined } }),
      )
    }
    // What is needed comes last, and is the first that is asked for.
    following.know(listed)
    await world.until(() => following.state.instances.size === truth(cluster).size, 100)
    expect(world.api.calls.get('DescribeContainerInstances')).toBe(1)
  })

  it('asks for what comes while a call is under way in one next call', async () => {
    const cluster = clusterOf({ tasks: 60, instances: 20 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    const following = follow(instanceAddresses(world.options))
    following.know(withTasks(following.state, firstTask(listed)))
    await world.until(() => world.api.calls.get('DescribeContainerInstances') === 1)
    for (const task of listed.tasks.values()) following.know(withTasks(following.state, task))
    await world.until(() => following.state.instances.size === truth(cluster).size, 100)
    expect(world.api.calls.get('DescribeContainerInstances')).toBe(2)
    expect(known(following.state)).toEqual(truth(cluster))
  })

  it('asks in the region and account of each task', async () => {
    const cluster = clusterOf({ tasks: 1, instances: 1 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    const following = follow(instanceAddresses(world.options), listed)
    const elsewhere = (arn: string): string => arn.replace('eu-west-1:123456789012', 'us-east-2:210987654321')
    const task = firstTask(listed)
    following.know(
      withTasks(listed, {
        ...task,
        arn: elsewhere(task.arn),
        cluster: elsewhere(task.cluster),
        instance: elsewhere(task.instance ?? ''),
      }),
    )
    await world.until(() => following.state.instances.size === 1)
    expect(world.places).toContainEqual({ region: 'us-east-2', account: '210987654321' })
  })

  it.each(['i-0123456789abcdef0', 'i-nonsense'])(
    'asks again without %s when EC2 refuses it, and for it later',
    async (bad) => {
      const cluster = clusterOf({ tasks: 30, instances: 5 })
      const world = await awsWorld([cluster])
      const listed = await listedState(world, cluster)
      world.alter((operation, output) => {
        if (operation !== 'DescribeContainerInstances') return
        const [first] = (output as ContainerInstances).containerInstances
        if (first !== undefined) first.ec2InstanceId = bad
      })
      const following = follow(instanceAddresses(world.options), listed)
      await world.until(() => following.failures.length === 1, 10)
      expect(following.state.instances.size).toBe(4)
      for (const [arn, addresses] of known(following.state))
        expect(truth(cluster).get(arn)).toEqual(addresses)
      expect(following.failures[0]).toMatchObject({ operation: 'DescribeInstances', retryIn: 15_000 })
      expect(following.failures[0]?.error.message).toContain(`no address of ${bad}`)
      const again = world.clock.now()
      await world.until(() => following.state.refusals.size === 1, 500)
      expect(world.clock.now() - again).toBeGreaterThanOrEqual(45_000)
      expect(following.failures).toHaveLength(2)
    },
  )

  it('reports instances that ECS does not know, and gives them up within a minute', async () => {
    const cluster = clusterOf({ tasks: 10, instances: 3 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    const strangers = ['a', 'b'].map((id) => ({
      ...firstTask(listed),
      arn: `${firstTask(listed).arn}${id}`,
      instance: `${firstTask(listed).instance ?? ''}${id}`,
    }))
    const following = follow(instanceAddresses(world.options), withTasks(listed, ...strangers))
    await world.until(() => following.state.refusals.size === 2, 1_000)
    expect(known(following.state)).toEqual(truth(cluster))
    expect(following.failures.map(({ retryIn }) => retryIn)).toEqual([15_000, 1_350_000])
    for (const { operation, error } of following.failures) {
      expect(operation).toBe('DescribeContainerInstances')
      for (const { instance } of strangers) expect(error.message).toContain(instance)
    }
  })

  it.each([
    [
      'arn:aws:ecs:eu-west-1:123456789012:container-instance/other/0123456789abcdef0123456789abcdef',
      'cluster',
    ],
    [
      'arn:aws:ecs:eu-west-1:999999999999:container-instance/staging/0123456789abcdef0123456789abcdef',
      'cluster',
    ],
    [
      'arn:aws:ecs:us-east-1:123456789012:container-instance/staging/0123456789abcdef0123456789abcdef',
      'cluster',
    ],
    ['arn:aws:ecs:eu-west-1:123456789012:container-instance/staging/0 1', 'not the ARN'],
  ])('refuses at once, and never asks for, %s', async (instance, why) => {
    const cluster = clusterOf({ tasks: 1, instances: 1 })
    const world = await awsWorld([cluster])
    const task = { ...firstTask(await listedState(world, cluster)), instance }
    const places = world.places.length
    const following = follow(instanceAddresses(world.options), withTasks(emptyState, task))
    await world.clock.advance(3_600_000)
    expect(following.state.refusals.get(instance)?.reason).toContain(why)
    expect(world.api.calls.get('DescribeContainerInstances')).toBeUndefined()
    expect(world.places).toHaveLength(places)
  })

  it('finds the one for which ECS refuses a whole call, and refuses no other', async () => {
    const cluster = clusterOf({ tasks: 60, instances: 20 })
    const poison = 'c0ffee00c0ffee00c0ffee00c0ffee00'
    const world = await awsWorld([cluster], (operation, _n, asked) =>
      operation === 'DescribeContainerInstances' && asked.includes(poison) ? 'invalid' : 'ok',
    )
    const listed = await listedState(world, cluster)
    const first = firstTask(listed)
    const instance = (first.instance ?? '').replace(/[^/]+$/, poison)
    const bad = { ...first, arn: `${first.arn}x`, instance }
    const following = follow(instanceAddresses(world.options), withTasks(listed, bad))
    await world.until(
      () => following.state.instances.size === truth(cluster).size && following.state.refusals.size > 0,
      100,
    )
    expect([...following.state.refusals].map(([key]) => key)).toEqual([instance])
  })

  it('offers no address that a machine cannot have', async () => {
    const cluster = clusterOf({ tasks: 10, instances: 3 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    const [one, two] = [...truth(cluster)]
    const lies = ['169.254.169.254', '224.0.0.1']
    world.alter((operation, output) => {
      if (operation !== 'DescribeInstances') return
      for (const { Instances } of (output as DescribedReservations).Reservations)
        for (const machine of Instances) {
          const lie = lies.pop()
          if (lie === undefined) continue
          machine.PrivateIpAddress = lie
          delete machine.Ipv6Address
        }
    })
    const following = follow(instanceAddresses(world.options), listed)
    await world.until(() => following.failures.length > 0)
    expect([one, two]).toHaveLength(2)
    expect(following.state.instances.size).toBe(1)
    expect(JSON.stringify([...following.state.instances])).not.toMatch(/169\.254|224\.0/)
  })

  it('is shown Managed Instances that the account hides', async () => {
    const cluster = settled(
      simulatedCluster({
        seed: 7,
        name: 'staging',
        hidden: true,
        instances: { ec2: 2 },
        services: [{ name: 'web', placement: 'bridge', desiredCount: 6 }],
      }),
    )
    const world = await awsWorld([cluster])
    const following = follow(instanceAddresses(world.options), await listedState(world, cluster))
    await world.until(() => following.state.instances.size === truth(cluster).size)
    expect(known(following.state)).toEqual(truth(cluster))
  })

  it('stops asking for an instance that is no longer needed', async () => {
    const cluster = clusterOf({ tasks: 1, instances: 1 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    const task = { ...firstTask(listed), instance: `${firstTask(listed).instance ?? ''}x` }
    const following = follow(instanceAddresses(world.options), withTasks(emptyState, task))
    await world.until(() => following.failures.length === 1)
    following.know(withTasks(emptyState, { ...task, lastStatus: 'STOPPED' }))
    await world.clock.advance(3_600_000)
    expect(world.clock.sleeping).toBe(0)
    expect(following.failures).toHaveLength(1)
    expect(world.api.calls.get('DescribeContainerInstances')).toBe(1)
  })

  it('asks again for an instance that was forgotten and is needed again, but not where it runs', async () => {
    const cluster = clusterOf({ tasks: 4, instances: 1 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    const following = follow(instanceAddresses(world.options), listed)
    await world.until(() => following.state.instances.size === 1)
    following.know({ ...emptyState, marks: listed.marks })
    following.know(listed)
    await world.until(() => following.deliveries.length === 2)
    following.know({ ...following.state, instances: PersistentMap.empty() })
    await world.until(() => following.deliveries.length === 3)
    expect(known(following.state)).toEqual(truth(cluster))
    expect(world.api.calls.get('DescribeInstances')).toBe(3)
    expect(world.api.calls.get('DescribeContainerInstances')).toBe(1)
  })

  it('keeps asking while everything is throttled, says only what is true, and gets there', async () => {
    const cluster = clusterOf({ tasks: 60, instances: 20 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    world.api.inject(() => 'throttle')
    const following = follow(instanceAddresses(world.options), listed)
    const start = world.clock.now()
    await world.until(() => following.failures.length === 12, 500)
    expect(following.deliveries).toEqual([])
    const waits = following.failures.slice(0, -1).reduce((sum, { retryIn = 0 }) => sum + retryIn, 0)
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(waits)
    expect(following.failures.every(({ retryIn = 0 }) => retryIn <= 30_000)).toBe(true)
    expect(following.failures.at(-1)?.retryIn).toBe(15_000)
    world.api.inject(() => 'ok')
    await world.until(() => following.state.instances.size === truth(cluster).size, 500)
    expect(known(following.state)).toEqual(truth(cluster))
  })

  it('gets there whichever calls fail, and is never wrong', async () => {
    const bridge = clusterOf({ tasks: 30, instances: 10 })
    const external = clusterOf({ tasks: 30, instances: 10 }, 'external', 'on-premises')
    const world = await awsWorld([bridge, external])
    const states = [await listedState(world, bridge), await listedState(world, external)]
    const listed = withTasks(emptyState, ...states.flatMap((state) => [...state.tasks.values()]))
    const wanted = new Map([...truth(bridge), ...truth(external)])
    const outcome = fc.constantFrom<CallOutcome>('ok', 'throttle', 'error500', 'drop')
    await fc.assert(
      fc.asyncProperty(fc.array(outcome, { maxLength: 30 }), async (outcomes) => {
        let calls = 0
        world.api.inject(() => outcomes[calls++] ?? 'ok')
        const following = follow(instanceAddresses(world.options), listed)
        await world.until(() => following.state.instances.size === wanted.size, 500)
        following.unsubscribe()
        expect(known(following.state)).toEqual(wanted)
      }),
      { numRuns: 25 },
    )
  })

  it('shares the allowance of the snapshots in its account and region', async () => {
    const cluster = clusterOf({ tasks: 5, instances: 2 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    await world.clock.advance(60_000)
    await resourceReads(world.clock)(placeOf(cluster.arn)).take(20, new AbortController().signal)
    const start = world.clock.now()
    const following = follow(instanceAddresses(world.options), listed)
    await world.until(() => following.deliveries.length === 1, 10)
    // One token comes back in a fifth of a second.
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(200)
  })

  it('lets no cluster wait for another', async () => {
    const staging = clusterOf({ tasks: 5, instances: 2 })
    const other = clusterOf({ tasks: 5, instances: 2 }, 'bridge', 'other')
    const world = await awsWorld([staging, other])
    const [one, two] = [await listedState(world, staging), await listedState(world, other)]
    world.api.inject((operation, n) =>
      operation === 'DescribeContainerInstances' && n === 1 ? 'hang' : 'ok',
    )
    const following = follow(instanceAddresses(world.options), one)
    await world.until(() => world.api.calls.get('DescribeContainerInstances') === 1)
    following.know(withTasks(one, ...two.tasks.values()))
    await world.until(() => following.state.instances.size === truth(other).size)
    expect(known(following.state)).toEqual(truth(other))
  })

  it('completes at once when it is stopped in the middle of a call', async () => {
    const cluster = clusterOf({ tasks: 5, instances: 2 })
    const world = await awsWorld([cluster])
    const listed = await listedState(world, cluster)
    world.api.inject(() => 'hang')
    const following = follow(instanceAddresses(world.options), listed)
    await world.until(() => world.api.calls.get('DescribeContainerInstances') === 1)
    following.stop()
    await world.until(() => following.completed)
    expect(following.notices).toEqual([])
    expect(world.clock.sleeping).toBe(0)
  })
})
