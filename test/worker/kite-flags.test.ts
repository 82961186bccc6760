/**
 * The command lines of ecs-task-kite. What it makes of each was seen by running it (8a57589, built with Go 1.26), and
 * is written down here; what the worker makes of each is asked of its composition.
 */
import { describe, expect, it } from 'vitest'
import worker from '../../examples/task-proxy.js'
import type { Exposable } from '../../src/core/policy.js'
import { commonSettings } from '../../src/worker/settings/common-settings.js'

const read = (line: string, env: Readonly<Record<string, string>> = {}) =>
  worker.read(commonSettings, 'task-proxy', line === '' ? [] : line.split(' '), env)

const composed = (line: string, env: Readonly<Record<string, string>> = {}) => {
  const reading = read(line, env)
  if (reading._tag !== 'Settings') throw new Error(JSON.stringify(reading))
  return reading.compose()
}

const arns = 'arn:aws:ecs:us-east-1:123456789012'
const services = ['web', 'shop']
const definitions = ['web:3', 'web:4', 'shop:3']
const containers = ['web', 'api', '-family', 'a=b']

const task = (service: string, revision: string, container: string): Exposable => ({
  arn: `${arns}:task/default/1`,
  cluster: `${arns}:cluster/default`,
  group: `service:${service}`,
  definition: `${arns}:task-definition/${revision}`,
  instance: `${arns}:container-instance/default/1`,
  launchType: 'EC2',
  capacityProvider: undefined,
  zone: undefined,
  startedBy: undefined,
  interface: undefined,
  containers: [
    {
      name: container,
      arn: undefined,
      bindings: [{ containerPort: 80, hostPort: 32_768, protocol: 'tcp', count: 1 }],
    },
  ],
})

/** Every task of the world that a policy offers, each as `<service> <revision> <container>`. */
const offered = (
  offers: (service: string, revision: string, container: string) => boolean,
): readonly string[] =>
  services.flatMap((service) =>
    definitions.flatMap((revision) =>
      containers
        .filter((container) => offers(service, revision, container))
        .map((container) => `${service} ${revision} ${container}`),
    ),
  )

interface Understood {
  readonly name?: string
  readonly service?: string
  readonly family?: string
  readonly cluster?: string
  readonly isPublic?: boolean
  /** As logrus has it. */
  readonly level?: 'panic' | 'fatal' | 'error' | 'warning' | 'info' | 'debug'
}

/** It lists tasks by both filters, and takes the container by its name. */
const offeredByKite = ({ name = 'web', service = '', family = '' }: Understood): readonly string[] =>
  offered(
    (ofService, revision, container) =>
      container === name &&
      (service === '' || ofService === service) &&
      (family === '' || revision === family || revision.startsWith(`${family}:`)),
  )

const levels = {
  panic: 'fatal',
  fatal: 'fatal',
  error: 'error',
  warning: 'warn',
  info: 'info',
  debug: 'debug',
}

const web: Understood = { service: 'web' }

