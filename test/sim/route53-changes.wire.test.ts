import type { ResourceRecordSet } from '@aws-sdk/client-route-53'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { hostedZones, invalidBatch, type TestZone } from '../support/hosted-zones.js'
import { created, deleted, set, upserted, weighted } from '../support/record-sets.js'

let route53: EmbeddedRoute53
let zoneWith: ReturnType<typeof hostedZones>

beforeAll(async () => {
  route53 = await embeddedRoute53()
  zoneWith = hostedZones(route53)
})
afterAll(() => route53.close())

describe('a batch', () => {
  it('creates, replaces and deletes', async () => {
    const zone = await zoneWith(set('old', 'A', ['10.0.0.1']), set('kept', 'A', ['10.0.0.2']))
    await zone.change(
      deleted(zone.within(set('old', 'A', ['10.0.0.1']))),
      upserted(zone.within(set('kept', 'A', ['10.0.0.3']))),
      upserted(zone.within(set('new', 'TXT', ['"a b" "c"']))),
      created(zone.within(set('_calc._tcp', 'SRV', ['1 1 80 kept', '1 1 81 kept']))),
    )
    expect(await zone.held()).toEqual([
      zone.within(
        set('_calc._tcp.', 'SRV', ['1 1 80 kept', '1 1 81 kept'], { Name: `_calc._tcp.${zone.name}.` }),
      ),
      set(`kept.${zone.name}.`, 'A', ['10.0.0.3']),
      set(`new.${zone.name}.`, 'TXT', ['"a b" "c"']),
    ])
  })

  it('that is refused changes nothing, and names every change that cannot be made', async () => {
    const zone = await zoneWith(set('a', 'A', ['10.0.0.1']), weighted('b', 'x', '1 1 80 a'))
    expect(
      await zone.refusal(
        created(zone.within(set('new', 'A', ['10.0.0.9']))),
        created(zone.within(set('a', 'A', ['10.0.0.9']))),
        deleted(zone.within(weighted('b', 'x', '1 1 81 a'))),
        deleted(zone.within(weighted('b', 'y', '1 1 80 a'))),
      ),
    ).toEqual(
      invalidBatch(
        `Tried to create resource record set [name='a.${zone.name}.', type='A'] but it already exists`,
        `Tried to delete resource record set [name='b.${zone.name}.', type='SRV', set-identifier='x'] but the values provided do not match the current values`,
        `Tried to delete resource record set [name='b.${zone.name}.', type='SRV', set-identifier='y'] but it was not found`,
      ),
    )
  })

  it('deletes only what is given exactly as it is, in any order of values', async () => {
    const held = weighted('b', 'x', '1 1 80 a', {
      ResourceRecords: [{ Value: '1 1 80 a' }, { Value: '1 1 81 a' }],
      HealthCheckId: 'h',
    })
    const zone = await zoneWith(held)
    const stale: readonly Partial<ResourceRecordSet>[] = [
      { TTL: 1 },
      { Weight: 2 },
      { HealthCheckId: undefined },
      { ResourceRecords: [{ Value: '1 1 80 a' }] },
      { ResourceRecords: [{ Value: '1 1 80 a' }, { Value: '1 1 82 a' }] },
      { Weight: undefined, Region: 'eu-west-1' },
    ]
    for (const difference of stale)
      expect((await zone.refusal(deleted(zone.within({ ...held, ...difference })))).message).toContain(
        'but the values provided do not match the current values',
      )
    for (const other of [{ SetIdentifier: 'y' }, { SetIdentifier: undefined, Weight: undefined }])
      expect((await zone.refusal(deleted(zone.within({ ...held, ...other })))).message).toContain(
        'but it was not found',
      )
    await zone.change(deleted(zone.within({ ...held, ResourceRecords: held.ResourceRecords?.toReversed() })))
    expect(await zone.held()).toEqual([])
  })

  it('replaces by DELETE and then CREATE of one record set', async () => {
    const zone = await zoneWith(set('a', 'A', ['10.0.0.1']))
    await zone.change(
      deleted(zone.within(set('a', 'A', ['10.0.0.1']))),
      created(zone.within(set('a', 'A', ['10.0.0.2']))),
    )
    expect(await zone.held()).toEqual([set(`a.${zone.name}.`, 'A', ['10.0.0.2'])])
  })

  it.each([
    ['CREATE before DELETE', [created, deleted]],
    ['two of UPSERT', [upserted, upserted]],
    ['two of DELETE', [deleted, deleted]],
  ])('does not change one record set by %s', async (_, actions) => {
    const zone = await zoneWith(set('a', 'A', ['10.0.0.1']))
    const again = zone.within(set('a', 'A', ['10.0.0.1']))
    expect((await zone.refusal(...actions.map((action) => action(again)))).message).toContain(
      `The request contains an invalid set of changes for a resource record set 'A a.${zone.name}.'`,
    )
  })

  it('deletes a name of one kind before it creates another kind, in that order', async () => {
    const alias = set('a', 'CNAME', ['b.example'])
    const zone = await zoneWith(alias)
    const address = zone.within(set('a', 'A', ['10.0.0.1']))
    expect((await zone.refusal(created(address), deleted(zone.within(alias)))).message).toContain(
      `RRSet of type A with DNS name a.${zone.name}. is not permitted because a conflicting RRSet of type CNAME`,
    )
    await zone.change(deleted(zone.within(alias)), created(address))
    expect((await zone.held()).map(({ Type }) => Type)).toEqual(['A'])
  })

  it('leaves a zone its name servers and its start of authority', async () => {
    const zone = await zoneWith()
    expect(await zone.refusal(...(await route53.recordSets(zone.id)).map(deleted))).toEqual(
      invalidBatch(
        'A HostedZone must contain at least one NS record for the zone itself.',
        'A HostedZone must contain exactly one SOA record.',
      ),
    )
  })

  it.each([
    [
      'a simple set and others',
      [weighted('a', 'x', '1 1 80 b')],
      set('a', 'SRV', ['1 1 80 b']),
      'cannot be created as other RRSets exist with the same name and type.',
    ],
    [
      'weighted sets and a simple one',
      [set('a', 'SRV', ['1 1 80 b'])],
      weighted('a', 'x', '1 1 80 b'),
      'SetIdentifier x cannot be created as a non-weighted set exists with the same name and type.',
    ],
    [
      'weighted sets and one by latency',
      [set('a', 'SRV', ['1 1 80 b'], { SetIdentifier: 'y', Region: 'eu-west-1' })],
      weighted('a', 'x', '1 1 80 b'),
      'as a non-weighted set exists',
    ],
    [
      'weighted sets of several TTLs',
      [weighted('a', 'x', '1 1 80 b')],
      weighted('a', 'y', '1 1 80 b', { TTL: 1 }),
      'as weighted sets must contain the same TTL.',
    ],
    [
      'a CNAME and an address',
      [set('a', 'A', ['10.0.0.1'])],
      set('a', 'CNAME', ['b.example']),
      'as it conflicts with other records with the same DNS name',
    ],
  ])('does not mix %s', async (_, held, next, why) => {
    const zone = await zoneWith(...held)
    for (const action of [created, upserted])
      expect((await zone.refusal(action(zone.within(next)))).message).toContain(why)
  })

  it('puts weighted aliases, which have no TTL, beside weighted sets', async () => {
    const zone = await zoneWith(weighted('a', 'x', '1 1 80 b'))
    await zone.change(
      created(
        zone.within({
          Name: 'a',
          Type: 'SRV',
          SetIdentifier: 'y',
          Weight: 1,
          AliasTarget: { HostedZoneId: zone.id, DNSName: `b.${zone.name}`, EvaluateTargetHealth: false },
        }),
      ),
    )
    await zone.change(upserted(zone.within(weighted('a', 'x', '1 1 81 b'))))
    expect(await zone.held()).toHaveLength(2)
  })

  it('puts no CNAME at the apex', async () => {
    const zone = await zoneWith()
    expect((await zone.refusal(created(set(zone.name, 'CNAME', ['b.example'])))).message).toContain(
      `RRSet of type CNAME with DNS name ${zone.name}. is not permitted at apex in zone ${zone.name}.`,
    )
  })

  it('holds foreign shapes as they are: aliases, and sets by latency, failover, place and multivalue', async () => {
    const shapes = [
      {
        Name: 'alias',
        Type: 'A',
        AliasTarget: { HostedZoneId: 'Z2', DNSName: 'lb.example.', EvaluateTargetHealth: true },
      },
      set('far', 'A', ['10.0.0.1'], { SetIdentifier: 'eu', Region: 'eu-west-1' }),
      set('multi', 'A', ['10.0.0.1'], { SetIdentifier: 'one', MultiValueAnswer: true, HealthCheckId: 'h' }),
      set('place', 'A', ['10.0.0.1'], { SetIdentifier: 'de', GeoLocation: { CountryCode: 'DE' } }),
      set('spare', 'A', ['10.0.0.1'], { SetIdentifier: 'first', Failover: 'PRIMARY' }),
    ] as ResourceRecordSet[]
    const zone = await zoneWith(...shapes)
    expect(await zone.held()).toEqual(
      shapes.map((shape) => ({ ...shape, Name: `${shape.Name}.${zone.name}.` })),
    )
    await zone.change(...(await zone.held()).map(deleted))
    expect(await zone.held()).toEqual([])
  })
})

