/**
 * What the record sinks rely on, at moto and at the server that our other tests run against.
 */
import {
  type Change,
  CreateHostedZoneCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  type ResourceRecordSet,
  type Route53Client,
} from '@aws-sdk/client-route-53'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { type Route53Zones, route53Zones } from '../../sim/route53/route53-zones.js'
import { hostedZones, rejection } from '../support/hosted-zones.js'
import { created, deleted, set, upserted, weighted } from '../support/record-sets.js'
import { type Candidate, lawsFor } from './candidates.js'
import { moto } from './witnesses.js'

const openMoto = async (): Promise<Route53Zones> => {
  await moto.empty()
  return route53Zones(moto.url)
}

const candidates: readonly Candidate<Route53Zones>[] = [
  {
    name: 'moto',
    open: openMoto,
    deviations: {
      'puts a name with a hyphen': 'moto sorts without the last dot',
      'has names with escapes': 'moto keeps names as they were written',
      'has names in lower case': 'moto keeps names as they were written',
      'goes on within a name and type': 'moto has no StartRecordIdentifier',
      'has pages of 300': 'moto takes any MaxItems',
      'creates nothing that is there already with other values': 'moto then has two record sets of one name',
      'that deletes what was never there': 'moto says InvalidInput',
      'deletes nothing that is there no more': 'moto compares with what was ever written',
      'deletes one of several weighted sets': 'moto deletes by the identifier, whatever the name',
      'that cannot be made as a whole': 'moto has made the changes before the one that it refuses',
      'knows its zone from one': 'moto compares the ends of texts',
      'is of 32,000 characters': 'moto does not count them',
      'puts no weighted set': 'moto does not compare record sets',
      'puts no address beside a CNAME': 'moto does not compare record sets',
      'has a TTL and values': 'moto does not look at record sets',
      'has values of their type': 'moto does not look at values',
    },
  },
  { name: 'the embedded server', open: embeddedRoute53 },
]

