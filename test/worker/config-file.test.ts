import { Ajv } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import {
  defaulted,
  defineWorker,
  integer,
  list,
  listenAddress,
  oneOf,
  onOff,
  optional,
  required,
  text,
  url,
} from 'ecs-task-stream/worker'
import { configText } from '../../src/worker/runner/print-config.js'
import { configOf } from '../../src/worker/settings/config-file.js'
import { yamlContent } from '../../src/worker/settings/yaml-content.js'
import { configSchema } from '../../src/worker/settings/config-schema.js'
import { variableOf } from '../../src/worker/settings/setting-name.js'

const said = { description: 'It says so', example: 'x' }

const settings = {
  cluster: required(list('clusters'), said),
  queueUrl: optional(url(), said),
  resyncSeconds: defaulted(integer({ min: 0, max: 86_400, unit: 'seconds' }), 300, said),
  mode: defaulted(oneOf('fast', 'slow'), 'fast', said),
  dryRun: defaulted(onOff(), false, { ...said, isShared: true }),
  port: optional(listenAddress('::'), said),
  owner: optional(text('owner'), said),
  readToken: optional(list('secrets'), { ...said, isSecret: true }),
}

const worker = defineWorker({
  name: 'test',
  summary: 'Tests',
  settings,
  compose: () => {
    throw new Error('only read')
  },
})

const read = (content: string, argv: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  worker.read({}, 'test', argv, env, configOf('ecs.yaml', yamlContent(content)))

const shown = (...given: Parameters<typeof read>) => {
  const reading = read(...given)
  if (reading._tag !== 'Settings') throw new Error(JSON.stringify(reading))
  return Object.fromEntries(reading.shown.map(({ name, value }) => [name, value]))
}

const problems = (...given: Parameters<typeof read>) => {
  const reading = read(...given)
  if (reading._tag !== 'Problems') throw new Error(JSON.stringify(reading))
  return reading.problems.map(({ where, message }) => `${where}: ${message}`)
}

describe('a configuration file', () => {
  it('gives settings by their names in code', () => {
    expect(
      shown('cluster: [staging, production]\nresyncSeconds: 60\ndryRun: true\nport: 8080\nmode: slow'),
    ).toMatchObject({
      cluster: 'staging,production',
      resyncSeconds: 60,
      dryRun: 'on',
      port: '[::]:8080',
      mode: 'slow',
    })
  })

  it('may be JSON', () => {
    expect(shown('{"cluster": "staging", "dryRun": false}')).toMatchObject({
      cluster: 'staging',
      dryRun: 'off',
    })
  })

  it('goes after flags and the environment', () => {
    const file = 'cluster: file\nowner: file\nmode: slow'
    expect(shown(file, ['--cluster', 'flag'], { CLUSTER: 'variable', OWNER: 'variable' })).toMatchObject({
      cluster: 'flag',
      owner: 'variable',
      mode: 'slow',
    })
  })

  it('may leave a setting without a value, as if it were not there', () => {
    expect(shown('cluster: staging\nowner:\nresyncSeconds: null')).toMatchObject({
      resyncSeconds: 300,
    })
  })

  it.each([
    ['clusster: x', /^ecs\.yaml: clusster: unknown setting; did you mean cluster\?$/],
    [
      'cluster: x\nresyncSeconds: often',
      /^ecs\.yaml: resyncSeconds: expected a whole number of seconds from 0 to 86400, got "often"$/,
    ],
    [
      'cluster: {a: b}',
      /^ecs\.yaml: cluster: expected a text, a number, true, false, or a list of them, got a map$/,
    ],
    ['cluster: [a, [b]]', /^ecs\.yaml: cluster\[1\]: expected a text, a number, true, false, got a list$/],
    ['cluster: x\nport: [1, 2]', /^ecs\.yaml: port: given more than once: 1 and 2$/],
    ['- cluster', /^ecs\.yaml: expected settings and their values, got a list$/],
    ['cluster: "x', /^ecs\.yaml: expected YAML: /],
    ['cluster: x\ncluster: y', /^ecs\.yaml: expected YAML: Map keys must be unique/],
    ['a: &a [x, x]\ncluster: *a', /^ecs\.yaml: expected YAML without aliases$/],
  ])('that says %j is refused where it is wrong', (content, message) => {
    expect(problems(content)).toContainEqual(expect.stringMatching(message))
  })

  it('never shows a secret', () => {
    const reading = read('cluster: x\nreadToken: [s3cret, t0ken]')
    if (reading._tag !== 'Settings') throw new Error('refused')
    expect(JSON.stringify(reading.shown)).not.toMatch(/s3cret|t0ken/)
    expect(configText('test', reading.shown)).toContain('# readToken: a secret, from ecs.yaml')
  })

  it('whatever it has, is read or refused with its path, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => stringify(value)),
        ),
        (content) => {
          const reading = read(content)
          expect(['Settings', 'Problems']).toContain(reading._tag)
        },
      ),
    )
  })
})

