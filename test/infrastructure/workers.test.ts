import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { bundled } from '../../src/worker/runner/bundled.js'
import { commonSettings } from '../../src/worker/settings/common-settings.js'
import { variableOf } from '../../src/worker/settings/setting-name.js'
import type { DefinedWorker } from '../../src/worker/runner/worker.js'
import { documentedActions, documentedZoneStatements } from './documented-actions.js'
import { drivers, parts } from './worker-parts.js'
import {
  ofType,
  parsed,
  type Plain,
  type Resource,
  resourcesOf,
  sampleParameters,
  templateNames,
  textOf,
} from '../../scripts/infrastructure/template.js'

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: string
  readonly Condition?: Plain
}

interface Container {
  readonly Name: string
  readonly Command?: readonly string[]
  readonly User?: string
  readonly ReadonlyRootFilesystem: boolean
  readonly StopTimeout?: number
  readonly Environment?: readonly { readonly Name: string; readonly Value: string }[]
  readonly Secrets?: readonly { readonly Name: string; readonly ValueFrom: string }[]
  readonly HealthCheck?: { readonly Command: readonly string[] }
  readonly LogConfiguration: { readonly LogDriver: string }
}

/** Beside the parts: what Lambda itself needs of a function's role. */
const ofLambda = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
]

/** Whose templates have no journal: a proxy has no queue that several could share. */
const withoutJournal = ['task-proxy']

/** Every parameter that switches something, both ways. */
const variants = [
  {},
  {
    EcsAnywhere: 'true',
    SecretArn: 'arn:aws:secretsmanager:eu-west-1:1:secret:s',
    TargetGroupArn: 'arn:tg',
    ContinuePaused: 'on',
    Journal: 'on',
    Target: 'webhook',
    WebhookUrl: 'https://targets.example.com/ecs',
  },
  { Target: 'cloud-map', NamespaceId: 'ns-0123456789abcdef' },
  { Target: 'haproxy', HaproxyAddress: '10.0.0.9:9999' },
]

const resourcesIn = (worker: string, given: Readonly<Record<string, Plain>>) => {
  const template = parsed(`${worker}.yaml`)
  return resourcesOf(template, { ...sampleParameters(template), ...given })
}

const statementsOf = (resources: Readonly<Record<string, Resource>>, role: string): readonly Statement[] =>
  (
    (resources[role]?.Properties['Policies'] ?? []) as unknown as readonly {
      readonly PolicyDocument: { readonly Statement: readonly Statement[] }
    }[]
  ).flatMap(({ PolicyDocument }) => PolicyDocument.Statement)

const containerOf = (resources: Readonly<Record<string, Resource>>): Container => {
  const [definition] = ofType(resources, 'AWS::ECS::TaskDefinition')
  const containers = definition?.[1]['ContainerDefinitions'] as unknown as readonly Container[]
  return containers.find(({ Command }) => Command !== undefined)!
}

const load = async (worker: string): Promise<DefinedWorker> =>
  ((await import(`../../examples/${worker}.ts`)) as { readonly default: DefinedWorker }).default

const taskWorkers = Object.keys(parts).filter((name) => name !== 'lambda')

describe('the templates', () => {
  it('are one for each worker that the command starts, for the function, and for the event path', () => {
    const described = [...Object.keys(parts), 'event-path', 'event-queue'].map((name) => `${name}.yaml`)
    expect(templateNames).toEqual(described.sort())
    const withoutTemplate = bundled.map(({ name }) => name).filter((name) => parts[name] === undefined)
    expect(withoutTemplate).toEqual([])
  })

  it.each(templateNames)('%s is described in docs/deploying.md', (name) => {
    expect(readFileSync('docs/deploying.md', 'utf8')).toContain(`infrastructure/${name}`)
  })

  it.each(templateNames)('%s gives a reason in a comment wherever a resource is "*"', (name) => {
    const lines = textOf(name).split('\n')
    const bare = lines.filter(
      (line, i) =>
        /Resource: '\*'|Principal: '\*'|Action: '?\*/.test(line) && !/^\s*# \S/.test(lines[i - 1] ?? ''),
    )
    expect(bare).toEqual([])
  })
})

