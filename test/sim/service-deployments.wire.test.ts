import {
  ContinueServiceDeploymentCommand,
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  type ServiceDeployment,
  type ServiceDeploymentStatus,
} from '@aws-sdk/client-ecs'
import { afterEach, describe, expect, it } from 'vitest'
import { type AwsApi, awsApi } from '../../sim/aws-api/aws-api.js'
import type { ServiceSpec } from '../../sim/ecs/service-spec.js'
import { simulatedCluster, type SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'

interface Account {
  readonly cluster: SimulatedCluster
  readonly api: AwsApi
  readonly ecs: ECSClient
}

const opened: Account[] = []

/** An account with a settled cluster of one service, and the real SDK client. */
const accountWith = async (spec: Partial<ServiceSpec>): Promise<Account> => {
  const cluster = simulatedCluster({
    seed: 5,
    name: 'shop',
    services: [
      { name: 'web', placement: 'fargate', desiredCount: 2, ...spec },
      { name: 'agent', placement: 'daemon', desiredCount: 0 },
    ],
  })
  cluster.start()
  cluster.settle()
  const api = await awsApi([cluster])
  const ecs = new ECSClient({
    region: 'eu-west-1',
    endpoint: api.url,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
  })
  const account = { cluster, api, ecs }
  opened.push(account)
  return account
}

afterEach(async () => {
  for (const { api, ecs } of opened.splice(0)) {
    ecs.destroy()
    await api.close()
  }
})

const cluster = 'shop'

const describeServices = async ({ ecs }: Account, services: string[] = ['web']) =>
  ecs.send(new DescribeServicesCommand({ cluster, services }))

const describeDeployments = async ({ ecs }: Account, serviceDeploymentArns: string[]) =>
  ecs.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns }))

/** The current deployment of the service, found as a client finds it. */
const current = async (account: Account): Promise<ServiceDeployment> => {
  const { services } = await describeServices(account)
  const { serviceDeployments } = await describeDeployments(account, [services![0]!.currentServiceDeployment!])
  return serviceDeployments![0]!
}

const list = async ({ ecs }: Account, status?: ServiceDeploymentStatus[]) =>
  ecs.send(
    new ListServiceDeploymentsCommand({ cluster, service: 'web', ...(status !== undefined && { status }) }),
  )

const invalid = { name: 'InvalidParameterException' }

describe('DescribeServices', () => {
  it('describes a service with its strategy and its one revision', async () => {
    const account = await accountWith({
      strategy: 'CANARY',
      stepPercent: 2.5,
      pauses: [{ stages: ['POST_SCALE_UP'] }],
    })
    const { services, failures } = await describeServices(account)
    const [task] = account.cluster.tasks()
    expect(failures).toEqual([])
    expect(services).toMatchObject([
      {
        serviceArn: 'arn:aws:ecs:eu-west-1:123456789012:service/shop/web',
        clusterArn: account.cluster.arn,
        serviceName: 'web',
        status: 'ACTIVE',
        desiredCount: 2,
        runningCount: 2,
        taskDefinition: task!.definition.arn,
        deploymentConfiguration: {
          strategy: 'CANARY',
          bakeTimeInMinutes: 5,
          canaryConfiguration: { canaryPercent: 2.5, canaryBakeTimeInMinutes: 10 },
          lifecycleHooks: [
            {
              targetType: 'PAUSE',
              lifecycleStages: ['POST_SCALE_UP'],
              timeoutConfiguration: { timeoutInMinutes: 1440, action: 'ROLLBACK' },
            },
          ],
        },
        deployments: [{ id: task!.startedBy, status: 'PRIMARY', runningCount: 2 }],
        currentServiceRevisions: [{ requestedTaskCount: 2, runningTaskCount: 2, pendingTaskCount: 0 }],
      },
    ])
    expect(services![0]!.createdAt).toBeInstanceOf(Date)
  })

  it('lists both revisions during a deployment, each with what its tasks are started by', async () => {
    const account = await accountWith({ strategy: 'BLUE_GREEN' })
    account.cluster.deploy('web')
    account.cluster.reach('web', 'BAKE_TIME')
    const { services } = await describeServices(account)
    const startedBy = [...new Set(account.cluster.tasks().map((task) => task.startedBy))]
    expect(services![0]!.deployments!.map(({ id, status }) => [id, status])).toEqual([
      [startedBy[1], 'PRIMARY'],
      [startedBy[0], 'ACTIVE'],
    ])
    expect(services![0]!.currentServiceRevisions).toHaveLength(2)
    account.cluster.reach('web', 'CLEAN_UP')
    account.cluster.settle()
    expect((await describeServices(account)).services![0]!.deployments!.map(({ id }) => id)).toEqual([
      startedBy[1],
    ])
  })

  it('says ROLLING by default, with a rollout state, and no stage or weight of its deployment', async () => {
    const account = await accountWith({})
    account.cluster.deploy('web')
    const { services } = await describeServices(account)
    expect(services![0]).toMatchObject({
      deploymentConfiguration: { strategy: 'ROLLING' },
      deployments: [
        { status: 'PRIMARY', rolloutState: 'IN_PROGRESS' },
        { status: 'ACTIVE', rolloutState: 'COMPLETED' },
      ],
    })
    const { lifecycleStage, targetServiceRevision, status } = await current(account)
    expect([status, lifecycleStage, targetServiceRevision!.requestedProductionTrafficWeight]).toEqual([
      'IN_PROGRESS',
      undefined,
      undefined,
    ])
  })

  it('calls unknown services and managed daemons MISSING, and takes names and ARNs, 1 to 10', async () => {
    const account = await accountWith({})
    const arn = (name: string) => `arn:aws:ecs:eu-west-1:123456789012:service/shop/${name}`
    const { services, failures } = await describeServices(account, [arn('web'), 'other', arn('agent')])
    expect(services!.map(({ serviceName }) => serviceName)).toEqual(['web'])
    expect(failures).toEqual([
      { arn: arn('other'), reason: 'MISSING' },
      { arn: arn('agent'), reason: 'MISSING' },
    ])
    await expect(describeServices(account, [])).rejects.toMatchObject(invalid)
    await expect(describeServices(account, Array<string>(11).fill('web'))).rejects.toMatchObject(invalid)
    await expect(describeServices(account, [arn('web').replace('/shop/', '/other/')])).rejects.toMatchObject(
      invalid,
    )
    await expect(
      account.ecs.send(new DescribeServicesCommand({ cluster: 'none', services: ['web'] })),
    ).rejects.toMatchObject({ name: 'ClusterNotFoundException' })
  })
})

