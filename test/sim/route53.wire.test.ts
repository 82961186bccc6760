import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  type Route53Client,
} from '@aws-sdk/client-route-53'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { hostedZones, invalidBatch, rejection } from '../support/hosted-zones.js'
import { created, set, weighted } from '../support/record-sets.js'
import { virtualClock } from '../support/virtual-clock.js'

describe('embeddedRoute53', () => {
  let route53: EmbeddedRoute53
  let client: Route53Client
  let zoneWith: ReturnType<typeof hostedZones>

  beforeAll(async () => {
    route53 = await embeddedRoute53()
    client = route53.client({ maxAttempts: 1 })
    zoneWith = hostedZones(route53)
  })
  afterAll(() => route53.close())

  describe('a zone', () => {
    it('begins with its name servers and its start of authority', async () => {
      const { HostedZone, DelegationSet } = await client.send(
        new CreateHostedZoneCommand({ Name: 'Begins.Example', CallerReference: 'begins' }),
      )
      expect(HostedZone).toMatchObject({ Name: 'begins.example.', ResourceRecordSetCount: 2 })
      const id = HostedZone?.Id ?? ''
      expect((await client.send(new GetHostedZoneCommand({ Id: id }))).HostedZone).toEqual(HostedZone)
      const { ResourceRecordSets } = await client.send(
        new ListResourceRecordSetsCommand({ HostedZoneId: id }),
      )
      expect(ResourceRecordSets?.map(({ Type }) => Type)).toEqual(['NS', 'SOA'])
      expect(ResourceRecordSets?.[0]?.ResourceRecords?.map(({ Value }) => Value)).toEqual(
        DelegationSet?.NameServers?.map((server) => `${server}.`),
      )
    })

    it('is not created twice by one caller reference', async () => {
      const create = () =>
        client.send(new CreateHostedZoneCommand({ Name: 'twice.example', CallerReference: 'twice' }))
      await create()
      expect(await rejection(create())).toMatchObject({ name: 'HostedZoneAlreadyExists' })
    })

    it('that there is not is NoSuchHostedZone to every operation', async () => {
      const HostedZoneId = 'ZNOWHERE'
      const Changes = [created(set('a.example.com', 'A', ['10.0.0.1']))]
      for (const call of [
        () => client.send(new GetHostedZoneCommand({ Id: HostedZoneId })),
        () => client.send(new ListResourceRecordSetsCommand({ HostedZoneId })),
        () => client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch: { Changes } })),
      ])
        expect(await rejection(call())).toMatchObject({ name: 'NoSuchHostedZone' })
    })

    it('is listed by name, after those that are nearer to the root, page by page', async () => {
      const zones = await embeddedRoute53({
        zones: [
          { id: 'Z3', name: 'b.example' },
          { id: 'Z2', name: 'a.example', isPrivate: true },
          { id: 'Z1', name: 'a.example' },
          { id: 'Z4', name: 'example' },
        ],
      })
      try {
        const list = (input: object) => zones.client().send(new ListHostedZonesByNameCommand(input))
        const first = await list({ MaxItems: 2 })
        expect(first.HostedZones?.map(({ Id }) => Id)).toEqual(['/hostedzone/Z4', '/hostedzone/Z1'])
        expect(first).toMatchObject({
          IsTruncated: true,
          NextDNSName: 'a.example.',
          NextHostedZoneId: 'Z2',
        })
        const rest = await list({ DNSName: first.NextDNSName, HostedZoneId: first.NextHostedZoneId })
        expect(rest.HostedZones?.map(({ Id, Config }) => [Id, Config?.PrivateZone])).toEqual([
          ['/hostedzone/Z2', true],
          ['/hostedzone/Z3', false],
        ])
        expect(rest.IsTruncated).toBe(false)
      } finally {
        await zones.close()
      }
    })
  })

  describe('a listing', () => {
    it('is sorted by the labels in reverse, each with its dot, then by type, then by identifier', async () => {
      const zone = await zoneWith(
        set('b', 'A', ['10.0.0.1']),
        set('a.b', 'A', ['10.0.0.1']),
        set('b-c', 'A', ['10.0.0.1']),
        set('b', 'AAAA', ['::1']),
        set('*', 'A', ['10.0.0.1']),
        set('_x', 'A', ['10.0.0.1']),
        weighted('b', 'two', '1 1 1 b'),
        weighted('b', 'one', '1 1 2 b'),
      )
      const { ResourceRecordSets = [] } = await zone.page()
      expect(
        ResourceRecordSets.map(({ Name, Type, SetIdentifier = '' }) =>
          `${Name?.replace(`${zone.name}.`, '')} ${Type} ${SetIdentifier}`.trim(),
        ),
      ).toEqual([
        'NS',
        'SOA',
        '\\052. A',
        '_x. A',
        'b-c. A',
        'b. A',
        'b. AAAA',
        'b. SRV one',
        'b. SRV two',
        'a.b. A',
      ])
    })

    it('has pages of 300, unless it is asked for fewer', async () => {
      const zone = await zoneWith(
        ...Array.from({ length: 349 }, (_, n) => set(`h${String(n).padStart(3, '0')}`, 'A', ['10.0.0.1'])),
      )
      const first = await zone.page()
      expect(first.ResourceRecordSets).toHaveLength(300)
      expect(first).toMatchObject({
        IsTruncated: true,
        MaxItems: 300,
        NextRecordName: `h298.${zone.name}.`,
        NextRecordType: 'A',
      })
      expect((await zone.page({ MaxItems: 1000 })).ResourceRecordSets).toHaveLength(300)
      const second = await zone.page({ StartRecordName: first.NextRecordName, StartRecordType: 'A' })
      expect(second.ResourceRecordSets).toHaveLength(51)
      expect(second.IsTruncated).toBe(false)
      expect(await zone.held()).toHaveLength(349)
    })

    it('shows every record set on exactly one page, whatever the size of pages', async () => {
      const zone = await zoneWith(
        ...['a', 'a-b', 'a.b', 'c'].flatMap((name) => [
          set(name, 'A', ['10.0.0.1']),
          ...['x', 'y', 'z'].map((id) => weighted(name, id, `1 1 80 ${id}`)),
        ]),
      )
      const whole = (await zone.page()).ResourceRecordSets ?? []
      expect(whole).toHaveLength(18)
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 19 }), async (MaxItems) => {
          const pages = await zone.pages(MaxItems)
          for (const page of pages) expect(page.length).toBeLessThanOrEqual(MaxItems)
          expect(pages.flat()).toEqual(whole)
        }),
        { numRuns: 20 },
      )
    })

    it('begins with the first that is not before the name, the type and the identifier', async () => {
      const zone = await zoneWith(
        set('b', 'A', ['10.0.0.1']),
        weighted('b', 'x', '1 1 80 b'),
        weighted('b', 'y', '1 1 80 c'),
        set('d', 'A', ['10.0.0.1']),
      )
      const from = async (StartRecordName: string, rest: object = {}) =>
        (
          await zone.page({ StartRecordName: `${StartRecordName}.${zone.name}`, ...rest })
        ).ResourceRecordSets?.map(({ Name, Type, SetIdentifier = '' }) =>
          `${Name?.[0]} ${Type} ${SetIdentifier}`.trim(),
        )
      expect(await from('a')).toEqual(['b A', 'b SRV x', 'b SRV y', 'd A'])
      expect(await from('B', { StartRecordType: 'AAAA' })).toEqual(['b SRV x', 'b SRV y', 'd A'])
      expect(await from('b', { StartRecordType: 'SRV', StartRecordIdentifier: 'xx' })).toEqual([
        'b SRV y',
        'd A',
      ])
      expect(await from('e')).toEqual([])
    })

    it('from a type without a name, or an identifier without a type, is InvalidInput', async () => {
      const zone = await zoneWith()
      expect(await rejection(zone.page({ StartRecordType: 'A' }))).toMatchObject({ name: 'InvalidInput' })
      expect(
        await rejection(zone.page({ StartRecordName: zone.name, StartRecordIdentifier: 'x' })),
      ).toMatchObject({ name: 'InvalidInput' })
    })
  })

  describe('names', () => {
    it('are written in lower case, with a dot, and with escapes for all but a-z, 0-9, - and _', async () => {
      const zone = await zoneWith(
        set('*', 'A', ['10.0.0.1']),
        set('A_b-9', 'A', ['10.0.0.1']),
        set('s!x', 'A', ['10.0.0.1']),
      )
      expect((await zone.held()).map(({ Name }) => Name)).toEqual([
        `\\052.${zone.name}.`,
        `a_b-9.${zone.name}.`,
        `s\\041x.${zone.name}.`,
      ])
    })

    it('are the same with or without the dot, the escapes and capitals', async () => {
      const zone = await zoneWith(set('*.web', 'A', ['10.0.0.1']))
      for (const spelling of ['*.web', '\\052.WEB', '*.\\167eb'])
        expect(await zone.refusal(created(set(`${spelling}.${zone.name}.`, 'A', ['10.0.0.1'])))).toEqual(
          invalidBatch(
            `Tried to create resource record set [name='\\052.web.${zone.name}.', type='A'] but it already exists`,
          ),
        )
    })

    it.each([
      ['a label of 64 bytes', 'x'.repeat(64), /DomainLabelTooLong/],
      ['an empty label', 'a..b', /DomainLabelEmpty/],
      ['more than 255 bytes', Array.from({ length: 5 }, () => 'x'.repeat(60)).join('.'), /DomainNameTooLong/],
      ['a space', 'a b', /UnsupportedCharacter/],
      ['a letter that is not of ASCII', 'ä', /UnsupportedCharacter/],
      ['half an escape', 'a\\05', /UnsupportedCharacter/],
    ])('are refused with %s', async (_, name, why) => {
      const zone = await zoneWith()
      const refusal = await zone.refusal(created(set(`${name}.${zone.name}`, 'A', ['10.0.0.1'])))
      expect(refusal.name).toBe('InvalidChangeBatch')
      expect(refusal.message).toMatch(why)
    })

    it('of 63 bytes a label are accepted', async () => {
      expect(await (await zoneWith(set('x'.repeat(63), 'A', ['10.0.0.1']))).held()).toHaveLength(1)
    })

    it('outside the zone are refused, even if they end alike', async () => {
      const zone = await zoneWith()
      for (const name of ['a.example.org.', `not${zone.name}.`])
        expect(await zone.refusal(created(set(name, 'A', ['10.0.0.1'])))).toEqual(
          invalidBatch(`RRSet with DNS name ${name} is not permitted in zone ${zone.name}.`),
        )
    })
  })

  it('a change is pending until it has reached the name servers', async () => {
    const clock = virtualClock(1_000_000)
    const slow = await embeddedRoute53({
      zones: [{ id: 'Z1', name: 'example.com' }],
      clock,
      propagationMs: 30_000,
    })
    try {
      const of = slow.client()
      const { ChangeInfo } = await of.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: 'Z1',
          ChangeBatch: { Changes: [created(set('a.example.com', 'A', ['10.0.0.1']))] },
        }),
      )
      expect(ChangeInfo?.Status).toBe('PENDING')
      const status = async () =>
        (await of.send(new GetChangeCommand({ Id: ChangeInfo?.Id }))).ChangeInfo?.Status
      await clock.advance(29_999)
      expect(await status()).toBe('PENDING')
      expect(await rejection(slow.resolver().resolve4('a.example.com'))).toMatchObject({ code: 'ENOTFOUND' })
      await clock.advance(1)
      expect(await status()).toBe('INSYNC')
      expect(await slow.resolver().resolve4('a.example.com')).toEqual(['10.0.0.1'])
      expect(await rejection(of.send(new GetChangeCommand({ Id: 'CNONE' })))).toMatchObject({
        name: 'NoSuchChange',
      })
    } finally {
      await slow.close()
    }
  })
})
