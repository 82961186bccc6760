/** `taskDefinitions()` looks up what the policy of its worker needs, over the wire. */
import { type Policy, run, servicePorts, traefikLabels } from 'ecs-task-stream'
import { ecsSnapshots } from 'ecs-task-stream/sources/ecs-snapshots'
import { instanceAddresses } from 'ecs-task-stream/sources/instance-addresses'
import { taskDefinitions } from 'ecs-task-stream/sources/task-definitions'
import { expect, it, onTestFinished } from 'vitest'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { awsWorld, settled } from '../sources/aws-world.js'

const labels = { 'traefik.enable': 'true', 'traefik.http.routers.web.rule': 'Host(`example.com`)' }

const cluster = settled(
  simulatedCluster({
    seed: 11,
    name: 'staging',
    instances: { ec2: 2 },
    services: [
      { name: 'web', placement: 'bridge', desiredCount: 3, dockerLabels: labels },
      { name: 'api', placement: 'bridge', desiredCount: 2, dockerLabels: labels },
      { name: 'shop', placement: 'fargate', desiredCount: 2, dockerLabels: labels },
    ],
  }),
)

const quiet: Policy = { expose: () => ({ _tag: 'Ports', ports: [] }), needs: 'none' }

it.each([
  ['all of them under traefikLabels, in bridge mode too', traefikLabels(), ['api:1', 'shop:1', 'web:1']],
  ['only those of tasks without bindings under servicePorts', servicePorts(), ['shop:1']],
  ['none under a policy that needs nothing', quiet, []],
] as const)('taskDefinitions asks for %s, and the worker becomes complete', async (_, expose, asked) => {
  const world = await awsWorld([cluster])
  const { clients, clock } = world
  const worker = run(
    {
      sources: [
        ecsSnapshots({ clusters: ['staging'], clients }),
        instanceAddresses({ clients }),
        taskDefinitions({ clients }),
      ],
      sinks: [],
      expose,
    },
    { clock, random: () => 0.5 },
  )
  let complete = false
  let definitions: readonly string[] = []
  worker.desired$.subscribe((desired) => {
    complete =
      desired.complete &&
      desired.unresolved.size === 0 &&
      [...desired.backends.values()].every((backend) => backend.complete)
  })
  worker.state$.subscribe((state) => {
    definitions = [...state.definitions.keys()].map((arn) => arn.slice(arn.lastIndexOf('/') + 1)).sort()
  })
  onTestFinished(async () => {
    let stopped = false
    void worker.stop().then(() => (stopped = true))
    await world.until(() => stopped, 50)
  })
  await world.until(() => complete, 50)
  await clock.advance(10_000)
  expect(definitions).toEqual(asked)
  expect(world.api.calls.get('DescribeTaskDefinition') ?? 0).toBe(asked.length)
  expect(complete).toBe(true)
})