describe('DescribeServiceDeployments', () => {
  it('describes stage, weights and counts of both revisions, stage by stage', async () => {
    const account = await accountWith({ strategy: 'CANARY' })
    account.cluster.deploy('web')
    const seen = async () => {
      const { status, lifecycleStage, sourceServiceRevisions, targetServiceRevision } = await current(account)
      return [
        status,
        lifecycleStage,
        ...[...sourceServiceRevisions!, targetServiceRevision!].map((revision) => [
          revision.requestedProductionTrafficWeight,
          revision.requestedTestTrafficWeight,
          revision.requestedTaskCount,
          revision.runningTaskCount,
        ]),
      ]
    }
    expect(await seen()).toEqual(['PENDING', undefined, [100, 0, 2, 2], [0, 0, 0, 0]])
    for (const [stage, ...revisions] of [
      ['SCALE_UP', [100, 0, 2, 2], [0, 0, 2, 0]],
      ['TEST_TRAFFIC_SHIFT', [100, 0, 2, 2], [0, 100, 2, 2]],
      ['PRE_PRODUCTION_TRAFFIC_SHIFT', [100, 0, 2, 2], [0, 100, 2, 2]],
      ['PRODUCTION_TRAFFIC_SHIFT', [95, 0, 2, 2], [5, 100, 2, 2]],
      ['PRODUCTION_TRAFFIC_SHIFT', [0, 0, 2, 2], [100, 100, 2, 2]],
      ['BAKE_TIME', [0, 0, 2, 2], [100, 100, 2, 2]],
    ] as const) {
      account.cluster.reach('web', stage)
      expect(await seen()).toEqual(['IN_PROGRESS', stage, ...revisions])
    }
    account.cluster.reach('web', 'CLEAN_UP')
    account.cluster.settle()
    expect(await seen()).toEqual(['SUCCESSFUL', 'CLEAN_UP', [0, 0, 0, 0], [100, 100, 2, 2]])
    const { createdAt, startedAt, finishedAt, updatedAt } = await current(account)
    const times = [createdAt, startedAt, finishedAt, updatedAt].map((time) => time!.getTime())
    expect(times).toEqual(times.toSorted())
  })

  it('describes a rollback with its reason and revision, and a stop', async () => {
    const account = await accountWith({ strategy: 'BLUE_GREEN' })
    const before = (await current(account)).targetServiceRevision!.arn
    account.cluster.deploy('web')
    account.cluster.reach('web', 'BAKE_TIME')
    account.cluster.rollBack('web', 'An alarm rang.')
    expect(await current(account)).toMatchObject({
      status: 'ROLLBACK_REQUESTED',
      statusReason: 'An alarm rang.',
      rollback: { reason: 'An alarm rang.', serviceRevisionArn: before },
    })
    account.cluster.settle()
    expect(await current(account)).toMatchObject({
      status: 'ROLLBACK_SUCCESSFUL',
      sourceServiceRevisions: [{ arn: before, requestedProductionTrafficWeight: 100, runningTaskCount: 2 }],
      targetServiceRevision: {
        requestedProductionTrafficWeight: 0,
        requestedTaskCount: 0,
        runningTaskCount: 0,
      },
    })
    account.cluster.deploy('web')
    account.cluster.reach('web', 'BAKE_TIME')
    account.cluster.stopDeployment('web')
    account.cluster.settle()
    const stopped = await current(account)
    expect(stopped).toMatchObject({
      status: 'STOPPED',
      sourceServiceRevisions: [{ arn: before, requestedProductionTrafficWeight: 0, requestedTaskCount: 2 }],
    })
    expect(stopped.stoppedAt).toBeInstanceOf(Date)
  })

  it('calls unknown ones MISSING, and takes 1 to 20', async () => {
    const account = await accountWith({})
    const { serviceDeploymentArn } = await current(account)
    const unknown = `${serviceDeploymentArn!}x`
    const { serviceDeployments, failures } = await describeDeployments(account, [
      unknown,
      serviceDeploymentArn!,
    ])
    expect(serviceDeployments).toHaveLength(1)
    expect(failures).toEqual([{ arn: unknown, reason: 'MISSING' }])
    await expect(describeDeployments(account, [])).rejects.toMatchObject(invalid)
    await expect(describeDeployments(account, Array<string>(21).fill(unknown))).rejects.toMatchObject(invalid)
  })
})

