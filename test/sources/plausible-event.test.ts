import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Task } from '../../src/core/task.js'
import { decodeEvent, decodeMessage, type Decoded, explain } from '../../src/sources/ecs-events/ecs-event.js'
import { decodeRecords } from '../../src/sources/ecs-events/lambda-records.js'
import { taskRecord } from '../../src/sources/ecs-events/task-record.js'
import { bound, type EcsDetail, ecsEvent, eni, inSns } from '../support/ecs-event-builder.js'
import { refutation } from '../laws/holds.js'
import { runsForRareCases } from '../laws/runs.js'

const now = Date.UTC(2026, 0, 2, 3, 4, 5)
const minute = 60_000
const day = 24 * 60 * minute
const iso = (at: number): string => new Date(at).toISOString()

const decode = (json: unknown): Decoded => decodeEvent(json, { latest: now })
const decodeDetail = (changes: EcsDetail): Decoded => decode(ecsEvent(changes))

const taskIn = (decoded: Decoded): Task | undefined =>
  decoded._tag === 'Event' && decoded.event._tag === 'TaskChanged' ? decoded.event.task : undefined

const pathsOf = (decoded: Decoded): readonly string[] =>
  decoded._tag === 'Undecodable' ? decoded.errors.map(({ path }) => path) : [decoded._tag]

const place = 'arn:aws:ecs:eu-west-1:123456789012'

describe('a version', () => {
  it.each([1, 2, 1_000_000])('of %s is believed', (version) => {
    expect(taskIn(decodeDetail({ version }))?.version).toBe(version)
  })

  it.each([0, -1, 1.5, 1_000_001, Number.MAX_SAFE_INTEGER, 2 ** 60, '5', true])(
    'of %s is undecodable',
    (version) => {
      expect(pathsOf(decodeDetail({ version }))).toEqual(['$.detail.version'])
    },
  )
})

