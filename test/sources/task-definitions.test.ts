import { describe, expect, it } from 'vitest'
import { type SimulatedCluster, simulatedCluster } from '../../sim/simulated-cluster.js'
import type { Placement } from '../../sim/simulated-service.js'
import { type ClusterState, emptyState } from '../../src/core/cluster-state.js'
import { PersistentMap } from '../../src/core/persistent-map.js'
import type { Task } from '../../src/core/task.js'
import { taskDefinitions } from '../../src/sources/task-definitions.js'
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

  it('tells images, ports, labels and SERVICE_ variables, and no other variable', async () => {
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

  it('reports a definition that does not exist, asks again less and less often, and holds up no other', async () => {
    const cluster = clusterOf(3, 'fargate', ['web', 'api'])
    const world = await awsWorld([cluster])
    const state = await listedState(world, cluster)
    const missing = 'arn:aws:ecs:eu-west-1:123456789012:task-definition/gone:7'
    const stranger = { ...firstTask(state), arn: `${firstTask(state).arn}x`, definition: missing }
    const following = follow(taskDefinitions(world.options), withTasks(state, stranger))
    await world.until(() => following.state.definitions.size === 2, 10)
    await world.until(() => following.failures.length === 4, 500)
    expect(following.failures.map(({ retryIn }) => retryIn)).toEqual([7_500, 10_000, 15_000, 25_000])
    for (const { operation, error } of following.failures) {
      expect(operation).toBe(`DescribeTaskDefinition ${missing}`)
      expect(error.message).toContain('ClientException: Unable to describe task definition.')
    }
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
