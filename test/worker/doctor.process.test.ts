import { describe, expect, it, onTestFinished } from 'vitest'
import { stsApi } from '../../sim/aws-api/sts-api.js'
import { embeddedDynamoDb } from '../../sim/dynamodb/embedded-dynamodb.js'
import { accounts } from './account.js'

interface Report {
  readonly parts: readonly {
    readonly part: string
    readonly findings: readonly { readonly about: string; readonly result: string; readonly detail: string }[]
  }[]
}

/** `<part>: <about>`, by result. */
const byResult = (out: string, wanted: string): readonly string[] =>
  (JSON.parse(out) as Report).parts.flatMap(({ part, findings }) =>
    findings.filter(({ result }) => result === wanted).map(({ about }) => `${part}: ${about}`),
  )

const detailOf = (out: string, about: string): string =>
  (JSON.parse(out) as Report).parts
    .flatMap(({ findings }) => findings)
    .find((finding) => finding.about === about)?.detail ?? ''

describe('doctor, over the wire', () => {
  const account = accounts()

  const world = async () => {
    const { api, command, queueUrl } = await account([{ name: 'web', placement: 'bridge', desiredCount: 3 }])
    const dynamodb = await embeddedDynamoDb()
    onTestFinished(() => dynamodb.close())
    await dynamodb.createTable('traefik')
    await dynamodb.createJournalTable('journal')
    const sts = await stsApi([])
    onTestFinished(() => sts.close())
    const doctor = (
      more: Readonly<Record<string, string>> = {},
      argv: readonly string[] = ['--format', 'json'],
    ) =>
      command(['doctor', 'traefik-table', ...argv], {
        QUEUE_URL: queueUrl,
        TRAEFIK_TABLE: 'traefik',
        AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
        AWS_ENDPOINT_URL_STS: sts.url,
        ...more,
      }).ended
    return { api, dynamodb, doctor }
  }

  it('finds nothing that fails where all is well, and takes and writes nothing', async () => {
    const { doctor } = await world()
    const { code, out, err } = await doctor()
    expect({ code, err, failed: byResult(out, 'failed') }).toEqual({ code: 0, err: '', failed: [] })
    expect(byResult(out, 'ok')).toEqual(
      expect.arrayContaining([
        'AWS: region',
        'AWS: identity',
        'AWS: clock',
        'sqs: queue',
        'ecs-snapshots: cluster staging',
        'ecs-snapshots: ecs:ListTasks in staging',
        'ecs-snapshots: ecs:DescribeTasks in staging',
        'instance-addresses: ecs:DescribeContainerInstances in staging',
        'instance-addresses: ec2:DescribeInstances',
        'task-definitions: ecs:DescribeTaskDefinition',
        'service-deployments: ecs:DescribeServices in staging',
        'traefik-table: reading the target',
        'traefik-table: dynamodb:UpdateItem',
      ]),
    )
    expect(detailOf(out, 'identity')).toContain('assumed-role/worker')
    expect(detailOf(out, 'cluster staging')).toContain('3 running tasks')
    // The embedded queue has no policy and no redrive.
    expect(byResult(out, 'warning')).toEqual(['sqs: queue policy', 'sqs: dead-letter queue'])
  })

  it('names every permission that is missing', async () => {
    const { api, doctor } = await world()
    api.inject((operation) => (['ListTasks', 'DescribeInstances'].includes(operation) ? 'denied' : 'ok'))
    const { code, out } = await doctor()
    expect(code).toBe(1)
    expect(byResult(out, 'failed')).toEqual([
      'ecs-snapshots: ecs:ListTasks in staging',
      'instance-addresses: ec2:DescribeInstances',
    ])
    expect(detailOf(out, 'ec2:DescribeInstances')).toContain('allow it in the IAM policy')
  })

  it.each([
    ['another cluster', { CLUSTER: 'stagign' }, 'ecs-snapshots: cluster stagign'],
    ['another table', { TRAEFIK_TABLE: 'treafik' }, 'traefik-table: reading the target'],
    ['a table with other keys', { TRAEFIK_TABLE: 'journal' }, 'traefik-table: dynamodb:UpdateItem'],
    [
      'another queue',
      { QUEUE_URL: 'https://sqs.us-east-1.amazonaws.com/000000000000/nothing' },
      'sqs: sqs:GetQueueAttributes',
    ],
  ])('finds %s', async (_what, env, failed) => {
    const { doctor } = await world()
    const { code, out } = await doctor(env)
    expect(code).toBe(1)
    expect(byResult(out, 'failed')).toEqual([failed])
  })

  it('says without a region that there is none', async () => {
    const { doctor } = await world()
    const { code, out } = await doctor({ AWS_REGION: '' })
    expect(code).toBe(1)
    expect(byResult(out, 'failed')).toContain('AWS: region')
  })

  it('prints a table, and what follows from it', async () => {
    const { doctor } = await world()
    const { out } = await doctor({}, [])
    expect(out).toMatch(/^AWS +region +ok +us-east-1, from the environment$/m)
    expect(out).toMatch(/^sqs +queue +ok {7}/m)
    expect(out).toMatch(/\nNo failure, and 2 warnings\.\n$/)
    const failing = await doctor({ CLUSTER: 'stagign' }, [])
    expect(failing.out).toMatch(/\n1 failure: the worker would not do its work\.\n$/)
  })

  it('ends with 64 for wrong settings', async () => {
    const { doctor } = await world()
    expect((await doctor({ RESYNC_SECONDS: 'often' })).code).toBe(64)
  })
})
