import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Task } from '../../src/core/task.js'
import { type Decoded, decodeEvent, decodeMessage, explain } from '../../src/sources/ecs-events/ecs-event.js'
import { decodeRecords } from '../../src/sources/ecs-events/lambda-records.js'
import {
  bound,
  type EcsDetail,
  ecsEvent,
  eni,
  inLambdaSns,
  inLambdaSqs,
  inSns,
} from '../support/ecs-event-builder.js'

const taskOf = (decoded: Decoded): Task => {
  if (decoded._tag === 'Event' && decoded.event._tag === 'TaskChanged') return decoded.event.task
  throw new Error(decoded._tag === 'Undecodable' ? explain(decoded.errors) : JSON.stringify(decoded))
}

const errorsOf = (decoded: Decoded) => {
  if (decoded._tag === 'Undecodable') return decoded.errors
  throw new Error(`expected errors, got ${JSON.stringify(decoded)}`)
}

const decodeTask = (changes: EcsDetail = {}): Task => taskOf(decodeEvent(ecsEvent(changes)))

/** Runs of each property. */
const numRuns = 1000

const port = fc.integer({ min: 1, max: 65535 })
const octet = fc.nat(255)
const address = fc.tuple(octet, octet, octet).map((octets) => ['10', ...octets].join('.'))

const containers = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 4 }),
    lastStatus: fc.constantFrom('PENDING', 'RUNNING', 'STOPPED'),
    networkBindings: fc.option(
      fc.array(
        fc
          .tuple(fc.constantFrom(80, 443), port, fc.constantFrom('tcp', 'udp', 'icmp'))
          .map(([container, host, protocol]) => bound(container, host, protocol)),
        { maxLength: 4 },
      ),
    ),
    networkInterfaces: fc.option(
      fc.array(
        address.map((privateIpv4Address) => ({ privateIpv4Address })),
        { maxLength: 2 },
      ),
    ),
  }),
  { selector: ({ name }) => name, maxLength: 4 },
)

const details: fc.Arbitrary<EcsDetail> = fc.record({
  containers,
  attachments: fc.array(
    fc.oneof(
      address.map((ip) => eni(ip)),
      fc.constant({ type: 'elb', details: [] }),
    ),
    { maxLength: 3 },
  ),
  version: fc.integer({ min: 1, max: 1_000_000 }),
  lastStatus: fc.constantFrom('PENDING', 'RUNNING', 'STOPPED', 'A NEW STATUS'),
})

