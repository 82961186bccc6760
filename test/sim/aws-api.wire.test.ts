import {
  DescribeClustersCommand,
  DescribeContainerInstancesCommand,
  DescribeDaemonTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListClustersCommand,
  ListTasksCommand,
  type ListTasksCommandInput,
  paginateListClusters,
  paginateListTasks,
  type Task,
} from '@aws-sdk/client-ecs'
import { DescribeInstancesCommand, EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2'
import {
  DescribeInstanceInformationCommand,
  paginateDescribeInstanceInformation,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { firstValueFrom, Subject } from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import { type ApiFaults, type AwsApi, awsApi } from '../../sim/aws-api/aws-api.js'
import { simulatedCluster, type SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { mixedCluster } from './history.js'

interface Clients {
  readonly api: AwsApi
  readonly ecs: ECSClient
  readonly ec2: EC2Client
  readonly ssm: SSMClient
}

const opened: Clients[] = []

const clientsOf = async (clusters: readonly SimulatedCluster[], faults?: ApiFaults): Promise<Clients> => {
  const api = await awsApi(clusters, faults === undefined ? {} : { faults })
  const config = {
    region: 'eu-west-1',
    endpoint: api.url,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  }
  const clients = { api, ecs: new ECSClient(config), ec2: new EC2Client(config), ssm: new SSMClient(config) }
  opened.push(clients)
  return clients
}

afterEach(async () => {
  for (const { api, ecs, ec2, ssm } of opened.splice(0)) {
    for (const client of [ecs, ec2, ssm]) client.destroy()
    await api.close()
  }
})

const settled = (cluster: SimulatedCluster): SimulatedCluster => {
  cluster.start()
  cluster.settle()
  return cluster
}

const chunks = <A>(items: readonly A[], size: number): readonly A[][] =>
  items.length === 0 ? [] : [items.slice(0, size), ...chunks(items.slice(size), size)]

const listed = async (ecs: ECSClient, input: ListTasksCommandInput): Promise<readonly string[]> => {
  const arns: string[] = []
  for await (const page of paginateListTasks({ client: ecs }, input)) arns.push(...(page.taskArns ?? []))
  return arns
}

/** What a reader without any event finds routable: lists and describes everything that is needed for it. */
const scan = async (
  { ecs, ec2, ssm }: Clients,
  cluster: string,
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const tasks: Task[] = []
  for (const arns of chunks(await listed(ecs, { cluster }), 100)) {
    tasks.push(...((await ecs.send(new DescribeTasksCommand({ cluster, tasks: arns }))).tasks ?? []))
  }
  const found = new Map<string, string[]>()
  for (const task of tasks) {
    if (task.lastStatus !== 'RUNNING') continue
    const { taskDefinition } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: task.taskDefinitionArn, include: ['TAGS'] }),
    )
    const primary = taskDefinition!.containerDefinitions![0]!
    const container = task.containers!.find(({ name }) => name === primary.name)!
    if (container.lastStatus !== 'RUNNING') continue
    const service = task.group!.slice('service:'.length)
    const endpoint =
      taskDefinition!.networkMode === 'awsvpc'
        ? `${container.networkInterfaces![0]!.privateIpv4Address!}:${primary.portMappings![0]!.containerPort!}`
        : `${await machineAddress(task.containerInstanceArn!)}:${container.networkBindings![0]!.hostPort!}`
    found.set(service, [...(found.get(service) ?? []), endpoint].sort())
  }
  return found

  async function machineAddress(arn: string): Promise<string> {
    const { containerInstances } = await ecs.send(
      new DescribeContainerInstancesCommand({ cluster, containerInstances: [arn] }),
    )
    const id = containerInstances![0]!.ec2InstanceId!
    if (id.startsWith('mi-')) {
      const Filters = [{ Key: 'InstanceIds', Values: [id] }]
      const { InstanceInformationList } = await ssm.send(new DescribeInstanceInformationCommand({ Filters }))
      return InstanceInformationList![0]!.IPAddress!
    }
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    return Reservations![0]!.Instances![0]!.PrivateIpAddress!
  }
}