const values = fc.record(
  {
    queueUrl: fc.webUrl(),
    resyncSeconds: fc.integer({ min: 0, max: 86_400 }).map(String),
    mode: fc.constantFrom('fast', 'slow'),
    dryRun: fc.constantFrom('on', 'off', 'true', 'false'),
    port: fc.integer({ min: 0, max: 65_535 }).map((port) => `:${port}`),
    // What YAML might take for something else than a text.
    owner: fc.oneof(
      fc.stringMatching(/^[!-~]{1,20}$/),
      fc.constantFrom('null', '~', 'true', '007', '1e3', '0x10', '- a', 'a: b', '#x', '"', "'", '2026-01-01'),
    ),
  },
  { requiredKeys: [] },
)

describe('--print-config', () => {
  it('prints a file that gives the same settings, and says where each comes from', () => {
    fc.assert(
      fc.property(values, (given) => {
        const env = Object.fromEntries(
          Object.entries({ cluster: 'staging', ...given }).map(([name, value]) => [variableOf(name), value]),
        )
        const reading = read('', [], env)
        if (reading._tag !== 'Settings') throw new Error(JSON.stringify(reading))
        const printed = configText('test', reading.shown)
        expect(printed).toContain('cluster: staging # CLUSTER')
        expect(shown(printed)).toEqual(
          Object.fromEntries(reading.shown.map(({ name, value }) => [name, value])),
        )
      }),
    )
  })
})

describe('the schema', () => {
  const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(configSchema(worker, {}))

  it('takes what is printed', () => {
    fc.assert(
      fc.property(values, (given) => {
        const reading = read(stringify({ cluster: ['staging'], ...given }))
        if (reading._tag !== 'Settings') throw new Error(JSON.stringify(reading))
        expect(validate(parse(configText('test', reading.shown))), JSON.stringify(validate.errors)).toBe(true)
      }),
    )
  })

  it.each([
    { clusster: 'x' },
    { resyncSeconds: -1 },
    { mode: 'medium' },
    { cluster: [] },
    { dryRun: 'perhaps' },
  ])('refuses %j', (content) => {
    expect(validate(content)).toBe(false)
  })
})

describe('the environment', () => {
  const bare = (env: Readonly<Record<string, string>>) => worker.read({}, 'test', [], env)

  it('has each variable with our prefix, too, which goes first', () => {
    expect(
      shown('', [], { ECS_TASK_STREAM_CLUSTER: 'ours', CLUSTER: 'plain', ECS_TASK_STREAM_OWNER: 'me' }),
    ).toMatchObject({ cluster: 'ours', owner: 'me' })
  })

  it('names the variable that is wrong', () => {
    expect(problems('', [], { ECS_TASK_STREAM_CLUSTER: 'x', ECS_TASK_STREAM_MODE: 'medium' })).toEqual([
      'ECS_TASK_STREAM_MODE (--mode): expected one of fast, slow, got "medium"',
    ])
  })

  it('may have a variable of others under the plain name, with a warning', () => {
    const reading = bare({ CLUSTER: 'x', DRY_RUN: 'express:*' })
    expect(reading).toMatchObject({
      _tag: 'Settings',
      warnings: [expect.stringContaining('ECS_TASK_STREAM_DRY_RUN') as unknown],
    })
    expect(bare({ CLUSTER: 'x', ECS_TASK_STREAM_DRY_RUN: 'express:*' })._tag).toBe('Problems')
    expect(bare({ CLUSTER: 'x', MODE: 'express:*' })._tag).toBe('Problems')
  })

  it('warns of a variable with our prefix that is almost a setting', () => {
    expect(bare({ CLUSTER: 'x', ECS_TASK_STREAM_OWNR: 'me', ECS_TASK_STREAM_IMAGE: 'x' })).toMatchObject({
      warnings: ['ECS_TASK_STREAM_OWNR is no setting of this worker; did you mean ECS_TASK_STREAM_OWNER?'],
    })
  })

  it('shows no secret that is wrong', () => {
    const strict = defineWorker({
      name: 'strict',
      summary: 'Tests',
      settings: { token: required(oneOf('a', 'b'), { ...said, isSecret: true }) },
      compose: () => {
        throw new Error('only read')
      },
    })
    expect(JSON.stringify(strict.read({}, 'strict', [], { TOKEN: 's3cret' }))).not.toContain('s3cret')
  })
})