describe('ListServiceDeployments', () => {
  it('lists the newest first, in pages, by status and by time', async () => {
    const account = await accountWith({})
    for (let n = 0; n < 24; n++) {
      account.cluster.elapse(60_000)
      account.cluster.deploy('web')
    }
    const { serviceDeployments: first, nextToken } = await list(account)
    expect(first).toHaveLength(20)
    expect(first![0]).toMatchObject({
      serviceDeploymentArn: (await current(account)).serviceDeploymentArn,
      status: 'IN_PROGRESS',
      targetServiceRevisionArn: (await current(account)).targetServiceRevision!.arn,
    })
    // One that begins between two pages shifts nothing.
    account.cluster.deploy('web')
    const { serviceDeployments: rest, nextToken: none } = await account.ecs.send(
      new ListServiceDeploymentsCommand({ cluster, service: 'web', nextToken }),
    )
    expect(rest).toHaveLength(5)
    expect(none).toBeUndefined()
    expect(new Set([...first!, ...rest!].map((one) => one.serviceDeploymentArn)).size).toBe(25)

    expect((await list(account, ['IN_PROGRESS'])).serviceDeployments).toHaveLength(1)
    expect((await list(account, ['SUCCESSFUL', 'ROLLBACK_FAILED'])).serviceDeployments).toHaveLength(1)
    const after = first![2]!.createdAt!
    const { serviceDeployments: later } = await account.ecs.send(
      new ListServiceDeploymentsCommand({ cluster, service: 'web', createdAt: { after }, maxResults: 100 }),
    )
    expect(later).toHaveLength(3)
  })

  it('refuses what is not there, and pages that are too large', async () => {
    const { ecs } = await accountWith({})
    const ask = (input: { service?: string; cluster?: string; maxResults?: number; status?: string }) =>
      ecs.send(
        new ListServiceDeploymentsCommand({
          cluster: input.cluster ?? cluster,
          service: input.service ?? 'web',
          ...(input.maxResults !== undefined && { maxResults: input.maxResults }),
          ...(input.status !== undefined && { status: [input.status as ServiceDeploymentStatus] }),
        }),
      )
    await expect(ask({ service: 'other' })).rejects.toMatchObject({ name: 'ServiceNotFoundException' })
    await expect(ask({ cluster: 'other' })).rejects.toMatchObject({ name: 'ClusterNotFoundException' })
    for (const maxResults of [0, 101]) await expect(ask({ maxResults })).rejects.toMatchObject(invalid)
    await expect(ask({ status: 'DONE' })).rejects.toMatchObject(invalid)
  })
})