describe('the simulated AWS API, asked by the real SDK clients', () => {
  it('shows in a scan from scratch what the simulation holds to be true, at any time', async () => {
    const cluster = mixedCluster(21)
    const clients = await clientsOf([cluster])
    cluster.start()
    for (let round = 0; round < 5; round++) {
      for (let step = 0; step < 150; step++) cluster.step()
      const truth = [...cluster.truth()].filter(([, endpoints]) => endpoints.length > 0)
      expect(truth).not.toHaveLength(0)
      expect(new Map([...(await scan(clients, 'mixed'))].sort())).toEqual(new Map(truth.sort()))
    }
  })

  it('lists 250 tasks in pages of 100, each once', async () => {
    const cluster = settled(
      simulatedCluster({ seed: 1, services: [{ name: 'api', placement: 'fargate', desiredCount: 250 }] }),
    )
    const { ecs, api } = await clientsOf([cluster])
    const arns = await listed(ecs, {})
    expect(arns).toEqual(cluster.tasks().map(({ arn }) => arn))
    expect(api.calls.get('ListTasks')).toBe(3)
  })

  it('shows a task that is there all the time on exactly one page, whatever comes and goes between', async () => {
    const cluster = settled(
      simulatedCluster({ seed: 1, services: [{ name: 'api', placement: 'fargate', desiredCount: 150 }] }),
    )
    const { ecs } = await clientsOf([cluster])
    const first = await ecs.send(new ListTasksCommand({}))
    for (let crash = 0; crash < 20; crash++) cluster.crash()
    const second = await ecs.send(new ListTasksCommand({ nextToken: first.nextToken }))
    const seen = [...first.taskArns!, ...second.taskArns!]
    const stayed = cluster.tasks().filter(({ endpoint }) => endpoint !== undefined)
    expect(stayed).toHaveLength(130)
    for (const { arn } of stayed) expect(seen.filter((each) => each === arn)).toHaveLength(1)
  })

  it('lists draining tasks only when asked for desiredStatus STOPPED, and describes them all the same', async () => {
    const cluster = settled(mixedCluster(2))
    const { ecs } = await clientsOf([cluster])
    cluster.scale('web', 0)
    const input = { cluster: 'mixed', serviceName: 'web' }
    expect(await listed(ecs, input)).toEqual([])
    const draining = await listed(ecs, { ...input, desiredStatus: 'STOPPED' })
    expect(draining).toHaveLength(6)
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'mixed', tasks: [...draining] }))
    expect(tasks!.map(({ lastStatus, desiredStatus }) => `${lastStatus!}/${desiredStatus!}`)).toEqual(
      Array(6).fill('RUNNING/STOPPED'),
    )
  })

  it('filters by service and by family, and refuses a service that does not exist', async () => {
    const { ecs } = await clientsOf([settled(mixedCluster(2))])
    expect(await listed(ecs, { cluster: 'mixed', serviceName: 'api' })).toHaveLength(5)
    expect(await listed(ecs, { cluster: 'mixed', family: 'jobs' })).toHaveLength(4)
    await expect(listed(ecs, { cluster: 'mixed', serviceName: 'none' })).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
    })
  })

  it('takes cluster names and ARNs, task ids and short and long ARNs', async () => {
    const cluster = settled(mixedCluster(2))
    const { ecs } = await clientsOf([cluster])
    const { id, arn } = cluster.tasks()[0]!
    for (const name of ['mixed', cluster.arn]) {
      for (const identifier of [id, arn, arn.replace('/mixed/', '/')]) {
        const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: name, tasks: [identifier] }))
        expect(tasks!.map(({ taskArn }) => taskArn)).toEqual([arn])
      }
    }
  })

  it('reports what it does not know as MISSING beside what it knows', async () => {
    const cluster = settled(mixedCluster(2))
    const { ecs } = await clientsOf([cluster])
    const { arn } = cluster.tasks()[0]!
    const unknown = '0'.repeat(32)
    const { tasks, failures } = await ecs.send(
      new DescribeTasksCommand({ cluster: 'mixed', tasks: [unknown, arn] }),
    )
    expect(tasks).toHaveLength(1)
    expect(failures).toEqual([{ arn: arn.replace(/[^/]+$/, unknown), reason: 'MISSING' }])
  })

  it('describes at most 100 at once', async () => {
    const { ecs } = await clientsOf([settled(mixedCluster(2))])
    const ids = Array.from({ length: 101 }, (_, number) => number.toString(16).padStart(32, '0'))
    const refusal = { name: 'InvalidParameterException' }
    const cluster = 'mixed'
    const describeTasks = (tasks: string[]) => ecs.send(new DescribeTasksCommand({ cluster, tasks }))
    await expect(describeTasks(ids)).rejects.toMatchObject(refusal)
    await expect(describeTasks([])).rejects.toMatchObject(refusal)
    expect((await describeTasks(ids.slice(1))).failures).toHaveLength(100)
    await expect(
      ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances: ids })),
    ).rejects.toMatchObject(refusal)
  })

  it('knows its clusters, and no others', async () => {
    const { ecs } = await clientsOf([settled(mixedCluster(1)), simulatedCluster({ seed: 2, services: [] })])
    const arns: string[] = []
    for await (const page of paginateListClusters({ client: ecs, pageSize: 1 }, {})) {
      arns.push(...page.clusterArns!)
    }
    expect(arns.map((arn) => arn.split('/')[1])).toEqual(['mixed', 'default'])
    const { clusters, failures } = await ecs.send(
      new DescribeClustersCommand({ clusters: ['mixed', 'none'] }),
    )
    expect(clusters).toMatchObject([{ clusterName: 'mixed', runningTasksCount: 18, activeServicesCount: 4 }])
    expect(failures).toMatchObject([{ reason: 'MISSING' }])
    await expect(ecs.send(new ListTasksCommand({ cluster: 'none' }))).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
    })
  })

  it('calls a deleted cluster INACTIVE and later MISSING, and lists neither it nor its tasks', async () => {
    const cluster = settled(
      simulatedCluster({ seed: 2, services: [{ name: 'web', placement: 'fargate', desiredCount: 1 }] }),
    )
    const { ecs } = await clientsOf([cluster])
    const describe = async () => {
      const { clusters, failures } = await ecs.send(new DescribeClustersCommand({ clusters: ['default'] }))
      return [...clusters!.map(({ status }) => status), ...failures!.map(({ reason }) => reason)]
    }
    const list = () => ecs.send(new ListTasksCommand({ cluster: cluster.arn }))

    expect(await describe()).toEqual(['ACTIVE'])
    expect(() => cluster.delete()).toThrow('still has tasks')
    cluster.scale('web', 0)
    cluster.settle()
    cluster.delete()
    expect(await describe()).toEqual(['INACTIVE'])
    expect((await ecs.send(new ListClustersCommand({}))).clusterArns).toEqual([])
    await expect(list()).rejects.toMatchObject({ name: 'ClusterNotFoundException' })
    cluster.forget()
    expect(await describe()).toEqual(['MISSING'])
    await expect(list()).rejects.toMatchObject({ name: 'ClusterNotFoundException' })
  })

  it('writes a task as the API does, with dates, health and the long attachment type', async () => {
    const cluster = settled(mixedCluster(2))
    const { ecs } = await clientsOf([cluster])
    const subject = cluster.tasks().find(({ service }) => service.name === 'jobs')!
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'mixed', tasks: [subject.id] }))
    const [task] = tasks!
    expect(task).toMatchObject({
      version: subject.version,
      healthStatus: 'HEALTHY',
      tags: [],
      attachments: [{ type: 'ElasticNetworkInterface', status: 'ATTACHED' }],
      containers: [
        {
          name: 'jobs',
          networkBindings: [],
          networkInterfaces: [
            {
              privateIpv4Address: subject.site.networkInterface!.privateIp,
              ipv6Address: subject.site.networkInterface!.ipv6,
            },
          ],
        },
        { name: 'statsd' },
      ],
    })
    expect(task!.createdAt).toEqual(new Date(subject.createdAt))
    expect(task!.startedAt).toEqual(new Date(subject.times.startedAt!))
  })

  it('describes the revision that is asked for, and the newest one of a family', async () => {
    const cluster = settled(mixedCluster(2))
    const { ecs } = await clientsOf([cluster])
    cluster.deploy('web', { dockerLabels: { 'traefik.enable': 'false' } })
    const labels = async (taskDefinition: string) =>
      (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition!
        .containerDefinitions![0]!.dockerLabels
    expect(await labels('web:1')).toEqual({ 'traefik.enable': 'true' })
    expect(await labels('web')).toEqual({ 'traefik.enable': 'false' })
    await expect(labels('web:3')).rejects.toMatchObject({ name: 'ClientException' })
  })

  it('describes a daemon by its own operation, and refuses to by the other', async () => {
    const cluster = settled(
      simulatedCluster({
        seed: 2,
        instances: { ec2: 1 },
        services: [{ name: 'log-agent', placement: 'daemon', desiredCount: 1 }],
      }),
    )
    const { ecs } = await clientsOf([cluster])
    const [{ arn } = { arn: '' }] = cluster.tasks()
    const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: cluster.arn, tasks: [arn] }))
    const [{ taskDefinitionArn = '' } = {}] = tasks!
    expect(tasks).toMatchObject([{ group: 'daemon:log-agent', launchType: 'MANAGED_INSTANCES' }])
    expect(taskDefinitionArn).toMatch(/:daemon-task-definition\/log-agent:1$/)
    const described = await ecs.send(
      new DescribeDaemonTaskDefinitionCommand({ daemonTaskDefinition: taskDefinitionArn }),
    )
    expect(described.daemonTaskDefinition?.containerDefinitions).toMatchObject([{ name: 'log-agent' }])
    await expect(
      ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: taskDefinitionArn })),
    ).rejects.toMatchObject({ name: 'ClientException' })
    expect(cluster.truth()).toEqual(new Map([['log-agent', []]]))
  })

  it('hides Managed Instances from those who do not ask for them', async () => {
    const cluster = simulatedCluster({ seed: 4, services: [], instances: { ec2: 2 }, hidden: true })
    const { ec2 } = await clientsOf([cluster])
    const InstanceIds = cluster.instances().map(({ machineId }) => machineId)
    await expect(ec2.send(new DescribeInstancesCommand({ InstanceIds }))).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
    })
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ InstanceIds, IncludeManagedResources: true }),
    )
    expect(Reservations).toHaveLength(2)
  })

  it('gives the addresses of EC2 machines, by id and in pages', async () => {
    const cluster = simulatedCluster({ seed: 4, services: [], instances: { ec2: 12, external: 1 } })
    const { ec2 } = await clientsOf([cluster])
    const machines = cluster.instances().filter(({ kind }) => kind === 'ec2')
    const all: (string | undefined)[] = []
    let pages = 0
    for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 5 }, {})) {
      pages++
      all.push(
        ...page.Reservations!.flatMap(({ Instances }) => Instances!.map(({ InstanceId }) => InstanceId)),
      )
    }
    expect(pages).toBe(3)
    expect(all).toEqual(machines.map(({ machineId }) => machineId))
    const [machine] = machines
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [machine!.machineId] }),
    )
    expect(Reservations![0]!.Instances![0]).toMatchObject({
      InstanceId: machine!.machineId,
      PrivateIpAddress: machine!.privateIp,
      PublicIpAddress: machine!.publicIp,
      Ipv6Address: machine!.ipv6,
      State: { Name: 'running' },
    })
  })

  it('gives no address for a terminated machine', async () => {
    const cluster = simulatedCluster({ seed: 4, services: [], instances: { ec2: 1, external: 1 } })
    const { ec2, ssm } = await clientsOf([cluster])
    const [machine, external] = cluster.instances()
    cluster.replaceInstance(machine!.arn)
    cluster.replaceInstance(external!.arn)
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ InstanceIds: [machine!.machineId] }),
    )
    const instance = Reservations![0]!.Instances![0]!
    expect(instance.State?.Name).toBe('terminated')
    expect(instance.PrivateIpAddress).toBeUndefined()
    const Filters = [{ Key: 'InstanceIds', Values: [external!.machineId] }]
    const { InstanceInformationList } = await ssm.send(new DescribeInstanceInformationCommand({ Filters }))
    expect(InstanceInformationList).toMatchObject([{ PingStatus: 'ConnectionLost' }])
    expect(InstanceInformationList![0]!.IPAddress).toBeUndefined()
  })

  it('lets EC2 refuse an external machine, whose address SSM knows', async () => {
    const cluster = simulatedCluster({ seed: 4, services: [], instances: { external: 1 } })
    const { ec2, ssm } = await clientsOf([cluster])
    const [machine] = cluster.instances()
    expect(machine!.machineId).toMatch(/^mi-/)
    const describeMachine = (id: string) => ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
    await expect(describeMachine(machine!.machineId)).rejects.toMatchObject({
      name: 'InvalidInstanceID.Malformed',
    })
    await expect(describeMachine(`i-${'0'.repeat(17)}`)).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
    })
    for (const input of [
      { Filters: [{ Key: 'InstanceIds', Values: [machine!.machineId] }] },
      { InstanceInformationFilterList: [{ key: 'InstanceIds' as const, valueSet: [machine!.machineId] }] },
    ]) {
      const { InstanceInformationList } = await ssm.send(new DescribeInstanceInformationCommand(input))
      expect(InstanceInformationList).toMatchObject([
        { InstanceId: machine!.machineId, IPAddress: machine!.privateIp, PingStatus: 'Online' },
      ])
    }
  })

  it('lets SSM give 50 machines a page, for 50 ids at most', async () => {
    const cluster = simulatedCluster({ seed: 4, services: [], instances: { external: 60 } })
    const { ssm } = await clientsOf([cluster])
    const pages: number[] = []
    for await (const page of paginateDescribeInstanceInformation({ client: ssm }, {})) {
      pages.push(page.InstanceInformationList!.length)
    }
    expect(pages).toEqual([50, 10])
    const Values = cluster.instances().map(({ machineId }) => machineId)
    await expect(
      ssm.send(new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values }] })),
    ).rejects.toMatchObject({ name: 'ValidationException' })
  })

  it('throttles as each service does, and counts what it refused', async () => {
    const { api, ecs, ec2, ssm } = await clientsOf([settled(mixedCluster(1))], (_operation, n) =>
      n === 1 ? 'throttle' : 'ok',
    )
    const list = () => ecs.send(new ListTasksCommand({ cluster: 'mixed' }))
    await expect(list()).rejects.toMatchObject({
      name: 'ThrottlingException',
      $metadata: { httpStatusCode: 400 },
    })
    await expect(ssm.send(new DescribeInstanceInformationCommand({}))).rejects.toMatchObject({
      name: 'ThrottlingException',
    })
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'RequestLimitExceeded',
      $metadata: { httpStatusCode: 503 },
    })
    expect((await list()).taskArns).toHaveLength(18)
    expect(Object.fromEntries(api.calls)).toEqual({
      ListTasks: 2,
      DescribeInstanceInformation: 1,
      DescribeInstances: 1,
    })
  })

  it('refuses what is asked for a resource for which the permission is missing', async () => {
    const cluster = settled(mixedCluster(2))
    const { ecs, ec2 } = await clientsOf([cluster], (operation, _n, asked) =>
      operation === 'DescribeInstances' || asked.includes('web:1') ? 'denied' : 'ok',
    )
    const describe = (taskDefinition: string) =>
      ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))
    await expect(describe('web:1')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 400 },
    })
    expect((await describe('jobs:1')).taskDefinition?.family).toBe('jobs')
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'UnauthorizedOperation',
      $metadata: { httpStatusCode: 403 },
    })
  })

  it('fails, breaks and recovers as its faults are changed', async () => {
    const { api, ecs, ec2 } = await clientsOf([settled(mixedCluster(1))])
    const list = () => ecs.send(new ListTasksCommand({ cluster: 'mixed' }))
    api.inject(() => 'error500')
    await expect(list()).rejects.toMatchObject({
      name: 'InternalFailure',
      $metadata: { httpStatusCode: 500 },
    })
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'InternalFailure',
    })
    api.inject(() => 'drop')
    await expect(list()).rejects.toThrow(/socket hang up|ECONNRESET/)
    api.inject(() => 'ok')
    expect((await list()).taskArns).toHaveLength(18)
  })

  it('never answers a hanging call, which its client can abandon', async () => {
    const { api, ecs } = await clientsOf([settled(mixedCluster(1))])
    const arrived = firstValueFrom(hanging(api))
    const abort = new AbortController()
    const call = ecs.send(new ListTasksCommand({}), { abortSignal: abort.signal })
    await arrived
    abort.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('breaks hanging calls when it is closed, and may be closed again', async () => {
    const { api, ecs } = await clientsOf([settled(mixedCluster(1))])
    const arrived = firstValueFrom(hanging(api))
    const broken = expect(ecs.send(new ListTasksCommand({}))).rejects.toThrow(/socket hang up|ECONNRESET/)
    await arrived
    await api.close()
    await broken
    await api.close()
  })
})

/** Lets every call hang from now on, and tells of each. */
const hanging = (api: AwsApi): Subject<string> => {
  const arrivals = new Subject<string>()
  api.inject((operation) => {
    arrivals.next(operation)
    return 'hang'
  })
  return arrivals
}
