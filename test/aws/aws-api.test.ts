/** What ECS and EC2 say of what is not there, at moto and at the account that our other tests run against. */
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2'
import {
  CreateClusterCommand,
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
} from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { type Candidate, lawsFor } from './candidates.js'
import { settings } from './moto-cluster.js'
import { moto } from './witnesses.js'

/** A cluster `staging` that nothing runs on. */
interface Api {
  readonly ecs: ECSClient
  readonly ec2: EC2Client
  readonly machine: string
  readonly close: () => Promise<void>
}

const apis: readonly Candidate<Api>[] = [
  {
    name: 'moto',
    open: async () => {
      await moto.empty()
      const ecs = new ECSClient(settings)
      const ec2 = new EC2Client(settings)
      await ecs.send(new CreateClusterCommand({ clusterName: 'staging' }))
      const { Instances = [] } = await ec2.send(
        new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: 1, MaxCount: 1 }),
      )
      return { ecs, ec2, machine: Instances[0]?.InstanceId ?? '', close: () => Promise.resolve() }
    },
    deviations: {
      'a task that there is not': 'moto leaves it out of tasks and of failures',
      'more than 100 tasks': 'moto describes any number',
      'a container instance that there is not': 'moto answers 500 for a cluster that never had one',
      'a list of tasks comes in pages': 'moto ignores maxResults and nextToken',
      'an id that is malformed': 'moto says that there is none such',
      'several machines that there are not': 'moto names the last one',
    },
  },
  {
    name: 'the simulated account',
    open: async () => {
      const cluster = simulatedCluster({ seed: 1, name: 'staging', instances: { ec2: 1 }, services: [] })
      const api = await awsApi([cluster])
      const own = { ...settings, endpoint: api.url }
      const [machine] = cluster.instances()
      return {
        ecs: new ECSClient(own),
        ec2: new EC2Client(own),
        machine: machine?.machineId ?? '',
        close: () => api.close(),
      }
    },
  },
]

describe.each(apis)('what is not there, at $name:', (candidate) => {
  const law = lawsFor(candidate)
  let api: Api
  beforeAll(async () => {
    api = await candidate.open()
  })
  afterAll(async () => {
    api.ecs.destroy()
    api.ec2.destroy()
    await api.close()
  })
  const id = '0123456789abcdef0123456789abcdef'
  const cluster = 'staging'
  const describeMachines = (...InstanceIds: string[]) =>
    api.ec2.send(new DescribeInstancesCommand({ InstanceIds }))

  law('a cluster is MISSING when it is described', async () => {
    const { clusters, failures } = await api.ecs.send(new DescribeClustersCommand({ clusters: ['nowhere'] }))
    expect(clusters).toEqual([])
    expect(failures).toMatchObject([
      { arn: expect.stringMatching(/:cluster\/nowhere$/) as string, reason: 'MISSING' },
    ])
  })

  law('a cluster whose tasks are asked for is not found', async () => {
    const notFound = { name: 'ClusterNotFoundException' }
    const listed = api.ecs.send(new ListTasksCommand({ cluster: 'nowhere' }))
    await expect(listed).rejects.toMatchObject(notFound)
    const described = api.ecs.send(new DescribeTasksCommand({ cluster: 'nowhere', tasks: [id] }))
    await expect(described).rejects.toMatchObject(notFound)
  })

  law('a task that there is not is MISSING', async () => {
    const { tasks, failures } = await api.ecs.send(new DescribeTasksCommand({ cluster, tasks: [id] }))
    expect(tasks).toEqual([])
    expect(failures).toMatchObject([{ arn: expect.stringContaining(id) as string, reason: 'MISSING' }])
  })

  law('no tasks at all cannot be described', async () => {
    await expect(api.ecs.send(new DescribeTasksCommand({ cluster, tasks: [] }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
  })

  law('more than 100 tasks cannot be described', async () => {
    const tasks = Array.from({ length: 101 }, (_, n) => String(n).padStart(32, '0'))
    await expect(api.ecs.send(new DescribeTasksCommand({ cluster, tasks }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
  })

  law('a list of tasks comes in pages of 100 at most, and of which a token must be known', async () => {
    for (const page of [{ maxResults: 101 }, { nextToken: 'invented' }])
      await expect(api.ecs.send(new ListTasksCommand({ cluster, ...page }))).rejects.toMatchObject({
        name: 'InvalidParameterException',
      })
  })

  law('a definition is not described, and the caller is to blame', async () => {
    const asked = api.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'nothing:1' }))
    await expect(asked).rejects.toMatchObject({
      name: 'ClientException',
      message: 'Unable to describe task definition.',
    })
  })

  law('a container instance that there is not is MISSING', async () => {
    const { containerInstances, failures } = await api.ecs.send(
      new DescribeContainerInstancesCommand({ cluster, containerInstances: [id] }),
    )
    expect(containerInstances).toEqual([])
    expect(failures).toMatchObject([{ arn: expect.stringContaining(id) as string, reason: 'MISSING' }])
  })

  law('a machine that there is not fails the whole request, and is named', async () => {
    await expect(describeMachines('i-0badf00d0badf00d0', api.machine)).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: "The instance ID 'i-0badf00d0badf00d0' does not exist",
    })
  })

  law('several machines that there are not are all named', async () => {
    await expect(describeMachines('i-0badf00d0badf00d0', 'i-0badf00d0badf00d1')).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: "The instance IDs 'i-0badf00d0badf00d0, i-0badf00d0badf00d1' do not exist",
    })
  })

  law('an id that is malformed fails the whole request, and is named', async () => {
    await expect(describeMachines('i-xyz', api.machine)).rejects.toMatchObject({
      name: 'InvalidInstanceID.Malformed',
      message: expect.stringContaining('i-xyz') as string,
    })
  })

  law('machines by id cannot be asked for in pages', async () => {
    const asked = api.ec2.send(new DescribeInstancesCommand({ InstanceIds: [api.machine], MaxResults: 5 }))
    await expect(asked).rejects.toMatchObject({ name: 'InvalidParameterCombination' })
  })
})
