/** Which values the fields of an event may have, and what people are told of others. */
import { isRight } from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import type { JournalEvent } from '../../src/core/journal.js'
import { eventCodec } from '../../src/journal/event-codec.js'
import { decodeErrors } from '../../src/shared/codec/decode-error.js'
import { observed } from '../support/observed-task.js'

const task = {
  ...observed({ id: 'a' }),
  end: {
    version: 1,
    stopCode: 'x',
    reason: undefined,
    containers: [
      { name: 'a', exitCode: 0, reason: undefined },
      { name: 'b', exitCode: -1, reason: 'r' },
    ],
  },
  health: { at: 1, status: 'HEALTHY', wasHealthy: true },
} as const
const container = observed({ id: 'a' }).containers[0]
const definition = {
  arn: 'web:1',
  networkMode: 'host',
  containers: [
    {
      name: 'a',
      image: undefined,
      ports: [],
      labels: { l: 'two\nlines' },
      environment: { SERVICE_NAME: 'web' },
      healthCheck: true,
    },
  ],
} as const
const revision = { revision: 'r', definition: undefined, startedBy: ['a', 'b'], production: 100, test: 0 }
const shifting = {
  _tag: 'Shifting',
  deployment: 'd',
  strategy: 's',
  status: 't',
  stage: 'u',
  source: [revision],
  target: revision,
  paused: { id: 'h', expiresAt: 1, timeoutAction: 'x' },
} as const

/** An event of each kind, with a value in each field. */
const events: readonly JournalEvent[] = [
  { _tag: 'TaskChanged', task },
  { _tag: 'TasksListed', cluster: 'c', at: 1, order: 2, tasks: [task] },
  { _tag: 'TasksRelisted', cluster: 'c', at: 1, order: 2, since: 1, tasks: [task], unlisted: ['x'] },
  { _tag: 'ClusterIdentified', named: 'n', clusters: ['c'], order: 1 },
  { _tag: 'LookupRefused', key: 'k', reason: 'two\nlines', at: 1 },
  {
    _tag: 'InstanceDescribed',
    instance: 'i',
    addresses: { ipv4: '10.0.0.1', ipv6: undefined },
    machine: { id: 'm', type: 't', zone: 'z', hostName: 'h' },
    at: 1,
  },
  { _tag: 'DefinitionDescribed', definition },
  { _tag: 'DeploymentAnnounced', service: 's', at: 1 },
  { _tag: 'DeploymentDescribed', service: 's', at: 1, rollout: shifting },
  { _tag: 'DeploymentDescribed', service: 's', at: 1, rollout: { _tag: 'AtOnce', reason: 'two\nlines' } },
  { _tag: 'DeploymentDescribed', service: 's', at: 1, rollout: { _tag: 'Settled', startedBy: [] } },
  { _tag: 'HealthObserved', endpoint: 'e', healthy: false, at: 1 },
  { _tag: 'LogRead', log: 'l', position: '0' },
  { _tag: 'Checkpointed' },
]

it.each(events)('an event of kind $_tag is accepted as it is, without what it has no field for', (event) => {
  expect(eventCodec.is(event)).toBe(true)
  expect(eventCodec.decode({ ...event, secret: 1 })).toStrictEqual({ _tag: 'Right', right: event })
  expect(eventCodec.encode(event)).toStrictEqual(event)
})

/** What is wrong with an event, by path. */
const faultsOf = (event: unknown): Readonly<Record<string, string>> => {
  const decoded = eventCodec.decode(event)
  if (eventCodec.is(event) !== isRight(decoded)) return { is: 'something else' }
  return isRight(decoded)
    ? {}
    : Object.fromEntries(decodeErrors(decoded.left, '$').map(({ path, expected }) => [path, expected]))
}
const withTask = (more: object): object => ({ _tag: 'TaskChanged', task: { ...task, ...more } })
const withContainer = (more: object): object => withTask({ containers: [{ ...container, ...more }] })
const withEnd = (more: object): object => withTask({ end: { ...task.end, ...more } })
const withDefinition = (more: object): object => ({
  _tag: 'DefinitionDescribed',
  definition: { ...definition, containers: [{ ...definition.containers[0], ...more }] },
})
const withTarget = (more: object): object => ({
  _tag: 'DeploymentDescribed',
  service: 's',
  at: 1,
  rollout: { ...shifting, target: { ...revision, ...more } },
})
const logRead = (position: unknown) => ({ _tag: 'LogRead', log: 'l', position })

