/** An ECS cluster at moto: instances of its EC2, tasks that run until they are stopped. */
import { DescribeSubnetsCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2'
import {
  type Container,
  CreateClusterCommand,
  type DescribeTasksCommandOutput,
  ECSClient,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs'
import { SSMClient } from '@aws-sdk/client-ssm'
import { onTestFinished } from 'vitest'
import type { InstanceClients } from '../../src/sources/ecs-api/clients/instance-clients.js'
import { moto } from './witnesses.js'

export const settings = {
  endpoint: moto.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  maxAttempts: 1,
}

export interface MotoCluster {
  readonly name: string
  readonly arn: string
  readonly clients: InstanceClients
  readonly ec2: EC2Client
  /** Container instances on new machines of EC2. */
  readonly join: (count: number) => Promise<readonly MotoInstance[]>
  /** Runs tasks of a service. `bridge` needs instances. Resolves with their ARNs. */
  readonly run: (
    service: string,
    placement: 'bridge' | 'fargate',
    count: number,
  ) => Promise<readonly string[]>
  readonly stop: (task: string) => Promise<void>
}

export interface MotoInstance {
  readonly arn: string
  readonly machine: string
  readonly address: string
}

/** The port of the host that a bridged container is bound to; moto binds none. */
export const hostPort = 32_768

export interface MotoClusterOptions {
  /**
   * Whether to add to DescribeTasks what moto leaves out and every task of ECS has: `version`, containers that follow
   * their task to RUNNING, and the bindings of bridged ones. Default: true.
   */
  readonly completed?: boolean
}

/** Moto ages a task at every look: here it runs until it is stopped. */
const keepRunning = async (): Promise<void> => {
  const { status } = await fetch(`${moto.url}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    body: JSON.stringify({
      model_name: 'ecs::task',
      transition: { progression: 'manual', times: Number.MAX_SAFE_INTEGER },
    }),
  })
  if (!String(status).startsWith('2')) throw new Error(`moto would not keep tasks running: ${status}`)
}

const completed = (task: Task): Task => ({
  ...task,
  version: task.version ?? 1,
  containers: (task.containers ?? []).map((container): Container => ({
    ...container,
    lastStatus: task.lastStatus,
    networkBindings:
      task.containerInstanceArn === undefined
        ? []
        : [{ bindIP: '0.0.0.0', containerPort: 8080, hostPort, protocol: 'tcp' }],
  })),
})

let clusters = 0

export const motoCluster = async ({
  completed: complete = true,
}: MotoClusterOptions = {}): Promise<MotoCluster> => {
  await keepRunning()
  const name = `cluster-${++clusters}`
  const ecs = new ECSClient(settings)
  const ec2 = new EC2Client(settings)
  const ssm = new SSMClient(settings)
  onTestFinished(() => {
    for (const client of [ecs, ec2, ssm]) client.destroy()
  })
  if (complete)
    ecs.middlewareStack.add(
      (next, { commandName }) =>
        async (request) => {
          const answer = await next(request)
          if (commandName !== 'DescribeTasksCommand') return answer
          const { tasks = [], ...rest } = answer.output as DescribeTasksCommandOutput
          return { ...answer, output: { ...rest, tasks: tasks.map(completed) } }
        },
      { step: 'initialize' },
    )
  const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: name }))
  const subnet = async (): Promise<string> =>
    (await ec2.send(new DescribeSubnetsCommand({}))).Subnets?.[0]?.SubnetId ?? ''

  return {
    name,
    arn: cluster!.clusterArn!,
    clients: { ecs, ec2, ssm },
    ec2,
    join: async (count) => {
      const { Instances = [] } = await ec2.send(
        new RunInstancesCommand({ ImageId: 'ami-12c6146b', MinCount: count, MaxCount: count }),
      )
      return Promise.all(
        Instances.map(async ({ InstanceId = '', PrivateIpAddress = '' }) => {
          const { containerInstance } = await ecs.send(
            new RegisterContainerInstanceCommand({
              cluster: name,
              instanceIdentityDocument: JSON.stringify({ instanceId: InstanceId }),
            }),
          )
          return {
            arn: containerInstance!.containerInstanceArn!,
            machine: InstanceId,
            address: PrivateIpAddress,
          }
        }),
      )
    },
    run: async (service, placement, count) => {
      const bridged = placement === 'bridge'
      await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: service,
          networkMode: bridged ? 'bridge' : 'awsvpc',
          containerDefinitions: [
            {
              name: service,
              image: 'image',
              memory: 16,
              portMappings: [{ containerPort: 8080, ...(bridged ? { hostPort: 0 } : {}) }],
            },
          ],
        }),
      )
      const { tasks = [] } = await ecs.send(
        new RunTaskCommand({
          cluster: name,
          taskDefinition: service,
          count,
          group: `service:${service}`,
          launchType: bridged ? 'EC2' : 'FARGATE',
          ...(bridged
            ? {}
            : {
                networkConfiguration: {
                  awsvpcConfiguration: { subnets: [await subnet()], securityGroups: [] },
                },
              }),
        }),
      )
      return tasks.map(({ taskArn }) => taskArn!)
    },
    stop: async (task) => {
      await ecs.send(new StopTaskCommand({ cluster: name, task }))
    },
  }
}