describe('DescribeServiceRevisions', () => {
  it('contains the task definition of each, until ECS has forgotten it', async () => {
    const account = await accountWith({ strategy: 'BLUE_GREEN' })
    account.cluster.deploy('web')
    const { sourceServiceRevisions, targetServiceRevision } = await current(account)
    const arns = [sourceServiceRevisions![0]!.arn!, targetServiceRevision!.arn!]
    const describeRevisions = async (serviceRevisionArns: string[]) =>
      account.ecs.send(new DescribeServiceRevisionsCommand({ serviceRevisionArns }))
    const { serviceRevisions, failures } = await describeRevisions(arns)
    expect(failures).toEqual([])
    expect(serviceRevisions).toMatchObject(
      arns.map((serviceRevisionArn, i) => ({
        serviceRevisionArn,
        serviceArn: 'arn:aws:ecs:eu-west-1:123456789012:service/shop/web',
        clusterArn: account.cluster.arn,
        taskDefinition: `arn:aws:ecs:eu-west-1:123456789012:task-definition/web:${i + 1}`,
      })),
    )
    expect(serviceRevisions![0]!.createdAt).toBeInstanceOf(Date)
    account.cluster.forgetRevision(arns[0]!)
    expect(await describeRevisions(arns)).toMatchObject({
      serviceRevisions: [{ serviceRevisionArn: arns[1] }],
      failures: [{ arn: arns[0], reason: 'MISSING' }],
    })
    await expect(describeRevisions([])).rejects.toMatchObject(invalid)
    await expect(describeRevisions(Array<string>(21).fill(arns[1]!))).rejects.toMatchObject(invalid)
  })
})

describe('ContinueServiceDeployment', () => {
  const paused = async (): Promise<Account> => {
    const account = await accountWith({
      strategy: 'BLUE_GREEN',
      pauses: [{ stages: ['POST_TEST_TRAFFIC_SHIFT'], timeoutMinutes: 60 }],
    })
    account.cluster.deploy('web')
    account.cluster.reach('web', 'POST_TEST_TRAFFIC_SHIFT')
    return account
  }

  it('continues by default, with the id of the waiting hook', async () => {
    const account = await paused()
    const { serviceDeploymentArn, lifecycleHookDetails } = await current(account)
    const [hook] = lifecycleHookDetails!
    expect(hook).toMatchObject({ targetType: 'PAUSE', status: 'AWAITING_ACTION', timeoutAction: 'ROLLBACK' })
    expect(hook!.expiresAt!.getTime()).toBeGreaterThan(account.cluster.now())
    const proceed = (hookId: string | undefined, arn = serviceDeploymentArn) =>
      account.ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn: arn, hookId }))
    await expect(proceed('ecs-pause-other')).rejects.toMatchObject(invalid)
    await expect(proceed(hook!.hookId, `${serviceDeploymentArn!}x`)).rejects.toMatchObject({
      name: 'ServiceDeploymentNotFoundException',
    })
    expect(await proceed(hook!.hookId)).toMatchObject({ serviceDeploymentArn })
    await expect(proceed(hook!.hookId)).rejects.toMatchObject(invalid)
    expect((await current(account)).lifecycleHookDetails).toMatchObject([{ status: 'SUCCEEDED' }])
    account.cluster.settle()
    expect((await current(account)).lifecycleStage).toBe('BAKE_TIME')
  })

  it('rolls back on demand', async () => {
    const account = await paused()
    const { serviceDeploymentArn, lifecycleHookDetails } = await current(account)
    const act = (action: 'ROLLBACK') =>
      account.ecs.send(
        new ContinueServiceDeploymentCommand({
          serviceDeploymentArn,
          hookId: lifecycleHookDetails![0]!.hookId,
          action,
        }),
      )
    await expect(act('SKIP' as 'ROLLBACK')).rejects.toMatchObject(invalid)
    await act('ROLLBACK')
    account.cluster.settle()
    expect((await current(account)).status).toBe('ROLLBACK_SUCCESSFUL')
  })
})

describe('faults', () => {
  it('strike these calls like all others, which are counted', async () => {
    const account = await accountWith({})
    const { serviceDeploymentArn } = await current(account)
    account.api.inject((operation) => (operation === 'DescribeServices' ? 'denied' : 'throttle'))
    await expect(describeServices(account)).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await expect(list(account)).rejects.toMatchObject({ name: 'ThrottlingException' })
    account.api.inject((_operation, n) => (n === 2 ? 'drop' : 'ok'))
    await expect(describeDeployments(account, [serviceDeploymentArn!])).rejects.toThrow()
    expect(account.api.calls.get('DescribeServices')).toBe(2)
    expect(account.api.calls.get('DescribeServiceDeployments')).toBe(2)
  })
})