describe('a task event', () => {
  it('becomes a record of what is read of it', () => {
    expect(decodeTask()).toEqual({
      arn: 'arn:aws:ecs:eu-west-1:123456789012:task/shop/0123456789abcdef0123456789abcdef',
      cluster: 'arn:aws:ecs:eu-west-1:123456789012:cluster/shop',
      group: 'service:web',
      definition: 'arn:aws:ecs:eu-west-1:123456789012:task-definition/web:3',
      instance: undefined,
      launchType: 'FARGATE',
      version: 5,
      at: Date.UTC(2026, 0, 2, 3, 4, 5, 670),
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      interface: { version: 5, ipv4: '10.0.0.7', ipv6: undefined },
      containers: [{ name: 'web', version: 5, lastStatus: 'RUNNING', bindingsVersion: -1, bindings: [] }],
      health: undefined,
    })
  })

  it('has long ARNs also where AWS sent short ones', () => {
    const task = decodeTask({
      taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/a1',
      containerInstanceArn: 'arn:aws:ecs:eu-west-1:123456789012:container-instance/b2',
    })
    expect(task.arn).toBe('arn:aws:ecs:eu-west-1:123456789012:task/shop/a1')
    expect(task.instance).toBe('arn:aws:ecs:eu-west-1:123456789012:container-instance/shop/b2')
  })

  it.each([
    ['2026-01-02T03:04:05Z', 0],
    ['2026-01-02T03:04:05.6Z', 600],
    ['2026-01-02T03:04:05.678Z', 678],
    ['2026-01-02T03:04:05.678901234Z', 678],
    ['2026-01-02T04:04:05.6+01:00', 600],
    [null, 0],
  ])('updated at %s is dated so, or by its envelope', (updatedAt, millis) => {
    expect(decodeTask({ updatedAt }).at).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, millis))
  })

  it('without any time that can be read is undecodable', () => {
    const { time: _, ...event } = ecsEvent({ updatedAt: null })
    expect(errorsOf(decodeEvent(event)).map(({ path }) => path)).toEqual(['$.detail.updatedAt'])
  })

  it('takes the address from an attachment if no container has one; without both it has none', () => {
    const bare = [{ name: 'web', lastStatus: 'PENDING', networkInterfaces: [] }]
    const of = (attachments: readonly unknown[]) => decodeTask({ containers: bare, attachments }).interface
    const told = { version: 5, ipv4: '10.1.2.3', ipv6: 'fd00::1' }
    expect(of([eni('10.1.2.3', { ipv6: 'fd00::1' })])).toEqual(told)
    expect(of([eni('10.1.2.3', { type: 'ElasticNetworkInterface', ipv6: 'fd00::1' })])).toEqual(told)
    expect(of([eni('10.1.2.3', { type: 'elb' }), {}, { type: 'eni' }])).toBeUndefined()
    expect(of([])).toBeUndefined()
  })

  it('may have an IPv6 address alone', () => {
    const containers = [{ name: 'web', networkInterfaces: [{ ipv6Address: 'fd00::1' }] }]
    expect(decodeTask({ containers }).interface).toEqual({ version: 5, ipv4: undefined, ipv6: 'fd00::1' })
  })

  it('has canonical bindings: one a port, ranges counted, and only what is bound', () => {
    const networkBindings = [
      { bindIP: '0.0.0.0', containerPortRange: '8000-8010', hostPortRange: '49160-49170', protocol: 'tcp' },
      bound(53, 32770, 'udp'),
      bound(80, 32768),
      bound(80, 32768, 'tcp', '::'),
      bound(81, 0),
      bound(82, 32771, 'sctp'),
      bound(83, 1.5),
      { containerPort: 84, hostPort: null },
      { containerPortRange: '90-95', hostPortRange: '90-94' },
      { containerPortRange: '90', hostPortRange: 'x-y' },
      { containerPort: 22, hostPort: 32772 },
    ]
    const [web] = decodeTask({
      containers: [{ name: 'web', lastStatus: 'RUNNING', networkBindings }],
    }).containers
    expect(web).toMatchObject({
      bindingsVersion: 5,
      bindings: [
        { protocol: 'tcp', containerPort: 22, hostPort: 32772, count: 1 },
        { protocol: 'tcp', containerPort: 80, hostPort: 32768, count: 1 },
        { protocol: 'tcp', containerPort: 8000, hostPort: 49160, count: 11 },
        { protocol: 'udp', containerPort: 53, hostPort: 32770, count: 1 },
      ],
    })
  })

  it('does without a container that has no name or no status', () => {
    const nameless = [{ name: '' }, { name: 'web' }, { name: 'log', lastStatus: 'RUNNING' }]
    expect(decodeTask({ containers: nameless }).containers.map(({ name }) => name)).toEqual(['log'])
  })

  it('says the same in whatever order its arrays are', () => {
    const shuffled = details.chain((detail) => {
      const { containers, attachments } = detail as { containers: object[]; attachments: object[] }
      const shuffle = <A>(items: readonly A[]) => fc.shuffledSubarray([...items], { minLength: items.length })
      return fc
        .tuple(
          shuffle(containers).chain((shuffledContainers) =>
            fc.tuple(
              ...shuffledContainers.map((container) => {
                const { networkBindings } = container as { networkBindings: object[] | null }
                return networkBindings === null
                  ? fc.constant(container)
                  : shuffle(networkBindings).map((rows) => ({ ...container, networkBindings: rows }))
              }),
            ),
          ),
          shuffle(attachments),
        )
        .map(
          ([containers, attachments]) =>
            [detail, { ...detail, containers, attachments } as EcsDetail] as const,
        )
    })
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(decodeTask(other)).toEqual(decodeTask(one))
      }),
      { numRuns },
    )
  })

  it('has its containers by name, one a name', () => {
    const twice = [
      { name: 'b', lastStatus: 'STOPPED' },
      { name: 'a', lastStatus: 'RUNNING' },
      { name: 'b', lastStatus: 'RUNNING' },
    ]
    const read = (containers: typeof twice) =>
      decodeTask({ containers }).containers.map(({ name, lastStatus }) => [name, lastStatus])
    const expected = [
      ['a', 'RUNNING'],
      ['b', 'STOPPED'],
    ]
    expect(read(twice)).toEqual(expected)
    expect(read([...twice].reverse())).toEqual(expected)
  })
})

