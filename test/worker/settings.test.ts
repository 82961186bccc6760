import { networkInterfaces } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Check,
  defaulted,
  integer,
  list,
  listenAddress,
  oneOf,
  onOff,
  optional,
  readSettings,
  required,
  text,
  url,
} from 'ecs-task-stream/worker'

const said = { description: 'It says so', example: 'x' }

const declaration = {
  cluster: required(list('clusters'), { ...said, example: 'staging' }),
  queueUrl: optional(url(), said),
  resyncSeconds: defaulted(integer({ min: 0, max: 86_400, unit: 'seconds' }), 300, said),
  format: defaulted(oneOf('text', 'json'), 'text', said),
  dryRun: defaulted(onOff(), false, said),
  port: optional(listenAddress('::'), said),
  owner: optional(text('owner'), said),
}

const read = (argv: readonly string[], env: Record<string, string> = {}, check?: Check<typeof declaration>) =>
  readSettings(declaration, argv, env, check)

const valuesOf = (argv: readonly string[], env: Record<string, string> = {}) => {
  const result = read(argv, env)
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

const problemsOf = (argv: readonly string[], env: Record<string, string> = {}) => {
  const result = read(argv, env)
  return E.isLeft(result) ? result.left : []
}

describe('settings', () => {
  it('have the types that their declaration implies', () => {
    const settings = valuesOf([], { CLUSTER: 'a' })
    expectTypeOf(settings).toEqualTypeOf<{
      cluster: readonly [string, ...string[]]
      queueUrl: string | undefined
      resyncSeconds: number
      format: 'text' | 'json'
      dryRun: boolean
      port: { readonly host: string; readonly port: number } | undefined
      owner: string | undefined
    }>()
  })

  it('come from the environment, with defaults for what is not given', () => {
    expect(valuesOf([], { CLUSTER: 'staging, production  test', PORT: ':8080', OTHER: 'x' })).toEqual({
      cluster: ['staging', 'production', 'test'],
      queueUrl: undefined,
      resyncSeconds: 300,
      format: 'text',
      dryRun: false,
      port: { host: '::', port: 8080 },
      owner: undefined,
    })
  })

  it('come from flags, which win over the environment', () => {
    const argv = ['--cluster', 'a', '--resync-seconds=0', '--dry-run', '--format', 'json']
    expect(valuesOf(argv, { CLUSTER: 'b', RESYNC_SECONDS: '60', DRY_RUN: 'off' })).toMatchObject({
      cluster: ['a'],
      resyncSeconds: 0,
      dryRun: true,
      format: 'json',
    })
  })

  it('take a list from a flag that is repeated, each word once', () => {
    expect(valuesOf(['--cluster', 'a,b', '--cluster', 'c', '--cluster=a']).cluster).toEqual(['a', 'b', 'c'])
  })

  it('come from the variable of the tool that a worker replaces, where ours is not set', () => {
    const replaced = { url: optional(url(), { ...said, formerly: 'graylog_url' }) }
    const urlOf = (env: Record<string, string>, argv: readonly string[] = []) => {
      const settings = readSettings(replaced, argv, env)
      return E.isRight(settings) ? settings.right.url : settings.left
    }
    expect(urlOf({ graylog_url: 'http://old' })).toBe('http://old')
    expect(urlOf({ graylog_url: 'http://old', URL: '' })).toBe('http://old')
    expect(urlOf({ graylog_url: 'http://old', URL: 'http://new' })).toBe('http://new')
    expect(urlOf({ graylog_url: 'http://old' }, ['--url=http://flag'])).toBe('http://flag')
    expect(urlOf({})).toBeUndefined()
  })

  it('take an empty variable for one that is not set', () => {
    expect(valuesOf([], { CLUSTER: 'a', RESYNC_SECONDS: ' ', PORT: '' })).toMatchObject({
      resyncSeconds: 300,
      port: undefined,
    })
  })

  it.each([
    ['8080', { host: '::', port: 8080 }],
    [':8080', { host: '::', port: 8080 }],
    ['0.0.0.0:8080', { host: '0.0.0.0', port: 8080 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:9100', { host: '::1', port: 9100 }],
  ])('read %s as where to listen', (given, expected) => {
    expect(valuesOf(['--cluster', 'a', '--port', given]).port).toEqual(expected)
  })

  it('listen on every interface without a host, by IPv6 too where the machine has it', () => {
    const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
      all?.some(({ family }) => family === 'IPv6'),
    )
    expect(readSettings({ port: optional(listenAddress(), said) }, ['--port', ':8080'], {})).toEqual(
      E.right({ port: { host: hasIpv6 ? '::' : '0.0.0.0', port: 8080 } }),
    )
  })

  it.each([
    ['--queue-url', 'ftp://example.org'],
    ['--queue-url', 'not a url'],
    ['--resync-seconds', '-1'],
    ['--resync-seconds', '1.5'],
    ['--resync-seconds', '86401'],
    ['--resync-seconds', '1e9999'],
    ['--format', 'yaml'],
    ['--dry-run', 'maybe'],
    ['--port', '65536'],
    ['--port', 'http'],
    ['--owner', ' '],
    ['--cluster', ', ,'],
  ])('refuse %s %s, and say what was expected and what came', (flag, value) => {
    const others = flag === '--cluster' ? [] : ['--cluster', 'a']
    const problems = problemsOf([...others, flag, value])
    expect(problems).toHaveLength(1)
    expect(problems[0]?.where).toContain(flag)
    expect(problems[0]?.message).toMatch(/^expected .+, got ("|nothing)/)
  })

  it('report all problems at once: missing, malformed, contradictory, given twice, unknown and stray', () => {
    const check: Check<typeof declaration> = ({ resyncSeconds, queueUrl }) =>
      resyncSeconds === 0 && queueUrl === undefined
        ? [
            {
              settings: ['resyncSeconds', 'queueUrl'],
              message: 'nothing to learn from',
              example: 'RESYNC_SECONDS=300',
            },
          ]
        : []
    const argv = ['--resync-seconds', '0', '--owner', 'me', '--owner', 'you', '--quue-url', 'http://q']
    expect(read([...argv, '--format', 'text', 'stray'], { PORT: 'nope' }, check)).toEqual(
      E.left([
        { where: '--quue-url', message: 'unknown flag; did you mean --queue-url?', example: undefined },
        { where: 'stray', message: 'unexpected argument', example: undefined },
        {
          where: 'CLUSTER (--cluster)',
          message: 'missing: expected one or more clusters, separated by commas or blanks',
          example: 'CLUSTER=staging',
        },
        {
          where: 'PORT (--port)',
          message: 'expected a port, such as 8080 or :8080, or host:port, got "nope"',
          example: 'PORT=x',
        },
        { where: 'OWNER (--owner)', message: 'given more than once: me and you', example: 'OWNER=x' },
        {
          where: 'RESYNC_SECONDS (--resync-seconds) and QUEUE_URL (--queue-url)',
          message: 'nothing to learn from',
          example: 'RESYNC_SECONDS=300',
        },
      ]),
    )
  })

  it('ask for the value of a flag that has none', () => {
    expect(problemsOf(['--cluster', '--dry-run']).map(({ message }) => message)).toEqual([
      'expected one or more clusters, separated by commas or blanks, got nothing',
    ])
  })

  it('never show more than a little of what came', () => {
    const [problem] = problemsOf(['--cluster', 'a', '--format', 'secret'.repeat(1000)])
    expect(problem?.message.length).toBeLessThan(200)
  })

  it('never throw, whatever the flags and the environment are', () => {
    const flag = fc.oneof(
      fc.constantFrom(...['--cluster', '--port', '--owner', '--dry-run', '-', '--', '---', '--=', '-x=1']),
      fc.constantFrom('--no-cluster', '__proto__', '--__proto__', '--constructor=1', '--help', '--cluster='),
      fc.string(),
    )
    const variable = fc.constantFrom('CLUSTER', 'QUEUE_URL', 'RESYNC_SECONDS', 'PORT', 'DRY_RUN', '__proto__')
    fc.assert(
      fc.property(fc.array(flag), fc.dictionary(variable, fc.string()), (argv, env) => {
        const result = read(argv, env)
        if (E.isLeft(result)) expect(result.left.length).toBeGreaterThan(0)
        else expect(result.right.cluster.length).toBeGreaterThan(0)
      }),
    )
  })

  it('read back what they would be written as', () => {
    const words = fc.array(fc.stringMatching(/^[a-z0-9:/-]{1,9}$/), { minLength: 1 })
    fc.assert(
      fc.property(words, fc.integer({ min: 0, max: 86_400 }), (cluster, seconds) => {
        const settings = valuesOf([`--cluster=${cluster.join(' ')}`, `--resync-seconds=${seconds}`])
        expect(settings.cluster).toEqual([...new Set(cluster)])
        expect(settings.resyncSeconds).toBe(seconds)
      }),
    )
  })
})
