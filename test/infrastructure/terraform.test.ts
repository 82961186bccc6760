import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dataSources, resourceTypes } from '../../scripts/infrastructure/terraform/installation.js'
import { parsed } from '../../scripts/infrastructure/template.js'
import { workerCases } from '../../scripts/infrastructure/worker-cases.js'
import { moduleArguments } from '../../scripts/infrastructure/terraform/module-arguments.js'
import { documentedStatements, documentedZoneStatements } from './documented-actions.js'
import { drivers, parts } from './worker-parts.js'

const folder = 'infrastructure/terraform'
const policies = join(folder, 'worker/policies')

const textsOf = (module: string): string =>
  readdirSync(join(folder, module))
    .filter((name) => name.endsWith('.tf'))
    .map((name) => readFileSync(join(folder, module, name), 'utf8'))
    .join('\n')

interface Traits {
  readonly parts: readonly string[]
  readonly drives: boolean
  readonly owns: boolean
  readonly secret: string | null
}

const traits = JSON.parse(readFileSync(join(folder, 'worker/workers.json'), 'utf8')) as Readonly<
  Record<string, Traits>
>

/** What the placeholders of the policies stand for in docs/iam.md. */
const documented: Readonly<Record<string, string>> = {
  partition: 'aws',
  region: 'eu-west-1',
  account: '123456789012',
  cluster: 'staging',
  queue_arn: 'arn:aws:sqs:eu-west-1:123456789012:ecs-events',
  table_arn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/traefik',
  journal_arn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/ecs-journal',
  event_bus_arn: 'arn:aws:events:eu-west-1:123456789012:event-bus/targets',
  hosted_zone_id: 'Z0123456789ABCDEFGHIJ',
}

const policyOf = (part: string): unknown => {
  const text = readFileSync(join(policies, `${part}.json`), 'utf8')
  const filled = text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = documented[name]
    if (value === undefined)
      throw new Error(`${part}.json has the placeholder ${name}, which the test does not know`)
    return value
  })
  return [JSON.parse(filled)].flat()
}

describe('the policies of the module', () => {
  const all = readdirSync(policies).map((name) => name.replace('.json', ''))

  it.each(all)('%s is the statement of docs/iam.md', (part) => {
    // The page of srv-records narrows what docs/iam.md gives.
    expect(policyOf(part)).toEqual(
      part === 'srvRecords' ? documentedZoneStatements() : documentedStatements(part),
    )
  })

  it('are those of the parts that workers have, and no others', () => {
    const used = Object.values(traits).flatMap((one) => one.parts)
    const ifAskedFor = ['eventBridge', 'cloudMap', 'continuePaused', 'dynamoDbJournal']
    expect(all.sort()).toEqual([...new Set([...used, ...ifAskedFor])].sort())
  })
})

describe('the workers of the module', () => {
  it('are those whose templates have a service', () => {
    const templates = Object.keys(parts).filter((worker) => worker !== 'lambda' && worker !== 'task-proxy')
    expect(Object.keys(traits).sort()).toEqual(templates.sort())
    expect([...new Set(workerCases.map(({ worker }) => worker))].sort()).toEqual(templates.sort())
  })

  it.each(Object.entries(traits))('%s has the parts and the switches of its template', (worker, one) => {
    // The module adds the part of the bus where the target is a bus.
    expect(one.parts).toEqual(parts[worker]!.filter((part) => part !== 'eventBridge'))
    expect(one.drives).toBe(drivers.includes(worker))
    const { Parameters, Resources } = parsed(`${worker}.yaml`)
    expect(one.secret !== null).toBe('SecretArn' in Parameters)
    if (one.secret !== null) expect(JSON.stringify(Resources)).toContain(`"Name":"${one.secret}"`)
  })

  it('can be given whatever the templates can', () => {
    const variables = [...textsOf('worker').matchAll(/^variable "(\w+)"/gm)].map(([, name]) => name)
    for (const one of workerCases)
      expect(Object.keys(moduleArguments(one)).filter((name) => !variables.includes(name))).toEqual([])
  })
})

describe('the modules', () => {
  it('use the types of resources that the check has the schemas of', () => {
    const texts = ['event-path', 'worker'].map(textsOf).join('\n')
    const used = (kind: string) =>
      [...new Set([...texts.matchAll(new RegExp(`^${kind} "(\\w+)"`, 'gm'))].map(([, type]) => type))].sort()
    expect(used('resource')).toEqual([...resourceTypes].sort())
    expect(used('data')).toEqual(Object.keys(dataSources).sort())
  })

  it.each(['event-path', 'worker'])('%s says of every variable and output what it is', (module) => {
    const blocks = [...textsOf(module).matchAll(/^(?:variable|output) "\w+" \{\n([\s\S]*?)^\}/gm)]
    expect(blocks.length).toBeGreaterThan(5)
    expect(blocks.filter(([, body = '']) => !/^ {2}description = "/m.test(body))).toEqual([])
  })

  it.each(['event-path', 'worker', 'example'])('%s is described in docs/deploying.md', (module) => {
    expect(readFileSync('docs/deploying.md', 'utf8')).toContain(`infrastructure/terraform/${module}`)
  })
})