describe('a task event without', () => {
  const without = (field: string): unknown => {
    const event = ecsEvent()
    return {
      ...event,
      detail: Object.fromEntries(Object.entries(event.detail).filter(([key]) => key !== field)),
    }
  }

  it.each(['taskArn', 'clusterArn', 'lastStatus', 'desiredStatus', 'version'])(
    '%s is undecodable, at that path and no other',
    (field) => {
      for (const event of [without(field), ecsEvent({ [field]: null }), ecsEvent({ [field]: '' })])
        expect(errorsOf(decodeEvent(event)).map(({ path }) => path)).toEqual([`$.detail.${field}`])
    },
  )

  it.each(['source', 'detail-type'])('%s is not an ECS event, at that path', (field) => {
    const event = Object.fromEntries(Object.entries(ecsEvent()).filter(([key]) => key !== field))
    const errors = errorsOf(decodeEvent(event))
    expect(errors.map(({ path }) => path)).toEqual([`$.${field}`])
    expect(explain(errors)).toContain('not an ECS event')
  })

  it('a detail is undecodable, at that path once', () => {
    for (const detail of [undefined, null, 'text', []])
      expect(errorsOf(decodeEvent({ ...ecsEvent(), detail })).map(({ path }) => path)).toEqual(['$.detail'])
  })

  const optional = [
    'group',
    'taskDefinitionArn',
    'launchType',
    'updatedAt',
    'attachments',
    'containers',
    'cpu',
  ]
  it.each([...optional, 'overrides'])('%s, or with null for it, is an event', (field) => {
    expect(taskOf(decodeEvent(without(field)))).toEqual(decodeTask({ [field]: null }))
  })

  it('any field inside a container but its name and status is an event', () => {
    const containers = [
      { name: 'web', lastStatus: 'RUNNING', networkBindings: null, networkInterfaces: null },
    ]
    expect(decodeTask({ containers }).containers).toHaveLength(1)
  })
})

describe('errors', () => {
  it('name every failing path, what was expected and what came', () => {
    const event = ecsEvent({
      version: -1,
      group: 42,
      containers: [{ name: 'web', networkBindings: [bound(80, 1), { hostPort: '8080' }] }],
    })
    expect(explain(errorsOf(decodeEvent(event)))).toBe(
      [
        '$.detail.version: expected integer from 1 to 1000000, got -1',
        '$.detail.group: expected at most 512 characters of well-formed text without control characters, got 42',
        '$.detail.containers[0].networkBindings[1].hostPort: expected number, got "8080"',
      ].join('\n'),
    )
  })

  it('name the way through the envelopes', () => {
    const [error] = errorsOf(decodeEvent(inLambdaSqs(inSns(ecsEvent({ version: 1.5 })))))
    expect(error?.path).toBe('$.body.Message.detail.version')
  })

  it('are explained up to the twentieth', () => {
    const containers = Array.from({ length: 25 }, () => 7) as never
    const lines = explain(errorsOf(decodeEvent(ecsEvent({ containers })))).split('\n')
    expect(lines).toHaveLength(21)
    expect(lines.at(-1)).toBe('… and 5 more')
  })

  it('describe what is long, and quote none of it', () => {
    const errors = errorsOf(decodeEvent(ecsEvent({ version: 'x'.repeat(100), group: { a: 1, b: 2 } })))
    expect(errors.map(({ received }) => received)).toEqual([
      'text of 100 characters that starts with "x"',
      'object with keys a, b',
    ])
  })
})