const line = 'well-formed text of one line'
const name = `non-empty ${line}`
const version = 'integer from 1 to 1000000'
const time = 'a time in milliseconds'
const named = (one: string, more: object = {}) => ({ ...container, name: one, ...more })
const bound = (containerPort: number, protocol = 'tcp') => ({
  containerPort,
  hostPort: 1,
  protocol,
  count: 1,
})
const ordered = (by: string) => `array ordered by ${by}, without duplicates`
const long = 'a'.repeat(4097)
const latest = 8.64e15

describe('an event is refused', () => {
  it.each<[string, unknown, Readonly<Record<string, string>>]>([
    ['without a name', withTask({ arn: '' }), { '$.task.arn': name }],
    ['with a name that is too long', withTask({ arn: long }), { '$.task.arn': name }],
    ['with a cluster of two lines', withTask({ cluster: 'a\nb' }), { '$.task.cluster': name }],
    ['with a group that is too long', withTask({ group: long }), { '$.task.group': line }],
    ['with a number as zone', withTask({ zone: 1 }), { '$.task.zone': line }],
    ['with half a version', withTask({ version: 0.5 }), { '$.task.version': version }],
    ['with a time out of range', withTask({ at: latest + 1 }), { '$.task.at': time }],
    ['with a time before all', withTask({ at: -latest - 1 }), { '$.task.at': time }],
    ['with a text as time', withTask({ createdAt: '1' }), { '$.task.createdAt': time }],
    ['with a time that is no number', withTask({ at: NaN }), { '$.task.at': time }],
    [
      'with another health',
      withTask({ health: { at: 1, status: 'x' } }),
      { '$.task.health.status': 'HEALTHY, UNKNOWN or UNHEALTHY' },
    ],
    [
      'with bindings of version -2',
      withContainer({ bindingsVersion: -2 }),
      { '$.task.containers[0].bindingsVersion': `${version}, or -1` },
    ],
    [
      'with a container twice',
      withTask({ containers: [named('a'), named('a', { version: 9 })] }),
      { '$.task.containers': ordered('name') },
    ],
    [
      'with containers out of order',
      withTask({ containers: [named('b'), named('a')] }),
      { '$.task.containers': ordered('name') },
    ],
    [
      'with a container at the end out of order',
      withTask({ containers: [named('a'), named('c'), named('b')] }),
      { '$.task.containers': ordered('name') },
    ],
    [
      'with bindings out of order',
      withContainer({ bindings: [bound(81), bound(80)] }),
      { '$.task.containers[0].bindings': ordered('protocol and container port') },
    ],
    [
      'with a binding of another protocol',
      withContainer({ bindings: [bound(80, 'sctp')] }),
      { '$.task.containers[0].bindings[0].protocol': '"tcp" or "udp"' },
    ],
    ['with no list of containers', withTask({ containers: {} }), { '$.task.containers': ordered('name') }],
    [
      'with ends out of order',
      withEnd({ containers: [task.end.containers[1], task.end.containers[0]] }),
      { '$.task.end.containers': ordered('name') },
    ],
    [
      'with half an exit code',
      withEnd({ containers: [{ name: 'a', exitCode: 0.5 }] }),
      { '$.task.end.containers[0].exitCode': 'integer' },
    ],
    [
      'with a label that is no text',
      withDefinition({ labels: { a: 1 } }),
      { '$.definition.containers[0].labels.a': 'well-formed text' },
    ],
    [
      'with a label that is no text beside one that is',
      withDefinition({ labels: { a: 'x', b: 1 } }),
      { '$.definition.containers[0].labels.b': 'well-formed text' },
    ],
    [
      'with half a character in a label',
      withDefinition({ labels: { a: '\ud83d' } }),
      { '$.definition.containers[0].labels.a': 'well-formed text' },
    ],
    [
      'with a label of two lines as name',
      withDefinition({ labels: { 'a\nb': 'x' } }),
      { '$.definition.containers[0].labels.(text of 3 characters that starts with "a")': 'well-formed text' },
    ],
    [
      'with a list as labels',
      withDefinition({ labels: 'x' }),
      { '$.definition.containers[0].labels': 'object of texts' },
    ],
    [
      'with a number in the environment',
      withDefinition({ environment: { SERVICE_A: 1 } }),
      { '$.definition.containers[0].environment.SERVICE_A': 'well-formed text' },
    ],
    [
      'with a text as health check',
      withDefinition({ healthCheck: 'x' }),
      { '$.definition.containers[0].healthCheck': 'boolean' },
    ],
    [
      'with more than all requests',
      withTarget({ production: 100.5 }),
      { '$.rollout.target.production': 'a number from 0 to 100' },
    ],
    [
      'with less than no requests',
      withTarget({ test: -0.5 }),
      { '$.rollout.target.test': 'a number from 0 to 100' },
    ],
    [
      'with a text as percentage',
      withTarget({ test: '1' }),
      { '$.rollout.target.test': 'a number from 0 to 100' },
    ],
    [
      'with starters out of order',
      withTarget({ startedBy: ['b', 'a'] }),
      { '$.rollout.target.startedBy': ordered('text') },
    ],
    [
      'with a starter twice',
      withTarget({ startedBy: ['a', 'a'] }),
      { '$.rollout.target.startedBy': ordered('text') },
    ],
    [
      'with a position that begins with 0',
      logRead('01'),
      { '$.position': 'a whole number of up to 129 digits' },
    ],
    [
      'with a position that is too long',
      logRead('1'.repeat(130)),
      { '$.position': 'a whole number of up to 129 digits' },
    ],
    ['with a position and more', logRead('1\n'), { '$.position': 'a whole number of up to 129 digits' }],
    ['with no position', logRead(''), { '$.position': 'a whole number of up to 129 digits' }],
    [
      'with another rollout',
      { _tag: 'DeploymentDescribed', service: 's', at: 1, rollout: { _tag: 'x' } },
      { '$.rollout': 'a rollout with _tag AtOnce, Settled or Shifting' },
    ],
    ['with more before a position', logRead(' 1'), { '$.position': 'a whole number of up to 129 digits' }],
  ])('%s', (_, event, faults) => {
    expect(faultsOf(event)).toEqual(faults)
  })

  it('after a hundred faults, unread', () => {
    const labels = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`l${i}`, i]))
    const decoded = eventCodec.decode(withDefinition({ labels }))
    expect(isRight(decoded) ? [] : decoded.left).toHaveLength(100)
  })
})