describe('a command line that ecs-task-kite understands', () => {
  const row = (line: string, kite: Understood, warning?: RegExp) => [line, kite, warning] as const
  const lines: readonly (readonly [line: string, kite: Understood, warning: RegExp | undefined])[] = [
    row('-name=web -service=web', web),
    row('-name web -family web', { family: 'web' }),
    row('--name=web --family web:3', { family: 'web:3' }),
    row(
      '-name=web -family=web -service=shop',
      { family: 'web', service: 'shop' },
      /service shop .*family web/,
    ),
    row('-name=web -service=web -public', { ...web, isPublic: true }),
    row('-name=web -service=web --public', { ...web, isPublic: true }),
    row('-public -name=web -service=web', { ...web, isPublic: true }),
    ...['T', 'TRUE', 'True', 'true', 't', '1'].map((yes) =>
      row(`-name=web -service=web -public=${yes}`, { ...web, isPublic: true }),
    ),
    ...['F', 'f', '0', 'FALSE', 'False', 'false'].map((no) =>
      row(`-name=web -service=web -public=${no}`, web),
    ),
    // A switch takes no word after it: this is `-public`, and a word.
    row('-name=web -service=web -public false', { ...web, isPublic: true }, /ignored: false.*-public=false/),
    row('-name=web -service=web stray -cluster=production', web, /ignored: stray -cluster=production/),
    row('-name=web -service=web -- -cluster=production', web, /ignored: -cluster=production/),
    row('-name=web -service=web - -cluster=production', web, /ignored: - -cluster=production/),
    row('-name=web -service=web --', web),
    row('-name=web -name=api -service=web', { ...web, name: 'api' }, /--name.*more than once/),
    row('-name=web -family=web -service=', { family: 'web' }),
    row('-name=web -service=web -cluster=', web),
    row('-name=web -service=web -cluster=staging', { ...web, cluster: 'staging' }),
    row('-name -family -service=web', { ...web, name: '-family' }),
    row('-name=a=b -service=web', { ...web, name: 'a=b' }),
    row('-name=web -service=web -loglevel=panic', { ...web, level: 'panic' }),
    row('-name=web -service=web -loglevel=fatal', { ...web, level: 'fatal' }),
    row('-name=web -service=web -loglevel error', { ...web, level: 'error' }),
    row('-name=web -service=web -loglevel=warn', { ...web, level: 'warning' }),
    row('-name=web -service=web -loglevel=warning', { ...web, level: 'warning' }),
    row('-name=web -service=web -loglevel=info', web),
    row('-name=web -service=web -loglevel=debug', { ...web, level: 'debug' }),
    row('-name=web -service=web -loglevel=INFO', web, /"INFO" is not a log level/),
    row('-name=web -service=web -loglevel=DEBUG', web, /"DEBUG" is not a log level/),
    row('-name=web -service=web -loglevel=trace', web, /"trace" is not a log level/),
    row('-name=web -service=web -loglevel=toString', web, /"toString" is not a log level/),
    row('-name=web -service=web -loglevel=', web),
  ]

  it.each(lines)('means the same here: %s', async (line, kite, warning) => {
    const { expose: policy, clusters, logLevel, warnings = [] } = await composed(line)
    const isPublic = policy.expose(
      { ...task(kite.service ?? 'web', 'web:3', kite.name ?? 'web'), launchType: 'EXTERNAL' },
      undefined,
    )._tag
    expect({ clusters, logLevel, isPublic: isPublic === 'Refused' }).toEqual({
      clusters: [kite.cluster ?? 'default'],
      logLevel: levels[kite.level ?? 'info'],
      isPublic: kite.isPublic ?? false,
    })
    expect(
      offered((...named) => {
        const exposure = policy.expose(task(...named), undefined)
        return exposure._tag === 'Ports' && exposure.ports.length > 0
      }),
    ).toEqual(offeredByKite(kite))
    const unusual = warnings.filter((each) => !each.startsWith('no QUEUE_URL'))
    expect(unusual).toEqual(warning === undefined ? [] : [expect.stringMatching(warning)])
  })
})

describe('a command line with which ecs-task-kite does not start', () => {
  it.each([
    ['-public false -name=web -service=web', /NAME/],
    ['-name=web stray -service=web', /SERVICE/],
    ['-name=web -service=web -public=tRUEs', /PUBLIC/],
    ['-name=web -service=web -public=', /--public/],
    ['-name=web -service=web -service=', /SERVICE/],
    ['-name=web -family= -service=', /SERVICE/],
    ['-name= -service=web', /NAME/],
    ['-name=web -service=web -name', /--name/],
    ['-name=web -service=web -verbose', /-verbose/],
    ['-name=web -service=web -verbose=1', /-verbose/],
    ['-name=web -service=web -Cluster=x', /-Cluster/],
    ['-name=web -service=web ---cluster=x', /---cluster=x/],
    ['-name=web -service=web -=x', /-=x/],
    ['-service=web', /NAME/],
    ['-name=web', /SERVICE/],
  ])('does not start here: %s', (line, where) => {
    const reading = read(line)
    expect(reading._tag).toBe('Problems')
    expect(reading._tag === 'Problems' && reading.problems.map((problem) => problem.where).join()).toMatch(
      where,
    )
  })

  it('says which words it has not read, where they would have mattered', () => {
    const reading = read('-public false -name=web -service=web')
    expect(
      reading._tag === 'Problems' && reading.problems.map(({ message }) => message).join('\n'),
    ).toContain('ignored: false -name=web -service=web')
  })

  it.each(['-h', '-help', '-name=web --help'])('prints the help for %s', (line) => {
    expect(read(line)._tag).toBe('Help')
  })
})

describe('the environment', () => {
  it('says what flags do not, and an empty flag says that there is nothing', async () => {
    const env = { NAME: 'api', SERVICE: 'shop', PUBLIC: 'on', LOGLEVEL: 'warn' }
    expect((await composed('', env)).logLevel).toBe('warn')
    expect((await composed('-loglevel=debug', env)).logLevel).toBe('debug')
    expect((await composed('-loglevel=', env)).logLevel).toBe('info')
    expect(read('-service=', env)._tag).toBe('Problems')
  })
})
