import { describe, expect, it } from 'vitest'
import { type SimulatedCluster, simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import type { Placement } from '../../sim/ecs/service-spec.js'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { Task } from '../../src/core/task.js'
import { taskDefinitions } from '../../src/sources/ecs-api/lookups/task-definitions.js'
import { awsWorld, follow, listedState, settled } from './aws-world.js'

const clusterOf = (count: number, placement: Placement = 'fargate', services = ['web']): SimulatedCluster =>
  settled(
    simulatedCluster({
      seed: 3,
      name: 'staging',
      instances: { ec2: 4 },
      services: services.map((name) => ({
        name,
        placement,
        desiredCount: count,
        sidecar: true,
        dockerLabels: { 'traefik.enable': 'true' },
        environment: { SERVICE_8080_NAME: '_web._tcp', DATABASE_PASSWORD: 'secret' },
      })),
    }),
  )

const firstTask = (state: ClusterState): Task => [...state.tasks.values()][0]!

const withTasks = (state: ClusterState, ...tasks: readonly Task[]): ClusterState => ({
  ...state,
  tasks: tasks.reduce((all, task) => all.set(task.arn, task), state.tasks),
})

const calls = 'DescribeTaskDefinition'

describe('taskDefinitions', () => {
  it('asks once for each revision, however many tasks run it', async () => {
    const cluster = clusterOf(334, 'fargate', ['web', 'api', 'shop'])
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    expect(state.tasks.size).toBe(1_002)
    const following = follow(taskDefinitions(world.options), state)
    await world.until(() => following.state.definitions.size === 3, 100)
    expect(world.api.calls.get(calls)).toBe(3)
    expect(following.events).toHaveLength(3)
    expect(following.notices).toEqual([])
  })

  it('emits images, ports, labels and SERVICE_ variables, and no other variable', async () => {
    const cluster = clusterOf(1)
    const world = await awsWorld([cluster])
    const following = follow(taskDefinitions(world.options), await listedState(world, cluster))
    await world.until(() => following.deliveries.length === 1)
    expect(following.events).toEqual([
      {
        _tag: 'DefinitionDescribed',
        definition: {
          arn: cluster.definitions()[0]?.arn,
          networkMode: 'awsvpc',
          containers: [
            {
              name: 'web',
              image: expect.stringContaining('/web:') as string,
              ports: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp', count: 1 }],
              labels: { 'traefik.enable': 'true' },
              environment: { SERVICE_8080_NAME: '_web._tcp' },
            },
            {
              name: 'statsd',
              image: 'public.ecr.aws/simulated/statsd:1.4',
              ports: [{ containerPort: 8125, hostPort: 8125, protocol: 'udp', count: 1 }],
              labels: {},
              environment: {},
            },
          ],
        },
      },
    ])
  })

  it('asks for definitions of tasks with bindings only when it is made for all', async () => {
    const cluster = clusterOf(5, 'bridge')
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    const unbound = {
      ...firstTask(state),
      definition: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/none:1',
    }
    const bare = { ...unbound, containers: unbound.containers.map((each) => ({ ...each, bindings: [] })) }

    // The refusal of the one that does need its definition shows that the others were passed over.
    const some = follow(taskDefinitions(world.options), withTasks(state, bare))
    await world.until(() => some.failures.length === 1)
    expect(world.api.calls.get(calls)).toBe(1)
    some.unsubscribe()

    const all = follow(taskDefinitions({ for: 'all', ...world.options }), state)
    await world.until(() => all.state.definitions.size === 1)
    expect(world.api.calls.get(calls)).toBe(2)
  })

  it('asks for the definitions of the selected tasks only', async () => {
    const cluster = clusterOf(2, 'fargate', ['web', 'api', 'shop'])
    const world = await awsWorld([cluster])
    const only = ({ group }: { readonly group: string | undefined }): boolean => group === 'service:api'
    const following = follow(taskDefinitions({ only, ...world.options }), await listedState(world, cluster))
    await world.until(() => following.deliveries.length === 1)
    await world.clock.advance(60_000)
    expect(world.api.calls.get(calls)).toBe(1)
    expect([...following.state.definitions.values()].map(({ arn }) => arn)).toEqual([
      expect.stringContaining('/api:1'),
    ])
  })

  it('never asks again for what was forgotten: it remembers', async () => {
    const cluster = clusterOf(2)
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    const following = follow(taskDefinitions(world.options), state)
    await world.until(() => following.deliveries.length === 1)
    following.know(emptyState)
    following.know(state)
    await world.until(() => following.deliveries.length === 2)
    following.know({ ...following.state, definitions: PersistentMap.empty() })
    await world.until(() => following.deliveries.length === 3)
    expect(following.state.definitions.size).toBe(1)
    expect(world.api.calls.get(calls)).toBe(1)
  })

  it('reports a definition that does not exist, gives up within a minute, and blocks no other', async () => {
    const cluster = clusterOf(3, 'fargate', ['web', 'api'])
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    const missing = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/gone:7'
    const stranger = { ...firstTask(state), arn: `${firstTask(state).arn}x`, definition: missing }
    const following = follow(taskDefinitions(world.options), withTasks(state, stranger))
    await world.until(() => following.state.definitions.size === 2, 10)
    await world.until(() => following.failures.length === 1, 10)
    const start = world.clock.now()
    await world.until(() => following.state.refusals.has(missing), 500)
    expect(world.clock.now() - start).toBeLessThan(65_000)
    expect(world.api.calls.get(calls)).toBe(2 + 3)
    expect(following.state.refusals.get(missing)?.reason).toContain(
      `${missing}: ClientException: Unable to describe task definition.`,
    )
    expect(following.failures).toMatchObject([
      { operation: calls, retryIn: 15_000, error: { message: expect.stringContaining(missing) as string } },
      { operation: calls, retryIn: 1_350_000, error: { name: 'ClientException, final' } },
    ])
    // Nobody hears of it again, though it is asked for now and then.
    await world.clock.advance(3_600_000)
    await world.until(() => (world.api.calls.get(calls) ?? 0) >= 6)
    expect(following.failures).toHaveLength(2)
  })

  it('heals a definition that could be read at last, hours later', async () => {
    const cluster = clusterOf(1)
    const world = await awsWorld([cluster], (operation) => (operation === calls ? 'denied' : 'ok'))
    const following = follow(taskDefinitions(world.options), await listedState(world, cluster))
    await world.until(() => following.state.refusals.size === 1, 500)
    world.api.inject(() => 'ok')
    const start = world.clock.now()
    await world.until(() => following.state.definitions.size === 1, 1_000)
    expect(world.clock.now() - start).toBeLessThan(1_900_000)
  })

  it.each([
    ['nonsense', 'is not the ARN of a task definition'],
    ['arn:aws:ecs:eu-west-1:123456789012:cluster/staging', 'is not the ARN of a task definition'],
    ['arn:aws:ecs:eu-west-1:999999999999:task-definition/web:1', 'another account or region'],
    ['arn:aws:ecs:us-east-1:123456789012:task-definition/web:1', 'another account or region'],
    ['arn:aws-cn:ecs:eu-west-1:123456789012:task-definition/web:1', 'another account or region'],
  ])('refuses at once, and never asks for, %s', async (definition, why) => {
    const cluster = clusterOf(1)
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    const task = { ...firstTask(state), definition }
    const following = follow(taskDefinitions({ for: 'all', ...world.options }), {
      ...state,
      tasks: PersistentMap.empty<Task>().set(task.arn, task),
    })
    await world.clock.advance(0)
    expect(following.state.refusals.get(definition)?.reason).toContain(why)
    await world.clock.advance(3_600_000)
    expect(world.api.calls.get(calls)).toBeUndefined()
    expect(following.events).toHaveLength(1)
  })

  it('knows of a managed daemon, without a call, that it offers nothing', async () => {
    const cluster = settled(
      simulatedCluster({
        seed: 3,
        instances: { ec2: 1 },
        services: [
          { name: 'log-agent', placement: 'daemon', desiredCount: 1 },
          { name: 'web', placement: 'fargate', desiredCount: 1 },
        ],
      }),
    )
    const world = await awsWorld([cluster])
    const following = follow(
      taskDefinitions({ for: 'all', ...world.options }),
      await listedState(world, cluster),
    )
    await world.until(() => following.state.definitions.size === 2)
    expect(world.api.calls.get(calls)).toBe(1)
    const daemon = [...following.state.definitions.values()].find(({ arn }) => arn.includes('daemon'))
    expect(daemon?.containers).toEqual([])
    expect(following.notices).toEqual([])
  })

  it('says once that all is denied, and keeps no task waiting for what it has not asked for', async () => {
    const services = Array.from({ length: 80 }, (_, i) => `service-${i}`)
    const cluster = clusterOf(1, 'fargate', services)
    const world = await awsWorld([cluster], (operation) => (operation === calls ? 'denied' : 'ok'))
    const state = await listedState(world, cluster)
    const start = world.clock.now()
    const following = follow(taskDefinitions(world.options), state)
    await world.until(() => following.state.refusals.size === 80, 500)
    expect(world.clock.now() - start).toBeLessThan(120_000)
    expect(world.clock.now() - start).toBeGreaterThan(29_000)
    expect(following.failures.length).toBeLessThan(6)
    expect(following.failures.at(-1)?.error.message).toContain('is denied for all lookups')
    // With the permission comes everything, though the next question is a while away.
    world.api.inject(() => 'ok')
    await world.until(() => following.state.definitions.size === 80, 1_000)
    expect(world.clock.now() - start).toBeLessThan(2_100_000)
  })

  it('keeps asking while everything is throttled, and gets there', async () => {
    const cluster = clusterOf(2, 'fargate', ['web', 'api', 'shop', 'blog', 'mail', 'docs'])
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    world.api.inject(() => 'throttle')
    const following = follow(taskDefinitions(world.options), state)
    await world.until(() => following.failures.length >= 20, 500)
    expect(following.deliveries).toEqual([])
    world.api.inject((_, n) => (n % 2 === 0 ? 'throttle' : 'ok'))
    await world.until(() => following.state.definitions.size === 6, 500)
    expect(new Set([...following.state.definitions.values()].map(({ arn }) => arn))).toEqual(
      new Set(cluster.definitions().map(({ arn }) => arn)),
    )
  })

  it('stays within its allowance', async () => {
    const services = Array.from({ length: 30 }, (_, i) => `service-${i}`)
    const cluster = clusterOf(1, 'fargate', services)
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    const start = world.clock.now()
    const following = follow(taskDefinitions(world.options), state)
    await world.until(() => following.state.definitions.size === 30, 50)
    // Ten at once, and twenty more at four a second.
    expect(world.clock.now() - start).toBeGreaterThanOrEqual(5_000)
    expect(world.api.calls.get(calls)).toBe(30)
  })

  it('completes at once when it is stopped in the middle of its calls', async () => {
    const cluster = clusterOf(1, 'fargate', ['web', 'api'])
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    world.api.inject(() => 'hang')
    const following = follow(taskDefinitions(world.options), state)
    await world.until(() => world.api.calls.get(calls) === 2)
    following.stop()
    await world.until(() => following.completed)
    expect(following.notices).toEqual([])
    expect(world.clock.sleeping).toBe(0)
  })
})