describe('a message that is not a task event', () => {
  it.each([
    ['aws.ecs', 'ECS Service Action'],
    ['aws.ecs', 'ECS Container Instance State Change'],
    ['aws.ecs', 'AWS API Call via CloudTrail'],
    ['aws.ecs', 'Something Of Next Year'],
    ['aws.ec2', 'EC2 Instance State-change Notification'],
    ['my.own', 'ECS Task State Change'],
  ])('but another event (%s, %s) is ignored by its kind', (source, type) => {
    const event = { ...ecsEvent(), source, 'detail-type': type, detail: null }
    expect(decodeEvent(event)).toEqual({ _tag: 'Ignored', kind: `${source}/${type}` })
  })

  it.each(['SubscriptionConfirmation', 'UnsubscribeConfirmation'])('but a %s of SNS is ignored', (type) => {
    expect(decodeEvent(inSns('please confirm', type))).toEqual({ _tag: 'Ignored', kind: `sns/${type}` })
  })

  it.each([{ Event: 's3:TestEvent', Bucket: 'b' }, ecsEvent().detail, {}, [], 'text', 7, null])(
    'but JSON of some other kind is reported not to be an ECS event (%#)',
    (json) => {
      const errors = errorsOf(decodeMessage(JSON.stringify(json)))
      expect(errors.map(({ path }) => path)).toEqual(['$'])
      expect(explain(errors)).toContain('not an ECS event')
    },
  )

  it.each(['Test message.', '', '{"detail":', '<xml/>'])(
    'but text (%s) is reported not to be JSON',
    (body) => {
      expect(errorsOf(decodeMessage(body))).toMatchObject([{ path: '$', expected: 'JSON' }])
      expect(errorsOf(decodeEvent({ eventSource: 'aws:sqs', body }))).toMatchObject([{ path: '$.body' }])
      expect(errorsOf(decodeEvent({ Type: 'Notification', Message: body }))).toMatchObject([
        { path: '$.Message' },
      ])
    },
  )

  it('but envelopes without end is undecodable', () => {
    const wrapped = (times: number): unknown => (times === 0 ? ecsEvent() : inSns(wrapped(times - 1)))
    expect(decodeEvent(wrapped(4))._tag).toBe('Event')
    expect(decodeEvent(wrapped(5))._tag).toBe('Undecodable')
  })

  it('never throws, whatever it is', () => {
    const key = fc.constantFrom(
      'Type',
      'Message',
      'Sns',
      'body',
      'eventSource',
      'source',
      'detail-type',
      'detail',
    )
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom('Notification', 'aws:sqs', 'aws.ecs', 'ECS Task State Change', '{}'),
    )
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(key, value), fc.anything()), (json) => {
        expect(['Event', 'Ignored', 'Undecodable']).toContain(decodeEvent(json)._tag)
        expect(decodeRecords({ Records: [json] })).toHaveLength(1)
      }),
      { numRuns },
    )
  })

  it('never throws, whatever stands in a task event', () => {
    const fields = fc.constantFrom(...Object.keys(ecsEvent().detail), 'containerInstanceArn', '__proto__')
    fc.assert(
      fc.property(fc.dictionary(fields, fc.jsonValue()), (changes) => {
        const decoded = decodeEvent(ecsEvent(changes))
        if (decoded._tag === 'Undecodable') expect(decoded.errors).not.toHaveLength(0)
        else expect(decoded._tag).toBe('Event')
      }),
      { numRuns },
    )
  })
})