describe.each(Object.keys(parts))('the role of %s', (worker) => {
  const role = worker === 'lambda' ? 'Role' : 'TaskRole'

  it('allows exactly the actions that docs/iam.md asks for', () => {
    const resources = resourcesIn(worker, { EcsAnywhere: 'true', EventBusArn: 'arn:bus' })
    const statements = statementsOf(resources, role)
    expect(statements.every(({ Effect }) => Effect === 'Allow')).toBe(true)
    const allowed = statements.flatMap(({ Action }) => Action)
    const asked = [
      ...parts[worker]!.flatMap((part) => documentedActions(part)),
      ...(worker === 'lambda' ? ofLambda : []),
    ]
    expect([...allowed].sort()).toEqual(asked.sort())
  })

  it('may continue deployments only if that is asked for', () => {
    const allowed = (ContinuePaused: string) =>
      statementsOf(resourcesIn(worker, { ContinuePaused }), role).filter(({ Action }) =>
        [Action].flat().includes('ecs:ContinueServiceDeployment'),
      )
    expect(allowed('off')).toEqual([])
    expect(allowed('on').flatMap(({ Action }) => Action)).toEqual(
      drivers.includes(worker) ? documentedActions('continuePaused') : [],
    )
  })

  it('may use a journal only if there is one', () => {
    const allowed = (Journal: string) =>
      statementsOf(resourcesIn(worker, { Journal }), role).filter(
        ({ Resource }) => Resource === 'arn:of:JournalTable',
      )
    expect(allowed('off')).toEqual([])
    expect(
      allowed('on')
        .flatMap(({ Action }) => Action)
        .toSorted(),
    ).toEqual(withoutJournal.includes(worker) ? [] : documentedActions('dynamoDbJournal'))
  })

  it('leaves out Systems Manager where there are no external instances', () => {
    const actions = statementsOf(resourcesIn(worker, {}), role).flatMap(({ Action }) => Action)
    expect(actions.filter((action) => action.startsWith('ssm:'))).toEqual([])
  })

  it('reaches one cluster, and else only what knows no resources', () => {
    const everywhere = statementsOf(resourcesIn(worker, { EcsAnywhere: 'true' }), role).filter(
      ({ Resource }) => Resource === '*',
    )
    expect(everywhere.flatMap(({ Action }) => Action)).toEqual([
      'ecs:ListTasks',
      'ec2:DescribeInstances',
      'ssm:DescribeInstanceInformation',
      'ecs:DescribeTaskDefinition',
    ])
    expect(everywhere.slice(0, 2).every(({ Condition }) => Condition !== undefined)).toBe(true)
  })
})

describe.each(taskWorkers)('the task of %s', (worker) => {
  it.each(variants)('gives settings that the worker has, and all that it requires: %o', async (given) => {
    const container = containerOf(resourcesIn(worker, given))
    expect(container.Command).toEqual([worker])
    const defined = await load(worker)
    const environment = Object.fromEntries([
      // A reference to a table stands for its name.
      ...(container.Environment ?? []).map(({ Name, Value }) => [Name, Value.replace('ref:', '')]),
      ...(container.Secrets ?? []).map(({ Name }) => [Name, 'whsec_a-long-random-text']),
    ]) as Readonly<Record<string, string>>
    const help = defined.read(commonSettings, worker, ['--help'], environment)
    if (help._tag !== 'Help') throw new Error('it has no help')
    const variables = [...help.text.replace(/\s+/g, ' ').matchAll(/\[([A-Z][A-Z0-9_]*)=/g)].map(
      ([, name]) => name,
    )
    expect(Object.keys(environment).filter((name) => !variables.includes(name))).toEqual([])
    const reading = defined.read(commonSettings, worker, [], environment)
    expect(reading._tag === 'Problems' ? reading.problems : []).toEqual([])
    if (reading._tag !== 'Settings') return
    expect(reading.common.dryRun).toBe(false)
    // Where the health check asks is where the worker listens.
    expect(container.HealthCheck?.Command.at(-1)).toContain(
      `127.0.0.1:${reading.common.port?.port ?? 0}/health`,
    )
  })

  it('takes what is secret from Secrets Manager, and from nowhere else', () => {
    for (const given of variants) {
      const resources = resourcesIn(worker, given)
      const { Environment = [], Secrets = [] } = containerOf(resources)
      expect(Environment.filter(({ Name }) => /TOKEN|SECRET|PASSWORD|KEY/.test(Name))).toEqual([])
      const readable = statementsOf(resources, 'ExecutionRole').map(({ Resource }) => Resource)
      expect(Secrets.map(({ ValueFrom }) => ValueFrom)).toEqual(readable)
    }
  })

  it('is confined: no root, no writing, a log, and time to drain', () => {
    const container = containerOf(resourcesIn(worker, {}))
    expect(container).toMatchObject({ User: '1000:1000', ReadonlyRootFilesystem: true })
    expect(container.LogConfiguration.LogDriver).toBe('awslogs')
    // The worker drains for 20 s; Fargate waits for two minutes at most.
    expect(container.StopTimeout).toBeGreaterThan(20)
    expect(container.StopTimeout).toBeLessThanOrEqual(120)
  })

  it('runs once, and the old one ends before the new one begins', () => {
    const services = ofType(resourcesIn(worker, {}), 'AWS::ECS::Service')
    if (worker === 'task-proxy') {
      expect(services).toEqual([])
      return
    }
    expect(services).toMatchObject([
      [
        'Service',
        { DesiredCount: 1, DeploymentConfiguration: { MinimumHealthyPercent: 0, MaximumPercent: 100 } },
      ],
    ])
  })

  it('runs as often as is asked for with a journal alone, and the new one begins before the old one ends', () => {
    if (withoutJournal.includes(worker)) return
    const count = (given: Readonly<Record<string, Plain>>) =>
      ofType(resourcesIn(worker, given), 'AWS::ECS::Service').map(([, properties]) => properties)
    expect(count({ DesiredCount: 3 })).toMatchObject([{ DesiredCount: 1 }])
    expect(count({ DesiredCount: 3, Journal: 'on' })).toMatchObject([
      { DesiredCount: 3, DeploymentConfiguration: { MinimumHealthyPercent: 100, MaximumPercent: 200 } },
    ])
  })
})

describe.each(['traefik-table', 'ecs-task-tracker', 'lambda'])('the table of %s', (worker) => {
  it('has the key that Traefik v1 reads by, and outlives its stack', () => {
    const { Table } = resourcesIn(worker, {})
    expect(Table).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      },
    })
  })
})