describe('values', () => {
  it.each([
    ['A', '10.0.0.256', 'ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)'],
    ['A', '10.0.0.01', 'ARRDATAIllegalIPv4Address'],
    ['AAAA', '10.0.0.1', 'AAAARRDATAIllegalIPv6Address'],
    ['SRV', '1 1 80', 'SRVRRDATAIllegalFormat'],
    ['SRV', '1 1 65536 a.example', 'SRVRRDATAIllegalFormat'],
    ['SRV', '1 1 80 a..example', 'DomainLabelEmpty'],
    ['TXT', 'bare', 'InvalidCharacterString (Value should be enclosed in quotation marks)'],
    ['TXT', '"half', 'InvalidCharacterString'],
    ['TXT', '"a"b"', 'InvalidCharacterString'],
    ['TXT', `"${'x'.repeat(256)}"`, 'CharacterStringTooLong (Value is too long)'],
    ['CNAME', 'a b', 'UnsupportedCharacter'],
  ])('of %s such as %s are refused', async (type, value, why) => {
    const zone = await zoneWith()
    const { message } = await zone.refusal(upserted(zone.within(set('a', type, [value]))))
    expect(message).toContain(`[Invalid Resource Record: 'FATAL problem: ${why}`)
  })

  it('of an alias are a name', async () => {
    const zone = await zoneWith()
    const AliasTarget = { HostedZoneId: zone.id, DNSName: 'a..example', EvaluateTargetHealth: false }
    const alias: ResourceRecordSet = { Name: `a.${zone.name}`, Type: 'A', AliasTarget }
    expect((await zone.refusal(created(alias))).message).toContain('DomainLabelEmpty')
  })

  it('of one record set differ from each other', async () => {
    const zone = await zoneWith()
    expect(await zone.refusal(created(zone.within(set('a', 'A', ['10.0.0.1', '10.0.0.1']))))).toEqual(
      invalidBatch("Duplicate Resource Record: '10.0.0.1'"),
    )
  })

  it('of one record set are 400 at most, and one of a CNAME', async () => {
    const zone = await zoneWith()
    const addresses = (count: number) =>
      Array.from({ length: count }, (_, n) => `10.0.${Math.floor(n / 256)}.${n % 256}`)
    expect(await zone.refusal(created(zone.within(set('a', 'A', addresses(401)))))).toEqual(
      invalidBatch('Cannot have more than 400 records in a RRSet'),
    )
    await zone.change(created(zone.within(set('a', 'A', addresses(400)))))
    await zone.refusal(created(zone.within(set('b', 'CNAME', ['a.example', 'b.example']))))
  })

  it.each([
    [
      { TTL: undefined },
      'Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=CREATE,',
    ],
    [{ ResourceRecords: [] }, 'but found none in Change with'],
    [
      { AliasTarget: { HostedZoneId: 'Z', DNSName: 'a.', EvaluateTargetHealth: false } },
      'but found more than one in Change with',
    ],
    [{ Weight: 1 }, "Missing field 'SetIdentifier' in Change with"],
    [
      { SetIdentifier: 'x' },
      'Expected exactly one of [Weight, Region, Failover, GeoLocation, or MultiValueAnswer], but found none',
    ],
    [{ SetIdentifier: 'x', Weight: 256 }, 'Weight must be between 0 and 255'],
    [{ TTL: 2 ** 31 }, 'TTL must be between 0 and 2147483647'],
  ])('that lack something, or have too much, are InvalidInput: %o', async (difference, why) => {
    const zone = await zoneWith()
    const refusal = await zone.refusal(created(zone.within(set('a', 'A', ['10.0.0.1'], difference))))
    expect(refusal.name).toBe('InvalidInput')
    expect(refusal.message).toContain(why)
  })
})