describe('an event is accepted', () => {
  it.each<[string, object]>([
    ['with the longest name', withTask({ arn: long.slice(1) })],
    ['with the last and the first time', withTask({ at: latest, createdAt: -latest })],
    ['with no percent, and all', withTarget({ test: 0, production: 100 })],
    ['with a position of 129 digits', logRead('1'.repeat(129))],
    ['with an empty group', withTask({ group: '' })],
    ['with bindings in order', withContainer({ bindings: [bound(80), bound(81), bound(80, 'udp')] })],
    ['without containers', withTask({ containers: [] })],
    ['with containers in order', withTask({ containers: [named('a'), named('b'), named('c')] })],
    ['without a version of bindings', withContainer({ bindingsVersion: -1 })],
  ])('%s', (_, event) => {
    expect(faultsOf(event)).toEqual({})
  })

  it('with null for what it lacks, and with what is safe of an environment', () => {
    const lacking = { ...task, group: null, createdAt: null, interface: null, health: null }
    expect(eventCodec.decode({ _tag: 'TaskChanged', task: lacking })).toStrictEqual({
      _tag: 'Right',
      right: {
        _tag: 'TaskChanged',
        task: { ...task, group: undefined, createdAt: undefined, interface: undefined, health: undefined },
      },
    })
    expect(eventCodec.decode(withDefinition({ environment: { A: 'secret', SERVICE_A: 'x' } }))).toMatchObject(
      {
        right: { definition: { containers: [{ environment: { SERVICE_A: 'x' } }] } },
      },
    )
    const environment = { A: 'secret', SERVICE_A: 'x' }
    expect(JSON.stringify(eventCodec.decode(withDefinition({ environment })))).not.toContain('secret')
  })
})
