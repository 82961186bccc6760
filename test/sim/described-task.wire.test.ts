import { DescribeTasksCommand, ECSClient } from '@aws-sdk/client-ecs'
import { expect, it, onTestFinished } from 'vitest'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { taskDescription } from '../../src/testing/ecs-model/task-description.js'

it('is what the SDK reads from the wire: what `describedTask` says has the type of the SDK', async () => {
  const cluster = simulatedCluster({
    seed: 3,
    services: [
      { name: 'web', placement: 'fargate', desiredCount: 1, dualStack: true },
      { name: 'api', placement: 'bridge', desiredCount: 1, sidecar: true },
    ],
    instances: { ec2: 1 },
  })
  cluster.start()
  cluster.settle()
  cluster.scale('web', 0)
  cluster.settle()
  const api = await awsApi([cluster])
  onTestFinished(() => api.close())
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const client = new ECSClient({ endpoint: api.url, region: 'eu-west-1', credentials })
  onTestFinished(() => client.destroy())

  const tasks = cluster.tasks()
  const asked = new DescribeTasksCommand({ cluster: cluster.name, tasks: tasks.map(({ arn }) => arn) })
  expect((await client.send(asked)).tasks).toEqual(
    tasks.map((task) => taskDescription(task.facts(), (at) => new Date(at))),
  )
})