describe('the size of a batch', () => {
  const many = (zone: TestZone, count: number, action = created, value = '10.0.0.1', type = 'A') =>
    Array.from({ length: count }, (_, n) => action(zone.within(set(`h${n}`, type, [value]))))

  it('is 1,000 values at most, of which UPSERT counts twice', async () => {
    const zone = await zoneWith()
    const limit = invalidBatch('Number of records limit of 1000 exceeded.')
    expect(await zone.refusal(...many(zone, 1001))).toEqual(limit)
    expect(await zone.refusal(...many(zone, 501, upserted))).toEqual(limit)
    await zone.change(...many(zone, 1000))
    await zone.change(...many(zone, 500, upserted))
    expect(await zone.held()).toHaveLength(1000)
  })

  it('is 32,000 characters of values at most, of which UPSERT counts twice', async () => {
    const zone = await zoneWith()
    const text = `"${'x'.repeat(198)}"`
    const limit = invalidBatch('RDATA character limit of 32000 exceeded.')
    expect(await zone.refusal(...many(zone, 161, created, text, 'TXT'))).toEqual(limit)
    expect(await zone.refusal(...many(zone, 81, upserted, text, 'TXT'))).toEqual(limit)
    await zone.change(...many(zone, 160, created, text, 'TXT'))
    await zone.change(...many(zone, 80, upserted, text, 'TXT'))
  })

  it('is such that 100 weighted sets share a name and type at most', async () => {
    const zone = await zoneWith(
      ...Array.from({ length: 100 }, (_, n) => weighted('a', `i${n}`, `1 1 ${n} b`)),
    )
    expect((await zone.refusal(created(zone.within(weighted('a', 'one more', '1 1 999 b'))))).name).toBe(
      'InvalidChangeBatch',
    )
    await zone.change(upserted(zone.within(weighted('a', 'i7', '1 1 999 b'))))
  })
})