describe.each(Object.keys(parts).filter((worker) => !withoutJournal.includes(worker)))(
  'the journal of %s',
  (worker) => {
    it('is a table with the key of dynamoDbJournal, whose entries expire, and nobody deletes it by mistake', () => {
      expect(resourcesIn(worker, {})).not.toHaveProperty('JournalTable')
      expect(resourcesIn(worker, { Journal: 'on' })['JournalTable']).toMatchObject({
        DeletionPolicy: 'Retain',
        Properties: {
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'journal', AttributeType: 'S' },
            { AttributeName: 'number', AttributeType: 'N' },
          ],
          KeySchema: [
            { AttributeName: 'journal', KeyType: 'HASH' },
            { AttributeName: 'number', KeyType: 'RANGE' },
          ],
          TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          DeletionProtectionEnabled: true,
        },
      })
    })
  },
)

describe('the role of srv-records', () => {
  it('is narrowed by the conditions that its page gives, for one hosted zone', () => {
    const ofZone = statementsOf(
      resourcesIn('srv-records', { HostedZoneId: 'Z0123456789ABCDEFGHIJ' }),
      'TaskRole',
    ).filter(({ Action }) => [Action].flat().some((action) => action.startsWith('route53:')))
    expect(ofZone).toEqual(documentedZoneStatements())
  })
})

describe('the role of target, for Cloud Map', () => {
  it('allows what docs/iam.md asks for, and nothing of the other targets', () => {
    const ofTarget = statementsOf(resourcesIn('target', { Target: 'cloud-map' }), 'TaskRole')
      .flatMap(({ Action }) => Action)
      .filter((action) => /^(?:servicediscovery|events):/.test(action))
    expect([...ofTarget].sort()).toEqual(documentedActions('cloudMap'))
  })
})

describe('the function', () => {
  const resources = resourcesIn('lambda', {})
  const properties = resources['Function']!.Properties
  const environment = (properties['Environment'] as unknown as { readonly Variables: Record<string, string> })
    .Variables

  it('gets settings that it has, and all that it requires', async () => {
    for (const [name, value] of Object.entries({ ...environment, AWS_REGION: 'eu-west-1' }))
      vi.stubEnv(name, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const { declaration, handler } = await import('../../examples/lambda.js')
    expect(handler).toBeTypeOf('function')
    const variables = Object.keys(declaration).map(variableOf)
    expect(Object.keys(environment).filter((name) => !variables.includes(name))).toEqual([])
    expect(properties['Handler']).toBe('lambda.handler')
  })

  it('reports which messages it did not apply, one invocation at a time', () => {
    expect(resources['EventSourceMapping']?.Properties).toMatchObject({
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    })
    expect(properties['ReservedConcurrentExecutions']).toBe(1)
  })

  it('with a journal, runs at any concurrency', async () => {
    const journaled = resourcesIn('lambda', { Journal: 'on', MaximumConcurrency: 20 })
    expect(journaled['EventSourceMapping']?.Properties).toMatchObject({
      ScalingConfig: { MaximumConcurrency: 20 },
    })
    const { ReservedConcurrentExecutions, Environment } = journaled['Function']!.Properties
    expect(ReservedConcurrentExecutions).toBeUndefined()
    expect(Environment).toMatchObject({ Variables: { JOURNAL: 'dynamodb:ref:JournalTable' } })
    const { declaration } = await import('../../examples/lambda.js')
    expect(declaration).toHaveProperty('journal')
  })

  it('is scheduled, by a rule that may invoke it', () => {
    expect(resources['Schedule']?.Properties).toMatchObject({
      ScheduleExpression: 'rate(5 minutes)',
      Targets: [{ Arn: 'arn:of:Function' }],
    })
    expect(resources['SchedulePermission']?.Properties).toMatchObject({
      Principal: 'events.amazonaws.com',
      SourceArn: 'arn:of:Schedule',
    })
  })

  it('has time for its work within the visibility that the event path sets, six times over', () => {
    const told = /VisibilitySeconds (\d+)/.exec(textOf('lambda.yaml'))?.[1]
    expect(Number(told)).toBe(6 * Number(properties['Timeout']))
  })
})

describe('the pages', () => {
  it('of the templates and of the function exist', () => {
    expect(['docs/deploying.md', 'docs/lambda.md'].filter((page) => !existsSync(page))).toEqual([])
  })
})
