import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { accountsApi } from '../../sim/aws-api/accounts-api.js'
import { awsApi } from '../../sim/aws-api/aws-api.js'
import { embeddedDynamoDb, type EmbeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { simulatedCluster } from '../../sim/ecs/simulated-cluster.js'
import { stsApi } from '../../sim/aws-api/sts-api.js'
import { bundled } from '../../src/worker/runner/bundled.js'
import { commonSettings } from '../../src/worker/settings/common-settings.js'
import { formatProblems } from '../../src/worker/settings/problem.js'
import { commandProcess } from './command-process.js'

let dynamodb: EmbeddedDynamoDb
let n = 0
beforeAll(async () => {
  dynamodb = await embeddedDynamoDb()
})
afterAll(() => dynamodb.close())

const theirRole = 'arn:aws:iam::222222222222:role/teams/ecs-reader'

const clusterIn = (account: string, region: string, name: string, service: string) => {
  const cluster = simulatedCluster({
    seed: 3,
    name,
    account,
    region,
    clock: () => Date.now(),
    services: [{ name: service, placement: 'bridge', desiredCount: 2 }],
    instances: { ec2: 2, external: 0 },
  })
  cluster.start()
  cluster.settle()
  return cluster
}

/** Our account, whose keys the environment has, and another one, which trusts ours; each with a cluster `staging`. */
const twoAccounts = async () => {
  const ours = clusterIn('111111111111', 'us-east-1', 'staging', 'web')
  const theirs = clusterIn('222222222222', 'eu-west-1', 'staging', 'api')
  const apis = await Promise.all([awsApi([ours]), awsApi([theirs])])
  const api = await accountsApi({ OURS: apis[0], THEIRS: apis[1] })
  const sts = await stsApi([{ arn: theirRole, externalId: 'between-us', accessKey: 'THEIRS' }])
  const table = `accounts-${++n}`
  await dynamodb.createTable(table)
  onTestFinished(async () => {
    await Promise.all([api.close(), sts.close(), ...apis.map((each) => each.close())])
  })
  const start = (more: Readonly<Record<string, string>>) => {
    const running = commandProcess(['traefik-table'], {
      AWS_ACCESS_KEY_ID: 'OURS',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL: api.url,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      AWS_REGION: 'us-east-1',
      CLUSTER: `staging,${theirs.arn}`,
      TRAEFIK_TABLE: table,
      ...more,
    })
    onTestFinished(async () => {
      running.signal('SIGKILL')
      await running.ended
    })
    return running
  }
  const items = async () => (await dynamodb.client().send(new ScanCommand({ TableName: table }))).Items ?? []
  return { ours, theirs, api, sts, start, items }
}

const serversIn = (
  items: readonly Readonly<Record<string, { readonly S?: string; readonly M?: unknown }>>[],
) =>
  Object.fromEntries(
    items.map((item) => {
      const { servers } = (item['backend']?.M ?? {}) as { servers?: { M?: object } }
      return [item['name']?.S ?? '', Object.keys(servers?.M ?? {}).sort()]
    }),
  )

describe('a worker that follows clusters of two accounts', () => {
  it('assumes the role of the other account for its cluster, in its region, and for nothing else', async () => {
    const { ours, theirs, api, sts, start, items } = await twoAccounts()
    const running = start({ ASSUME_ROLE: theirRole, EXTERNAL_ID: 'between-us' })
    await running.logged('ready: every required sink has reached a complete state')
    const truth = Object.fromEntries(
      [...ours.truth(), ...theirs.truth()].map(([service, servers]) => [service, [...servers].sort()]),
    )
    await expect.poll(async () => serversIn(await items())).toEqual(truth)
    for (const item of await items())
      expect(item['owner']).toEqual({ S: 'ecs-task-stream/222222222222:eu-west-1:staging+staging' })

    const used = (accessKey: string) => api.calls.filter((call) => call.accessKey === accessKey)
    expect(new Set(api.calls.map(({ accessKey }) => accessKey))).toEqual(new Set(['OURS', 'THEIRS']))
    expect(new Set(used('OURS').map(({ region }) => region))).toEqual(new Set(['us-east-1']))
    expect(new Set(used('THEIRS').map(({ region }) => region))).toEqual(new Set(['eu-west-1']))
    expect(used('OURS').some(({ body }) => body.includes('222222222222'))).toBe(false)
    // EC2 too, not only ECS.
    expect(used('THEIRS').some(({ body }) => body.includes('Action=DescribeInstances'))).toBe(true)
    // Once for each client of that place, in the environment's region.
    expect(sts.calls.length).toBeLessThanOrEqual(3)
    expect(new Set(sts.calls.map((call) => JSON.stringify(call)))).toEqual(
      new Set([
        JSON.stringify({
          role: theirRole,
          session: 'ecs-task-stream',
          externalId: 'between-us',
          accessKey: 'OURS',
          region: 'us-east-1',
        }),
      ]),
    )
  })

  it('says which role was refused, and keeps our own account right', async () => {
    const { start, items } = await twoAccounts()
    const running = start({ ASSUME_ROLE: theirRole, EXTERNAL_ID: 'a-guess' })
    const failed = await running.logged('source failed')
    expect(failed).toMatchObject({
      reason: expect.stringContaining(`sts:AssumeRole on resource: ${theirRole}`) as string,
    })
    await expect.poll(async () => Object.keys(serversIn(await items()))).toEqual(['web'])
  })
})

describe('wrong settings of clusters and roles', () => {
  it.each([
    [
      { CLUSTER: 'arn:aws:ecs:cn-north-1:111111111111:cluster/a' },
      'names a region outside its partition, aws',
    ],
    [
      { CLUSTER: 'a,arn:aws:ecs:eu-west-1:1:cluster/a' },
      '"arn:aws:ecs:eu-west-1:1:cluster/a" is not a cluster ARN',
    ],
    [{ CLUSTER: 'a,b/c' }, '"b/c" is not a cluster name'],
    [
      { REGION: 'evil.example#' },
      'REGION (--region): expected the name of an AWS region, got "evil.example#"',
    ],
    [
      { QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com.cn/1/q' },
      'QUEUE_URL (--queue-url): expected the http or https URL of an SQS queue',
    ],
    [{ ASSUME_ROLE: 'ecs-reader' }, 'ASSUME_ROLE (--assume-role): expected one or more ARNs of IAM roles'],
    [{ ASSUME_ROLE: theirRole }, 'no cluster of account 222222222222 is followed'],
    [
      {
        ASSUME_ROLE: `${theirRole},arn:aws:iam::222222222222:role/other`,
        CLUSTER: 'arn:aws:ecs:eu-west-1:222222222222:cluster/a',
      },
      'two roles for account 222222222222',
    ],
    [
      { ASSUME_ROLE: theirRole, CLUSTER: 'arn:aws-cn:ecs:cn-north-1:222222222222:cluster/a' },
      'are in different partitions',
    ],
    [
      { EXTERNAL_ID: 'id' },
      'EXTERNAL_ID (--external-id) and ASSUME_ROLE (--assume-role): an external ID has no effect',
    ],
    [{ EXTERNAL_ID: '!', ASSUME_ROLE: theirRole }, 'EXTERNAL_ID (--external-id): expected an external ID'],
  ])('are reported at the start: %o', async (env, problem) => {
    const worker = await bundled.find(({ name }) => name === 'traefik-table')!.load()
    const reading = worker.read(commonSettings, 'traefik-table', [], {
      CLUSTER: 'a',
      TRAEFIK_TABLE: 't',
      ...env,
    })
    if (reading._tag !== 'Problems') throw new Error('nothing is wrong')
    expect(formatProblems('traefik-table', reading.problems)).toContain(problem)
  })

  it.each([
    'a,b-c_D,pattern-*,*',
    'arn:aws:ecs:eu-west-1:123456789012:cluster/a',
    'arn:aws-cn:ecs:cn-north-1:123456789012:cluster/a',
    'arn:aws-eusc:ecs:eusc-de-east-1:123456789012:cluster/a',
  ])('do not include %s', async (CLUSTER) => {
    const worker = await bundled.find(({ name }) => name === 'traefik-table')!.load()
    const reading = worker.read(commonSettings, 'traefik-table', [], { CLUSTER, TRAEFIK_TABLE: 't' })
    expect(reading._tag).toBe('Settings')
  })
})