describe.each(candidates)('$name', (candidate) => {
  const law = lawsFor(candidate)
  let server: Route53Zones
  let client: Route53Client
  let zoneWith: ReturnType<typeof hostedZones>
  beforeAll(async () => {
    server = await candidate.open()
    client = server.client({ maxAttempts: 1 })
    zoneWith = hostedZones(server)
  })
  afterAll(() => server.close())

  describe('a zone', () => {
    law('is found by its id and by its name, and begins with NS and SOA', async () => {
      const { HostedZone } = await client.send(
        new CreateHostedZoneCommand({ Name: 'found.example', CallerReference: 'found' }),
      )
      const Id = HostedZone?.Id
      expect(Id).toMatch(/^\/hostedzone\/[0-9A-Z]+$/)
      expect((await client.send(new GetHostedZoneCommand({ Id }))).HostedZone).toMatchObject({
        Id,
        Name: 'found.example.',
        ResourceRecordSetCount: 2,
        Config: { PrivateZone: false },
      })
      const { HostedZones } = await client.send(
        new ListHostedZonesByNameCommand({ DNSName: 'found.example' }),
      )
      expect(HostedZones?.[0]).toMatchObject({ Id, Name: 'found.example.' })
    })

    law('that there is not is NoSuchHostedZone', async () => {
      expect(await rejection(server.recordSets('ZNOWHERE'))).toMatchObject({ name: 'NoSuchHostedZone' })
      const change = server.change('ZNOWHERE', [created(set('a.example', 'A', ['10.0.0.1']))])
      expect(await rejection(change)).toMatchObject({ name: 'NoSuchHostedZone' })
    })
  })

  describe('a listing', () => {
    law('is sorted by name from the root down, then by type', async () => {
      const zone = await zoneWith(
        set('b', 'SRV', ['1 1 80 a']),
        set('b', 'A', ['10.0.0.1']),
        set('a.b', 'A', ['10.0.0.1']),
        set('_x', 'A', ['10.0.0.1']),
        set('a', 'TXT', ['"x"']),
      )
      expect(
        (await zone.held()).map(({ Name, Type }) => `${Name?.replace(`.${zone.name}.`, '')} ${Type}`),
      ).toEqual(['_x A', 'a TXT', 'b A', 'b SRV', 'a.b A'])
    })

    law('puts a name with a hyphen before the one that it begins with', async () => {
      const zone = await zoneWith(set('a', 'A', ['10.0.0.1']), set('a-b', 'A', ['10.0.0.1']))
      expect((await zone.held()).map(({ Name }) => Name)).toEqual([`a-b.${zone.name}.`, `a.${zone.name}.`])
    })

    law('has names with escapes', async () => {
      const zone = await zoneWith(set('*', 'A', ['10.0.0.1']))
      expect((await zone.held()).map(({ Name }) => Name)).toEqual([`\\052.${zone.name}.`])
    })

    law('has names in lower case', async () => {
      const zone = await zoneWith(set('Web', 'A', ['10.0.0.1']))
      expect((await zone.held()).map(({ Name }) => Name)).toEqual([`web.${zone.name}.`])
    })

    law('shows every name and type on exactly one page, whatever the size of pages', async () => {
      const zone = await zoneWith(
        ...['a', 'b', 'a.b', 'c'].flatMap((name) => [
          set(name, 'A', ['10.0.0.1']),
          set(name, 'TXT', ['"x"']),
        ]),
      )
      const [whole] = await zone.pages(300)
      expect(whole).toHaveLength(10)
      for (const size of [1, 2, 3, 7, 9, 10, 11]) expect((await zone.pages(size)).flat()).toEqual(whole)
    })

    law('goes on within a name and type by the identifier', async () => {
      const zone = await zoneWith(...['x', 'y', 'z'].map((id) => weighted('a', id, `1 1 80 ${id}`)))
      const page = await zone.page({ StartRecordName: `a.${zone.name}`, StartRecordType: 'SRV', MaxItems: 1 })
      expect(page.NextRecordIdentifier).toBe('y')
    })

    law('has pages of 300 at most', async () => {
      const zone = await zoneWith(...Array.from({ length: 310 }, (_, n) => set(`h${n}`, 'A', ['10.0.0.1'])))
      const { ResourceRecordSets, IsTruncated } = await zone.page()
      expect({ shown: ResourceRecordSets?.length, IsTruncated }).toEqual({ shown: 300, IsTruncated: true })
      expect((await zone.page({ MaxItems: 1000 })).ResourceRecordSets).toHaveLength(300)
      expect(await zone.held()).toHaveLength(310)
    })

    law('begins at the first name that is not before the one that was asked for', async () => {
      const zone = await zoneWith(
        set('b', 'A', ['10.0.0.1']),
        set('b', 'TXT', ['"x"']),
        set('d', 'A', ['10.0.0.1']),
      )
      const from = async (name: string, StartRecordType?: 'TXT') =>
        (
          await zone.page({ StartRecordName: `${name}.${zone.name}`, StartRecordType })
        ).ResourceRecordSets?.map(({ Name, Type }) => `${Name?.[0]} ${Type}`)
      expect(await from('a')).toEqual(['b A', 'b TXT', 'd A'])
      expect(await from('b', 'TXT')).toEqual(['b TXT', 'd A'])
      expect(await from('e')).toEqual([])
    })

    law('from a type without a name is InvalidInput', async () => {
      const zone = await zoneWith()
      expect(await rejection(zone.page({ StartRecordType: 'A' }))).toMatchObject({ name: 'InvalidInput' })
    })
  })

  describe('a batch', () => {
    law('creates, replaces and deletes', async () => {
      const zone = await zoneWith(set('old', 'A', ['10.0.0.1']), set('kept', 'A', ['10.0.0.2']))
      await zone.change(
        deleted(zone.within(set('old', 'A', ['10.0.0.1']))),
        upserted(zone.within(set('kept', 'A', ['10.0.0.3']))),
        upserted(zone.within(set('new', 'TXT', ['"a b" "c"']))),
        created(zone.within(set('_calc._tcp', 'SRV', ['1 1 80 kept', '1 1 81 kept']))),
        created(zone.within(weighted('_w._tcp', 'host:1', '1 1 80 kept'))),
      )
      expect(await zone.held()).toEqual([
        set(`_calc._tcp.${zone.name}.`, 'SRV', ['1 1 80 kept', '1 1 81 kept']),
        weighted(`_w._tcp.${zone.name}.`, 'host:1', '1 1 80 kept'),
        set(`kept.${zone.name}.`, 'A', ['10.0.0.3']),
        set(`new.${zone.name}.`, 'TXT', ['"a b" "c"']),
      ])
    })

    law('compares and swaps by DELETE and CREATE of one record set', async () => {
      const zone = await zoneWith(set('a', 'A', ['10.0.0.1']))
      await zone.change(
        deleted(zone.within(set('a', 'A', ['10.0.0.1']))),
        created(zone.within(set('a', 'A', ['10.0.0.2']))),
      )
      expect(await zone.held()).toEqual([set(`a.${zone.name}.`, 'A', ['10.0.0.2'])])
    })

    law('creates nothing that is there already', async () => {
      const zone = await zoneWith()
      const change = created(zone.within(set('a', 'A', ['10.0.0.1'])))
      await zone.change(change)
      expect(await zone.refusal(change)).toMatchObject({
        name: 'InvalidChangeBatch',
        message: expect.stringContaining(
          `Tried to create resource record set [name='a.${zone.name}.', type='A'] but it already exists`,
        ) as string,
      })
    })

    law('creates nothing that is there already with other values', async () => {
      const zone = await zoneWith(set('a', 'A', ['10.0.0.1']))
      expect(await zone.refusal(created(zone.within(set('a', 'A', ['10.0.0.2']))))).toMatchObject({
        name: 'InvalidChangeBatch',
      })
    })

    law('deletes nothing that was never there', async () => {
      const zone = await zoneWith(set('a', 'A', ['10.0.0.1']))
      await zone.refusal(deleted(zone.within(set('b', 'A', ['10.0.0.1']))))
      await zone.refusal(deleted(zone.within(set('a', 'A', ['10.0.0.2']))))
      await zone.refusal(deleted(zone.within(set('a', 'A', ['10.0.0.1'], { TTL: 11 }))))
    })

    law('that deletes what was never there is InvalidChangeBatch', async () => {
      const zone = await zoneWith(set('a', 'A', ['10.0.0.1']))
      expect(await zone.refusal(deleted(zone.within(set('a', 'A', ['10.0.0.2']))))).toMatchObject({
        name: 'InvalidChangeBatch',
        message: expect.stringContaining('but the values provided do not match the current values') as string,
      })
    })

    law('deletes nothing that is there no more, or is different since', async () => {
      const zone = await zoneWith(set('a', 'A', ['10.0.0.1']), set('b', 'A', ['10.0.0.1']))
      await zone.change(
        deleted(zone.within(set('a', 'A', ['10.0.0.1']))),
        upserted(zone.within(set('b', 'A', ['10.0.0.2']))),
      )
      await zone.refusal(deleted(zone.within(set('a', 'A', ['10.0.0.1']))))
      await zone.refusal(deleted(zone.within(set('b', 'A', ['10.0.0.1']))))
    })

    law('deletes one of several weighted sets, and no set of another name', async () => {
      const zone = await zoneWith(
        weighted('a', 'x', '1 1 80 a'),
        weighted('a', 'y', '1 1 81 a'),
        weighted('b', 'x', '1 1 82 a'),
      )
      await zone.change(deleted(zone.within(weighted('a', 'x', '1 1 80 a'))))
      expect((await zone.held()).map(({ Name, SetIdentifier }) => `${Name?.[0]} ${SetIdentifier}`)).toEqual([
        'a y',
        'b x',
      ])
    })

    law('that cannot be made as a whole is not made at all', async () => {
      const zone = await zoneWith()
      const { name } = await zone.refusal(
        created(zone.within(set('a', 'A', ['10.0.0.1']))),
        created(set('a.example.org.', 'A', ['10.0.0.1'])),
      )
      expect(name).toBe('InvalidChangeBatch')
    })

    law('stays in its zone', async () => {
      const zone = await zoneWith()
      const { name, message } = await zone.refusal(created(set('a.example.org.', 'A', ['10.0.0.1'])))
      expect(name).toBe('InvalidChangeBatch')
      expect(message).toMatch(
        /RRSet with DNS name a\.example\.org\.? is not permitted in zone z\d+\.example\.com\./,
      )
    })

    law('knows its zone from one that ends alike', async () => {
      const zone = await zoneWith()
      await zone.refusal(created(set(`not${zone.name}.`, 'A', ['10.0.0.1'])))
    })

    law('is of 1,000 values at most, of which UPSERT counts twice', async () => {
      const zone = await zoneWith()
      const many = (count: number, action: (set: ResourceRecordSet) => Change) =>
        Array.from({ length: count }, (_, n) => action(zone.within(set(`h${n}`, 'A', ['10.0.0.1']))))
      for (const changes of [many(1001, created), many(501, upserted)])
        expect(await zone.refusal(...changes)).toMatchObject({
          name: 'InvalidChangeBatch',
          message: expect.stringContaining('Number of records limit of 1000 exceeded.') as string,
        })
      await zone.change(...many(1000, created))
      await zone.change(...many(500, upserted))
    })

    law('is of 32,000 characters at most', async () => {
      const zone = await zoneWith()
      const text = `"${'x'.repeat(198)}"`
      await zone.refusal(
        ...Array.from({ length: 161 }, (_, n) => created(zone.within(set(`h${n}`, 'TXT', [text])))),
      )
    })

    law('puts no weighted set beside a simple one', async () => {
      const zone = await zoneWith(set('a', 'SRV', ['1 1 80 b']))
      await zone.refusal(created(zone.within(weighted('a', 'x', '1 1 80 b'))))
    })

    law('puts no address beside a CNAME', async () => {
      const zone = await zoneWith(set('a', 'CNAME', ['b.example']))
      await zone.refusal(created(zone.within(set('a', 'A', ['10.0.0.1']))))
    })

    law('has a TTL and values for all but aliases', async () => {
      const zone = await zoneWith()
      await zone.refusal(created(zone.within(set('a', 'A', ['10.0.0.1'], { TTL: undefined }))))
      await zone.refusal(created(zone.within(set('a', 'A', []))))
    })

    law('has values of their type', async () => {
      const zone = await zoneWith()
      await zone.refusal(created(zone.within(set('a', 'A', ['10.0.0.256']))))
      await zone.refusal(created(zone.within(set('a', 'SRV', ['1 1 80']))))
      await zone.refusal(created(zone.within(set('a', 'TXT', ['bare']))))
    })

    law('has no spaces in its names', async () => {
      const zone = await zoneWith()
      expect(await zone.refusal(created(zone.within(set('a b', 'A', ['10.0.0.1']))))).toMatchObject({
        name: 'InvalidChangeBatch',
      })
    })
  })

  law('a change is in sync in the end', async () => {
    const zone = await zoneWith()
    const { ChangeInfo } = (await zone.change(created(zone.within(set('a', 'A', ['10.0.0.1']))))) as {
      readonly ChangeInfo: { readonly Id: string }
    }
    expect((await client.send(new GetChangeCommand({ Id: ChangeInfo.Id }))).ChangeInfo).toMatchObject({
      Status: 'INSYNC',
    })
  })
})