describe('a time', () => {
  const malformed = [
    '1',
    'foo 5',
    '2024',
    '2024-01',
    '2024-01-02',
    'yesterday',
    '',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-04-31T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-01-02T24:00:00Z',
    '2024-01-02T03:60:00Z',
    '2024-01-02T03:04:60Z',
    '2024-01-02T03:04:05',
    '2024-01-02 03:04:05Z',
    '2024-01-02T03:04:05.Z',
    '2024-01-02T03:04:05.1234567890Z',
    '2024-01-02T03:04:05+0100',
    '2024-01-02T03:04:05+24:00',
    '+012024-01-02T03:04:05Z',
    ' 2024-01-02T03:04:05Z',
    '2024-01-02T03:04:05Z\n',
    1704164645,
  ]
  it.each(malformed)('%j is undecodable, also where the other field has a valid one', (told) => {
    expect(pathsOf(decodeDetail({ updatedAt: told }))).toEqual(['$.detail.updatedAt'])
    expect(pathsOf(decode({ ...ecsEvent(), time: told }))).toEqual(['$.time'])
  })

  it('is named with what was expected and what came', () => {
    const decoded = decodeDetail({ updatedAt: 'foo 5' })
    expect(decoded._tag === 'Undecodable' && explain(decoded.errors)).toBe(
      '$.detail.updatedAt: expected time such as 2026-01-02T03:04:05.678Z (RFC 3339, with a zone), got "foo 5"',
    )
  })

  it.each(['2024-02-29T00:00:00Z', '2024-02-29T23:59:59.123456789+14:00', '2014-01-01T00:00:00Z'])(
    '%s is believed',
    (updatedAt) => {
      expect(taskIn(decodeDetail({ updatedAt }))?.at).toBe(Date.parse(updatedAt))
    },
  )

  it.each(['2013-12-31T23:59:59Z', '1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    'as %s is undecodable, in either field',
    (told) => {
      expect(pathsOf(decodeDetail({ updatedAt: told }))).toEqual(['$.detail.updatedAt'])
      expect(pathsOf(decode({ ...ecsEvent(), time: told }))).toEqual(['$.time'])
    },
  )

  it('that is ahead counts as at most five minutes ahead, up to seven days', () => {
    const told = (ahead: number) => taskIn(decodeDetail({ updatedAt: iso(now + ahead) }))?.at
    expect([0, 5 * minute, 5 * minute + 1, 7 * day].map(told)).toEqual([
      now,
      now + 5 * minute,
      now + 5 * minute,
      now + 5 * minute,
    ])
    expect(told(7 * day + 1)).toBeUndefined()
  })

  it('is compared with the machine’s, unless a later one is given', () => {
    const event = ecsEvent({ updatedAt: iso(Date.now() + 8 * day) })
    expect(decodeEvent(event)._tag).toBe('Undecodable')
    const options = { latest: Date.now() + 3 * day }
    expect(decodeEvent(event, options)._tag).toBe('Event')
    expect(decodeMessage(JSON.stringify(inSns(event)), options)._tag).toBe('Event')
    expect(decodeRecords([event], options).map(({ decoded }) => decoded._tag)).toEqual(['Event'])
  })
})

describe('an address', () => {
  const ipv4 = [
    'evil.example',
    'localhost',
    '10.0.0.2/admin?x=',
    '10.0.0.2:80',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '0x0a000001',
    '2130706433',
    ' 10.0.0.1',
    '10.0.0.1\n',
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '0.1.2.3',
    '169.254.169.254',
    '169.254.170.2',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    'fd00::1',
    '::ffff:10.0.0.1',
    7,
  ]
  const ipv6 = [
    'evil.example',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    'fe80::1',
    'FEBF::1',
    'fe80::1%eth0',
    'fd00::1%lo',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::FFFF:169.254.169.254',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    'fec0::1',
    'fd00:ec2::254',
    'FD00:0EC2:0::0254',
    '[fd00::1]',
    '10.0.0.1',
    7,
  ]
  const inContainer = (networkInterface: Readonly<Record<string, unknown>>) =>
    decodeDetail({
      containers: [{ name: 'web', lastStatus: 'RUNNING', networkInterfaces: [networkInterface] }],
    })
  const inAttachment = (name: string, value: unknown) =>
    decodeDetail({ attachments: [{ type: 'elb' }, { type: 'eni', details: [{ name, value }] }] })

  it.each(ipv4)('%j is not an IPv4 address of a task, in any field', (address) => {
    expect(pathsOf(inContainer({ privateIpv4Address: address }))).toEqual([
      '$.detail.containers[0].networkInterfaces[0].privateIpv4Address',
    ])
    expect(pathsOf(inAttachment('privateIPv4Address', address))).toEqual([
      '$.detail.attachments[1].details[0].value',
    ])
  })

  it.each(ipv6)('%j is not an IPv6 address of a task, in any field', (address) => {
    expect(pathsOf(inContainer({ ipv6Address: address }))).toEqual([
      '$.detail.containers[0].networkInterfaces[0].ipv6Address',
    ])
    expect(pathsOf(inAttachment('ipv6Address', address))).toEqual([
      '$.detail.attachments[1].details[0].value',
    ])
  })

  it.each(['10.0.0.1', '172.31.255.254', '192.168.0.1', '100.64.0.1', '8.8.8.8', '126.0.0.1', '169.253.1.1'])(
    '%s is one',
    (privateIpv4Address) => {
      expect(taskIn(inContainer({ privateIpv4Address }))?.interface?.ipv4).toBe(privateIpv4Address)
    },
  )

  it.each([
    ['2001:DB8::0:7', '2001:db8::7'],
    ['2001:0db8:0000:0000:0000:0000:0000:0007', '2001:db8::7'],
    ['2600:1f18:0:1:0:0:0:2', '2600:1f18:0:1::2'],
    ['FD12::1', 'fd12::1'],
    ['2001:db8::10.0.0.1', '2001:db8::a00:1'],
  ])('%s is %s', (told, canonical) => {
    expect(taskIn(inContainer({ ipv6Address: told }))?.interface?.ipv6).toBe(canonical)
    const bare = { containers: [], attachments: [eni('10.0.0.7', { ipv6: told })] }
    expect(taskIn(decodeDetail(bare))?.interface?.ipv6).toBe(canonical)
  })

  it('counts as absent if it is empty or null', () => {
    expect(taskIn(inContainer({ privateIpv4Address: '', ipv6Address: null }))?.interface).toMatchObject({
      ipv4: '10.0.0.7',
      ipv6: undefined,
    })
  })
})

describe('a text', () => {
  const bad = ['half \ud83d', '\udc00', 'a\u0000', 'a\u001b[31m', 'a\nb', 'a\u007f', 'a\u0085', 'a\u2028b']
  const tooLong = 'x'.repeat(1_025)
  it.each([...bad, tooLong])('%j is undecodable in every field that is kept', (text) => {
    for (const field of ['group', 'launchType', 'lastStatus', 'desiredStatus'])
      expect(pathsOf(decodeDetail({ [field]: text }))).toEqual([`$.detail.${field}`])
    for (const field of ['name', 'lastStatus', 'runtimeId']) {
      const container = { name: 'web', lastStatus: 'RUNNING', [field]: text }
      expect(pathsOf(decodeDetail({ containers: [container] }))).toEqual([`$.detail.containers[0].${field}`])
    }
    for (const [field, kind] of [
      ['taskArn', 'task'],
      ['clusterArn', 'cluster'],
      ['containerInstanceArn', 'container-instance'],
    ] as const)
      expect(pathsOf(decodeDetail({ [field]: `${place}:${kind}/${text}` }))).toEqual([`$.detail.${field}`])
  })

  it('in other alphabets is kept', () => {
    expect(taskIn(decodeDetail({ group: 'größe 店 😀' }))?.group).toBe('größe 店 😀')
  })

  it('of an event that is not ours is not counted as a kind', () => {
    expect(pathsOf(decode({ source: 'my\u001b[31m', 'detail-type': 'x' }))).toEqual(['$.source'])
    expect(pathsOf(decode({ source: 'my.app', 'detail-type': 'x'.repeat(300) }))).toEqual(['$.detail-type'])
  })

  it('has no control characters or lone surrogates when an error shows it', () => {
    const key = '\u001b[31m\ud83d'
    const decoded = decodeDetail({ group: { [key]: 1 } })
    const text = decoded._tag === 'Undecodable' ? explain(decoded.errors) : ''
    expect(text).toContain('$.detail.group')
    expect(text).not.toMatch(/[\p{Cc}\p{Cs}]/u)
  })
})

describe('an ARN', () => {
  const stray = [
    ['clusterArn', 'shop'],
    ['clusterArn', `${place}:task/shop`],
    ['clusterArn', `${place}:cluster/`],
    ['clusterArn', `${place}:cluster/a b`],
    ['clusterArn', 'arn:aws:ecs:eu-west-1.evil.example/:123456789012:cluster/shop'],
    ['clusterArn', `arn:aws:ecs:${'x'.repeat(33)}:123456789012:cluster/shop`],
    ['clusterArn', 'arn:aws:ecs:-eu-:123456789012:cluster/shop'],
    ['clusterArn', 'arn:aws:ecs:eu-west-1:12345:cluster/shop'],
    ['clusterArn', 'arn:aws:sqs:eu-west-1:123456789012:cluster/shop'],
    ['clusterArn', 'arn:evil:ecs:eu-west-1:123456789012:cluster/shop'],
    ['taskArn', `${place}:task-definition/web:1`],
    ['taskArn', `${place}:task/shop/a/b`],
    ['taskArn', `${place}:task/${'x'.repeat(1_024)}`],
    ['taskArn', `${place}:task/other/a1`],
    ['taskArn', 'arn:aws:ecs:eu-west-2:123456789012:task/shop/a1'],
    ['taskArn', 'arn:aws:ecs:eu-west-1:123456789013:task/shop/a1'],
    ['taskArn', 'arn:aws-cn:ecs:eu-west-1:123456789012:task/shop/a1'],
    ['taskArn', 'arn:aws:ecs:eu-west-2:123456789012:task/a1'],
    ['containerInstanceArn', `${place}:task/shop/a1`],
    ['taskDefinitionArn', `${place}:task-definition/web`],
  ] as const
  it.each(stray)('%s %s is undecodable', (field, arn) => {
    const paths = pathsOf(decodeDetail({ [field]: arn }))
    expect(paths).toEqual([`$.detail.${field}`])
  })

  it.each([
    { taskArn: `${place}:task/a1` },
    { containerInstanceArn: `${place}:container-instance/0a1b` },
    { containerInstanceArn: '' },
    // Refused where they would be looked up.
    { containerInstanceArn: 'arn:aws:ecs:eu-west-2:123456789012:container-instance/shop/b2' },
    { taskDefinitionArn: 'arn:aws:ecs:eu-west-1:999999999999:task-definition/web:1' },
    { taskDefinitionArn: `${place}:daemon-task-definition/log-agent:2` },
    ...['aws-cn:ecs:cn-north-1', 'aws-us-gov:ecs:us-gov-west-1', 'aws-eusc:ecs:eusc-de-east-1'].map(
      (where) => ({
        taskArn: `arn:${where}:123456789012:task/shop/a1`,
        clusterArn: `arn:${where}:123456789012:cluster/shop`,
        taskDefinitionArn: null,
      }),
    ),
  ])('as in %j is taken', (changes) => {
    expect(decodeDetail(changes)._tag).toBe('Event')
  })
})

describe('more than a task can have', () => {
  it.each([
    ['containers', 301, { containers: Array.from({ length: 301 }, () => ({ name: 'web' })) }],
    ['attachments', 301, { attachments: Array.from({ length: 301 }, () => ({})) }],
    [
      'containers[0].networkBindings',
      1_001,
      { containers: [{ name: 'web', networkBindings: Array.from({ length: 1_001 }, () => bound(80, 1)) }] },
    ],
    [
      'attachments[0].details',
      101,
      { attachments: [{ type: 'eni', details: Array.from({ length: 101 }, () => ({})) }] },
    ],
  ])('%s is undecodable, with the count', (path, count, changes) => {
    const decoded = decodeDetail(changes)
    expect(decoded._tag === 'Undecodable' && decoded.errors).toEqual([
      { path: `$.detail.${path}`, expected: `array of at most ${count - 1}`, received: `array of ${count}` },
    ])
  })
})

describe('whatever decodes', () => {
  /** Written without the decoder: what docs/limits.md promises of a task. */
  const plausible = (task: Task): boolean => {
    const texts = [
      task.arn,
      task.cluster,
      task.group ?? '',
      task.definition ?? '',
      task.instance ?? '',
      task.launchType ?? '',
      task.lastStatus,
      task.desiredStatus,
      ...task.containers.flatMap((one) => [one.name, one.lastStatus, one.arn ?? '', one.runtimeId ?? '']),
    ]
    const [, partition, service, region = '', account = ''] = task.cluster.split(':')
    return (
      texts.every((text) => text.length < 1_100 && !/[\p{Cc}\p{Cs}]/u.test(text)) &&
      [task.arn, task.definition, task.instance].every((arn) =>
        (arn ?? task.cluster).startsWith(`arn:${partition}:${service}:${region}:${account}:`),
      ) &&
      /^[a-z0-9-]{1,32}$/.test(region) &&
      /^\d{12}$/.test(account) &&
      Number.isInteger(task.version) &&
      task.version >= 1 &&
      task.version <= 1_000_000 &&
      task.at >= Date.UTC(2014, 0, 1) &&
      task.at <= now + 5 * minute &&
      !/[^\d.]|^(?:0|127|169\.254|22[4-9]|23\d)\./.test(task.interface?.ipv4 ?? '10.0.0.1') &&
      /^(?:[23]|f[cd])[0-9a-f:]*$/.test(task.interface?.ipv6 ?? 'fd00::1') &&
      task.containers.length <= 300 &&
      task.containers.every(({ bindings }) => bindings.length <= 1_000)
    )
  }

  const hostile = fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom<unknown>(
      Number.MAX_SAFE_INTEGER,
      0,
      '9999-12-31T23:59:59Z',
      '1',
      'foo 5',
      '2026-01-03T00:00:00Z',
      '127.0.0.1',
      '169.254.169.254',
      'evil.example',
      '::1',
      '::ffff:127.0.0.1',
      'FD00::0:1',
      'fd00:ec2::254',
      '\ud83d',
      '\u001b[2J',
      `${place}:cluster/other`,
      `${place}:task/other/1`,
      'arn:aws:ecs:eu-west-9:123456789012:task/shop/1',
    ),
  )
  const key = fc.constantFrom('name', 'lastStatus', 'containerArn', 'runtimeId')
  const networkInterface = fc.record(
    { privateIpv4Address: hostile, ipv6Address: hostile },
    { requiredKeys: [] },
  )
  const container = fc
    .tuple(fc.dictionary(key, hostile, { maxKeys: 1 }), fc.array(networkInterface, { maxLength: 2 }))
    .map(([changes, networkInterfaces]) => ({
      name: 'web',
      lastStatus: 'RUNNING',
      networkInterfaces,
      ...changes,
    }))
  const detail = fc.record({
    name: fc.constantFrom('privateIPv4Address', 'ipv6Address', 'subnetId'),
    value: hostile,
  })
  const field = fc.constantFrom(
    'version',
    'updatedAt',
    'taskArn',
    'clusterArn',
    'containerInstanceArn',
    'taskDefinitionArn',
    'group',
    'launchType',
    'lastStatus',
    'desiredStatus',
  )
  const mutated = fc
    .tuple(
      fc.dictionary(field, hostile, { maxKeys: 2 }),
      fc.option(fc.array(container, { maxLength: 2 }), { nil: undefined }),
      fc.option(fc.array(detail, { maxLength: 2 }), { nil: undefined }),
    )
    .map(([changes, containers, details]) => {
      const event = ecsEvent({
        ...changes,
        ...(details === undefined ? {} : { attachments: [{ type: 'eni', details }] }),
      })
      return containers === undefined ? event : { ...event, detail: { ...event.detail, containers } }
    })

  const holds = (read: (event: ReturnType<typeof ecsEvent>) => Task | undefined) =>
    fc.property(mutated, (event) => {
      const task = read(event)
      return task === undefined || plausible(task)
    })

  it('is plausible, whatever a message claims', () => {
    fc.assert(
      holds((event) => taskIn(decode(event))),
      { numRuns: runsForRareCases },
    )
  })

  const broken: Readonly<Record<string, (event: ReturnType<typeof ecsEvent>) => Task | undefined>> = {
    'looks at no version': (event) => {
      const task = taskIn(decode(ecsEvent({ ...event.detail, version: 5, containers: [], attachments: [] })))
      const { version } = event.detail
      return task === undefined || typeof version !== 'number' ? undefined : { ...task, version }
    },
    'believes every time': (event) => taskIn(decodeEvent(event, { latest: Infinity })),
    'believes every address': (event) => {
      const task = taskIn(decode(ecsEvent({ ...event.detail, containers: [], attachments: [] })))
      const ipv4 = JSON.stringify(event).includes('127.0.0.1') ? '127.0.0.1' : undefined
      return task && { ...task, interface: { version: 1, ipv4, ipv6: undefined } }
    },
    'does not look at all': ({ detail }) => {
      const { taskArn, clusterArn, lastStatus, desiredStatus, version } = detail
      return typeof taskArn === 'string' &&
        typeof clusterArn === 'string' &&
        typeof lastStatus === 'string' &&
        typeof desiredStatus === 'string' &&
        typeof version === 'number'
        ? taskRecord({ taskArn, clusterArn, lastStatus, desiredStatus, version }, now, undefined)
        : undefined
    },
  }
  it.each(Object.entries(broken))('would not be, by a decoder that %s', (_, read) => {
    expect(fc.check(holds(read), refutation).failed).toBe(true)
  })
})