describe('an envelope', () => {
  it('changes nothing about the event inside', () => {
    fc.assert(
      fc.property(details, (detail) => {
        const event = ecsEvent(detail)
        const decoded = decodeEvent(event)
        const wrappings = [inSns(event), inLambdaSqs(event), inLambdaSns(event), inLambdaSqs(inSns(event))]
        for (const wrapped of wrappings) expect(decodeEvent(wrapped)).toEqual(decoded)
        expect(decodeMessage(JSON.stringify(event))).toEqual(decoded)
        expect(decodeEvent({ Sns: { Message: JSON.stringify(event) } })).toEqual(decoded)
      }),
      { numRuns: 200 },
    )
  })

  it('of many records is decoded record by record, each by its message id', () => {
    const Records = [inLambdaSqs(ecsEvent()), inLambdaSns({}), { eventSource: 'aws:sqs', body: 'x' }]
    const decoded = decodeRecords({ Records })
    expect(decoded.map(({ id, decoded: { _tag } }) => [id, _tag])).toEqual([
      ['sqs-message', 'Event'],
      ['sns-message', 'Undecodable'],
      ['', 'Undecodable'],
    ])
    expect(decodeRecords(ecsEvent())).toEqual([{ id: ecsEvent().id, decoded: decodeEvent(ecsEvent()) }])
  })
})

describe('a secret in the overrides', () => {
  const SECRET = 'hunter2-correct-horse'
  const environment = fc.constantFrom<unknown>(
    [{ name: 'PASSWORD', value: SECRET }],
    { PASSWORD: SECRET },
    SECRET,
    [SECRET],
  )
  const overrides = fc.oneof(
    environment.map((environment) => ({
      containerOverrides: [{ name: 'web', environment, command: [SECRET] }],
      executionRoleArn: SECRET,
      [SECRET]: SECRET,
    })),
    fc.constantFrom<unknown>(SECRET, [SECRET], { containerOverrides: SECRET }),
  )
  /** Ways in which what carries it may be broken. */
  const breaks: readonly ((event: ReturnType<typeof ecsEvent>) => unknown)[] = [
    (event) => event,
    (event) => ({ ...event, source: undefined }),
    (event) => ({ ...event, source: 'aws.other' }),
    (event) => ({ ...event, detail: JSON.stringify(event.detail) }),
    (event) => ({ ...event, detail: [event.detail] }),
    (event) => ({ ...event, detail: { ...event.detail, version: event.detail } }),
    (event) => ({
      ...event,
      detail: { ...event.detail, version: JSON.stringify(event.detail['overrides']) },
    }),
    (event) => ({ ...event, detail: { ...event.detail, containers: [event.detail.containers] } }),
    (event) => event.detail,
    (event) => inSns(event),
    (event) => ({ ...inSns(event), Message: event }),
    (event) => inLambdaSqs(inSns(event)),
  ]

  it('is in no result, and in no error, however the message is broken', () => {
    fc.assert(
      fc.property(
        overrides,
        environment,
        fc.constantFrom(...breaks),
        fc.nat(),
        (overrides, environment, damage, cut) => {
          const containers = [{ name: 'web', lastStatus: 'RUNNING', environment }]
          const whole = ecsEvent({ overrides, environment, containers })
          const json = damage({ ...whole, detail: { overrides, ...whole.detail } })
          const text = JSON.stringify(json)
          const results = [
            decodeEvent(json),
            decodeMessage(text),
            decodeMessage(text.slice(0, cut % text.length)),
            decodeMessage(text.slice(cut % text.length)),
            ...decodeRecords({ Records: [json] }),
          ]
          expect(JSON.stringify(results)).not.toContain('hunter2')
        },
      ),
      { numRuns },
    )
  })
})
