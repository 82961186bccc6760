import type { ChangeResourceRecordSetsCommandInput, Route53Client } from '@aws-sdk/client-route-53'
import fc from 'fast-check'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import type { Route53Outcome } from '../../sim/route53/route53-api.js'
import type { Address } from '../../src/core/desired.js'
import type { Outcome } from '../../src/core/sink.js'
import { route53Allowance } from '../../src/sinks/route53/allowance.js'
import { digestOf, formatOwner, formatUsers, userOf } from '../../src/sinks/route53/ownership.js'
import { recordSetOf } from '../../src/sinks/route53/record-set.js'
import { srvRecords, type SrvRecordsOptions } from '../../src/sinks/route53/index.js'
import type { SrvService } from '../../src/sinks/route53/service.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { boundless } from '../support/boundless-allowance.js'
import { planned, reconciled, reconciledUntilQuiet } from '../support/reconciled.js'
import { virtualClock } from '../support/virtual-clock.js'
import { ecssdHost, ecssdRecord, offeredBy, record, ZoneOfServices } from '../support/zone-of-services.js'

const { signal } = new AbortController()
const at = (last: number, port = 32768): Address => ({ host: `10.0.0.${last}`, port })
const many = (count: number): Address[] =>
  Array.from({ length: count }, (_, n) => ({ host: `10.1.${n >> 8}.${n % 256}`, port: 32768 }))
const calc = (...addresses: Address[]) => backendsOf([backendOf('_calc._tcp', addresses)])
const tagsOf = (outcomes: readonly Outcome<SrvService>[]) =>
  Object.fromEntries(outcomes.map(({ key, _tag }) => [key, _tag]))
const reasonsOf = (outcomes: readonly Outcome<SrvService>[]) =>
  Object.fromEntries(
    outcomes.flatMap((outcome) => (outcome._tag === 'Rejected' ? [[outcome.key, outcome.reason]] : [])),
  )

let route53: EmbeddedRoute53
let zones = 0

beforeAll(async () => {
  route53 = await embeddedRoute53()
})
afterAll(() => route53.close())

interface Here {
  readonly zone: ZoneOfServices
  readonly client: Route53Client
  readonly sink: ReturnType<typeof srvRecords>
  /** The batches that were sent. */
  readonly sent: ChangeResourceRecordSetsCommandInput[]
  readonly another: (options?: Partial<SrvRecordsOptions>) => ReturnType<typeof srvRecords>
}

const here = async (options: Partial<SrvRecordsOptions> = {}): Promise<Here> => {
  const zone = await ZoneOfServices.create(route53, `write-${++zones}.test`)
  route53.inject(() => 'ok')
  const client = route53.client({ maxAttempts: 1 })
  const sent: ChangeResourceRecordSetsCommandInput[] = []
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        if (commandName.startsWith('Change')) sent.push(args.input as ChangeResourceRecordSetsCommandInput)
        return next(args)
      },
    { step: 'initialize' },
  )
  const another = (more: Partial<SrvRecordsOptions> = {}) =>
    srvRecords({ zoneId: zone.zoneId, client, allowance: boundless, ...options, ...more })
  return { zone, client, sent, another, sink: another() }
}

const own = (sets: readonly ReturnType<typeof record>[]) =>
  formatOwner('worker', digestOf(sets.map(recordSetOf)))

describe('the records of a name', () => {
  it('simple: one set of all targets, its ownership record, and for each host an address and an ownership record', async () => {
    const { zone, sink } = await here()
    const wide = { ...backendOf('_calc._tcp', [at(1), at(1, 32769), at(2), { host: 'fd00::1', port: 80 }]) }
    const endpoints = wide.endpoints.map((endpoint) =>
      endpoint.host === '10.0.0.2' ? { ...endpoint, ipv6: 'fd00::2', weight: 7 } : endpoint,
    )
    await reconciled(sink, backendsOf([{ ...wide, endpoints }]))
    const name = `_calc._tcp.${zone.zone}.`
    const host = (label: string) => `${label}.${zone.zone}`
    const srv = record(name, 'SRV', [
      `1 1 32768 ${host('ip-10-0-0-1')}`,
      `1 1 32769 ${host('ip-10-0-0-1')}`,
      `1 1 80 ${host('ip6-fd00-0-0-0-0-0-0-1')}`,
      `1 7 32768 ${host('ip-10-0-0-2')}`,
    ])
    const users = formatUsers(new Set([userOf('worker', `_calc._tcp.${zone.zone}`)]))
    const expected = [
      { ...srv, TTL: 10 },
      record(`srv-${name}`, 'TXT', [own([{ ...srv, TTL: 10 }])]),
      ...[
        ['ip-10-0-0-1', 'A', '10.0.0.1'],
        ['ip-10-0-0-2', 'A', '10.0.0.2'],
        ['ip6-fd00-0-0-0-0-0-0-1', 'AAAA', 'fd00::1'],
      ].flatMap(([label = '', type = '', address = '']) => [
        { ...record(`${host(label)}.`, type as 'A', [address]), TTL: 10 },
        record(`${host(label)}.`, 'TXT', [users]),
      ]),
      { ...record(`${host('ip-10-0-0-2')}.`, 'AAAA', ['fd00::2']), TTL: 10 },
    ]
    const order = (sets: readonly ReturnType<typeof record>[]) =>
      sets.map((set) => JSON.stringify(set, Object.keys(set).sort())).sort()
    const found = (await zone.sets()).map((set) => ({ ...record('', 'A', []), ...set }))
    expect(found.length).toBe(expected.length)
    for (const set of expected) expect(found).toContainEqual(set)
    expect(order(found)).toHaveLength(expected.length)
  })

  it('weighted: one set a target, of weight 1 and TTL 0, as ecssd writes them', async () => {
    const { zone, sink } = await here({ shape: 'weighted' })
    await reconciled(sink, calc(at(1), at(2)))
    const name = `_calc._tcp.${zone.zone}`
    expect(await zone.at(name, 'SRV')).toEqual(
      [1, 2].map((last) => ({
        Name: `${name}.`,
        Type: 'SRV',
        SetIdentifier: `ip-10-0-0-${last}:32768`,
        Weight: 1,
        TTL: 0,
        ResourceRecords: [{ Value: `1 1 32768 ip-10-0-0-${last}.${zone.zone}` }],
      })),
    )
    expect(await zone.at(`ip-10-0-0-1.${zone.zone}`, 'A')).toEqual([
      { ...record(`ip-10-0-0-1.${zone.zone}.`, 'A', ['10.0.0.1']), TTL: 0 },
    ])
  })

  it('are what resolvers get', async () => {
    const { zone, sink } = await here()
    const resolver = route53.resolver()
    await reconciled(sink, calc(at(1), at(2), { host: 'fd00::1', port: 80 }))
    const answers = await resolver.resolveSrv(`_calc._tcp.${zone.zone}`)
    const resolved = await Promise.all(
      answers.map(async ({ name, port, priority, weight }) => [
        ...(await (name.startsWith('ip6-') ? resolver.resolve6(name) : resolver.resolve4(name))),
        port,
        priority,
        weight,
      ]),
    )
    expect(resolved.sort()).toEqual([
      ['10.0.0.1', 32768, 1, 1],
      ['10.0.0.2', 32768, 1, 1],
      ['fd00::1', 80, 1, 1],
    ])
    await reconciled(sink, calc(at(2)))
    expect((await resolver.resolveSrv(`_calc._tcp.${zone.zone}`)).map(({ name }) => name)).toEqual([
      `ip-10-0-0-2.${zone.zone}`,
    ])
    await expect(resolver.resolve4(`ip-10-0-0-1.${zone.zone}`)).rejects.toMatchObject({ code: 'ENOTFOUND' })
    await reconciled(sink, calc())
    await expect(resolver.resolveSrv(`_calc._tcp.${zone.zone}`)).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('whose last endpoint is gone keep only their ownership record, and are deleted when nothing desires them', async () => {
    const { zone, sink } = await here()
    await reconciled(sink, calc(at(1)))
    await reconciled(sink, calc())
    expect((await zone.sets()).map(({ Type, Name }) => `${Type ?? ''} ${Name ?? ''}`)).toEqual([
      `TXT srv-_calc._tcp.${zone.zone}.`,
    ])
    await reconciled(sink, backendsOf([]))
    expect(await zone.sets()).toEqual([])
    // And one that never had any has not even that.
    await reconciled(sink, calc())
    expect(await zone.sets()).toEqual([])
  })

  it('change from one layout to the other in one batch', async () => {
    const { zone, sink, another, sent } = await here()
    await reconciled(sink, calc(at(1), at(2)))
    for (const shape of ['weighted', 'simple'] as const) {
      sent.length = 0
      expect(tagsOf(await reconciled(another({ shape }), calc(at(1), at(3))))).toEqual({
        [`_calc._tcp.${zone.zone}`]: 'Done',
      })
      expect(sent).toHaveLength(1)
      expect(await planned(another({ shape }), calc(at(1), at(3)))).toEqual({ changes: [], skipped: [] })
      expect(await zone.faults('worker')).toEqual([])
    }
  })

  it('share a host, which goes with the last of them', async () => {
    const { zone, sink } = await here()
    const both = (one: Address[], other: Address[]) =>
      backendsOf([backendOf('_calc._tcp', one), backendOf('portal', other)])
    const hosts = async () => (await zone.at(`ip-10-0-0-1.${zone.zone}`, 'A')).length
    await reconciled(sink, both([at(1)], [at(1, 80)]))
    await reconciled(sink, both([], [at(1, 80)]))
    expect(await hosts()).toBe(1)
    await reconciled(sink, both([at(1)], []))
    expect(await hosts()).toBe(1)
    await reconciled(sink, both([], []))
    expect(await hosts()).toBe(0)
  })

  it('cost no change where nothing changes, and those of one task moved eight', async () => {
    const { sink, sent } = await here()
    await reconciled(sink, calc(at(1), at(2)))
    await reconciled(sink, calc(at(1), at(2)))
    expect(sent).toHaveLength(1)
    await reconciled(sink, calc(at(1), at(3)))
    expect(sent[1]?.ChangeBatch?.Changes).toHaveLength(8)
  })

  it('whose task moved to another port of its host change nothing of the host', async () => {
    const { zone, sink, sent } = await here()
    await reconciled(sink, calc(at(1)))
    await reconciled(sink, calc(at(1, 32769)))
    expect(sent[1]?.ChangeBatch?.Changes?.map(({ ResourceRecordSet: set }) => set?.Name)).not.toContain(
      `ip-10-0-0-1.${zone.zone}.`,
    )
  })
})

describe('names', () => {
  it('are those of backends in the zone, or whole, or of a template, or of a function', async () => {
    const { zone, another } = await here()
    const names = async (recordName: SrvRecordsOptions['recordName'], backend: string) => {
      const sink = another(recordName === undefined ? {} : { recordName })
      await reconciled(sink, backendsOf([backendOf(backend, [at(1)])]))
      return [...(await zone.services()).keys()]
    }
    expect(await names(undefined, 'Portal')).toEqual([`portal.${zone.zone}`])
    expect(await names(undefined, `_calc._tcp.${zone.zone}`)).toEqual([`_calc._tcp.${zone.zone}`])
    expect(await names('_{name}._tcp', 'web')).toEqual([`_web._tcp.${zone.zone}`])
    expect(await names('_{name}._tcp', '$&')).toEqual([])
    expect(await names(({ name }) => `x-${name}`, 'web')).toEqual([`x-web.${zone.zone}`])
  })

  it('that are impossible are rejected with the reason, and block no other', async () => {
    const { zone, sink } = await here()
    const backends = ['my service', '_calc._tcp', 'a'.repeat(60), 'Web', 'web'].map((name) =>
      backendOf(name, [at(1)]),
    )
    const outcomes = await reconciled(sink, backendsOf([...backends, backendOf('so empty', [])]))
    expect(reasonsOf(outcomes)).toEqual({
      'backend my service': expect.stringContaining(
        '"my service" is not a valid name for SRV records: its label "my service" has characters other',
      ) as string,
      [`backend ${'a'.repeat(60)}`]: expect.stringContaining('with the prefix "srv-"') as string,
      'backend web': expect.stringContaining(
        `the backend "Web" already has the name web.${zone.zone}`,
      ) as string,
    })
    expect([...(await zone.services()).keys()]).toEqual([`_calc._tcp.${zone.zone}`, `web.${zone.zone}`])
    // Once the other is gone, the name is free, for the very same backend.
    const left = backends.filter(({ name }) => name !== 'Web')
    expect(tagsOf(await reconciled(sink, backendsOf(left)))).not.toHaveProperty('backend web')
  })

  it('of endpoints that have no IP address are rejected', async () => {
    const { zone, sink } = await here()
    const outcomes = await reconciled(sink, calc({ host: 'db.example.com', port: 1 }))
    expect(reasonsOf(outcomes)[`_calc._tcp.${zone.zone}`]).toContain(
      '"db.example.com", which is not an IP address',
    )
  })

  it('that Route 53 refuses are found, reported with its reason, and the rest goes through', async () => {
    const { zone, sink, sent } = await here()
    await zone.put(record(`b20.${zone.zone}`, 'CNAME', ['elsewhere.example.com']))
    await zone.put(record(`ip-10-0-0-9.${zone.zone}`, 'A', ['192.0.2.1']))
    const names = Array.from({ length: 40 }, (_, n) => `b${n}`)
    const backends = names.map((name, n) => backendOf(name, [at(n === 30 ? 9 : 1, 1000 + n)]))
    const outcomes = await reconciled(sink, backendsOf(backends))
    const reasons = reasonsOf(outcomes)
    expect(Object.keys(reasons).sort()).toEqual([`b20.${zone.zone}`, `b30.${zone.zone}`])
    expect(reasons[`b20.${zone.zone}`]).toMatch(/Route 53 refuses b20\..* CNAME .*: correct the record/)
    expect(reasons[`b30.${zone.zone}`]).toContain(
      `ip-10-0-0-9.${zone.zone} must resolve to 10.0.0.9 but does not`,
    )
    expect(outcomes.filter(({ _tag }) => _tag === 'Done')).toHaveLength(38)
    // One batch for all, and halves on the way to the one that is wrong.
    expect(sent.length).toBeLessThan(2 * Math.log2(40) + 2)
    expect(await zone.faults('worker')).toEqual([])
    expect((await zone.at(`ip-10-0-0-9.${zone.zone}`, 'A'))[0]?.ResourceRecords).toEqual([
      { Value: '192.0.2.1' },
    ])
  })
})

describe('what is not ours', () => {
  it('does not touch records without an ownership record, with one of external-dns, or with one of another owner', async () => {
    const { zone, sink } = await here()
    const name = (label: string) => `${label}.${zone.zone}`
    await zone.put(
      record(name('plain'), 'SRV', ['1 1 1 a.example.com']),
      record(name('external'), 'SRV', ['1 1 1 a.example.com']),
      record(`srv-${name('external')}`, 'TXT', ['"heritage=external-dns,external-dns/owner=worker"']),
      record(name('blue'), 'SRV', ['1 1 1 a.example.com']),
      record(`srv-${name('blue')}`, 'TXT', [formatOwner('blue', 'x')]),
      // Claimed, and without records.
      record(`srv-${name('reserved')}`, 'TXT', ['"heritage=external-dns,external-dns/owner=other"']),
      record(name('ip-10-0-0-1'), 'A', ['10.0.0.1']),
    )
    const before = await zone.sets()
    const all = ['plain', 'external', 'blue', 'reserved']
    const backends = backendsOf([...all, 'ours'].map((label) => backendOf(label, [at(1)])))
    const { changes, skipped } = await planned(sink, backends)
    expect(changes.map(({ key }) => key)).toEqual([name('ours')])
    expect(skipped.map(({ change, why }) => [change.key, why])).toEqual(
      all.sort().map((label) => [name(label), 'foreign']),
    )
    for (const state of [backends, backendsOf([])]) {
      await reconciled(sink, state)
      const after = await zone.sets()
      for (const set of before) expect(after).toContainEqual(set)
    }
    // The host that was there is used; it gets no ownership record and is not deleted.
    expect(await zone.sets()).toEqual(before)
  })

  it('no longer owns what lost its ownership record', async () => {
    const { zone, sink } = await here()
    await reconciled(sink, calc(at(1)))
    const name = `_calc._tcp.${zone.zone}`
    await zone.remove(...(await zone.at(`srv-${name}`, 'TXT')))
    const before = await zone.sets()
    expect((await planned(sink, calc(at(2)))).skipped).toMatchObject([{ why: 'foreign' }])
    await reconciled(sink, calc(at(2)))
    expect(await zone.sets()).toEqual(before)
  })

  it('taken over between a read and a write is a conflict, even where its records are as they were', async () => {
    const { zone, sink } = await here()
    await reconciled(sink, calc(at(1)))
    const { changes } = await planned(sink, calc(at(2)))
    const name = `_calc._tcp.${zone.zone}`
    await zone.put(record(`srv-${name}`, 'TXT', [formatOwner('blue', 'x')]))
    const before = await zone.sets()
    expect(tagsOf(await sink.apply(changes, 'worker', signal))).toEqual({ [name]: 'Conflict' })
    expect(await zone.sets()).toEqual(before)
  })

  it('beside ours in the weighted layout stays, and is reported where it cannot', async () => {
    const { zone, another } = await here({ shape: 'weighted' })
    const name = `_calc._tcp.${zone.zone}`
    await reconciled(another(), calc(at(1)))
    const agents = ecssdRecord(name, at(7))
    await zone.put(agents)
    await reconciled(another(), calc(at(2)))
    expect((await zone.at(name, 'SRV')).map(({ SetIdentifier }) => SetIdentifier)).toEqual([
      'ip-10-0-0-2:32768',
      agents.SetIdentifier,
    ])
    const reason = reasonsOf(await reconciled(another({ shape: 'simple' }), calc(at(2))))[name]
    expect(reason).toContain(
      `has 1 SRV records that this worker does not own, one with the identifier "${agents.SetIdentifier!}"`,
    )
    // As soon as they may be adopted they are.
    await reconciled(another({ shape: 'simple', adopt: 'ecssd' }), calc(at(2)))
    expect(await zone.at(name, 'SRV')).toHaveLength(1)
  })
})

describe('taking over from ecssd', () => {
  const ecssd = async (zone: ZoneOfServices, name: string, ...addresses: Address[]) => {
    const hosts = [...new Set(addresses.map(({ host }) => host))]
    await zone.put(
      ...addresses.map((address) => ecssdRecord(name, address)),
      ...hosts.map((host) => ecssdHost(host, zone.zone)),
    )
  }

  it.each(['simple', 'weighted'] as const)('makes its records ours, %s, at once and once', async (shape) => {
    const { zone, sink, sent } = await here({ shape, adopt: 'ecssd' })
    const name = `_calc._tcp.${zone.zone}`
    await ecssd(zone, name, at(1), at(2), at(3))
    await reconciled(sink, calc(at(1), at(2)))
    expect(sent).toHaveLength(1)
    const [row] = await sink.read(signal)
    expect(row?.owner).toEqual('worker')
    expect(offeredBy(row!.value)).toEqual(['10.0.0.1:32768', '10.0.0.2:32768'])
    expect(await zone.faults('worker')).toEqual([])
    expect(await planned(sink, calc(at(1), at(2)))).toEqual({ changes: [], skipped: [] })
    // Of the host that no name leads to any more nothing stays: its agent has died with it.
    expect(await zone.at(`ip-10-0-0-3.${zone.zone}`, 'A')).toEqual([])
    const resolver = route53.resolver()
    const [answer] = await resolver.resolveSrv(name)
    expect(await resolver.resolve4(answer!.name)).toEqual([
      answer!.name.replace(/^ip-([\d-]+)\..*$/, '$1').replaceAll('-', '.'),
    ])
  })

  it('takes the address record of a host away with the last name of ecssd that led there, and not before', async () => {
    const { zone, sink } = await here({ shape: 'weighted', adopt: 'ecssd' })
    const name = (label: string) => `${label}.${zone.zone}`
    const labels = ['_calc._tcp', '_portal._tcp']
    for (const label of labels) await ecssd(zone, name(label), at(1), at(3))
    // Of a service that has no task any more, and so is not ours to take over.
    await ecssd(zone, name('_other._tcp'), at(4))
    await zone.put(ecssdRecord(name('_calc._tcp'), at(4)))
    // A machine that runs nothing which has a name; another tool's record of the same form.
    await zone.put(ecssdHost('10.0.0.5', zone.zone), record(name('ip-10-0-0-6'), 'A', ['10.0.0.6']))
    await zone.put(ecssdRecord(name('_calc._tcp'), at(6)))
    const addresses = async () =>
      (await zone.sets()).filter(({ Type }) => Type === 'A').map(({ Name = '' }) => Name.split('.')[0])

    await reconciled(sink, calc(at(1)))
    expect(await addresses()).toEqual(['1', '3', '4', '5', '6'].map((last) => `ip-10-0-0-${last}`))
    await reconciled(sink, backendsOf(labels.map((label) => backendOf(label, [at(1)]))))
    expect(await addresses()).toEqual(['1', '4', '5', '6'].map((last) => `ip-10-0-0-${last}`))
    expect(await zone.faults('worker')).toEqual([])
    expect(await planned(sink, backendsOf(labels.map((label) => backendOf(label, [at(1)]))))).toEqual({
      changes: [],
      skipped: [],
    })
  })

  it('takes it away also when the names that led there are changed at once', async () => {
    const { zone, sink } = await here({ shape: 'simple', adopt: 'ecssd' })
    const labels = Array.from({ length: 20 }, (_, i) => `_s${i}._tcp`)
    for (const label of labels) await ecssd(zone, `${label}.${zone.zone}`, at(1), at(3))
    await reconciled(sink, backendsOf(labels.map((label) => backendOf(label, [at(1)]))))
    expect(await zone.at(`ip-10-0-0-3.${zone.zone}`, 'A')).toEqual([])
    expect(await zone.faults('worker')).toEqual([])
  })

  it('never happens unasked', async () => {
    const { zone, sink } = await here({ shape: 'weighted' })
    await ecssd(zone, `_calc._tcp.${zone.zone}`, at(1))
    const before = await zone.sets()
    expect((await planned(sink, calc(at(2)))).skipped).toMatchObject([{ why: 'foreign' }])
    await reconciled(sink, calc(at(2)))
    expect(await zone.sets()).toEqual(before)
  })

  it('takes only what is wanted, and of a name only what is all ecssd’s', async () => {
    const { zone, sink } = await here({ adopt: 'ecssd' })
    const name = (label: string) => `${label}.${zone.zone}`
    await ecssd(zone, name('unwanted'), at(1))
    await ecssd(zone, name('mixed'), at(1))
    await zone.put(
      record(name('mixed'), 'SRV', ['1 1 1 by-hand.example.com'], {
        TTL: 0,
        Weight: 1,
        SetIdentifier: 'by hand',
      }),
      record(name('plain'), 'SRV', ['1 1 1 by-hand.example.com']),
    )
    const before = await zone.sets()
    await reconciled(sink, backendsOf(['mixed', 'plain'].map((label) => backendOf(label, [at(2)]))))
    expect(await zone.sets()).toEqual(before)
  })

  it('with an incomplete state takes away what is gone and leaves the rest as ecssd wrote it', async () => {
    const { zone, sink } = await here({ shape: 'weighted', adopt: 'ecssd', ttlSeconds: 5 })
    const name = `_calc._tcp.${zone.zone}`
    await ecssd(zone, name, at(1), at(2), at(3))
    const partial = backendOf('_calc._tcp', [at(2)], { gone: [at(1)], complete: false })
    await reconciled(sink, backendsOf([partial]), { complete: false })
    expect((await zone.at(name, 'SRV')).map(({ SetIdentifier, TTL }) => [SetIdentifier, TTL])).toEqual([
      ['ip-10-0-0-2:32768', 5],
      [ecssdRecord(name, at(3)).SetIdentifier, 5],
    ])
  })
})

describe('what people do by hand', () => {
  it.each<[string, (zone: ZoneOfServices, name: string) => Promise<void>]>([
    [
      'an address that was deleted',
      async (zone) => zone.remove(...(await zone.at(`ip-10-0-0-1.${zone.zone}`, 'A'))),
    ],
    [
      'an address that was changed',
      (zone) => zone.put(record(`ip-10-0-0-1.${zone.zone}`, 'A', ['192.0.2.1'])),
    ],
    [
      'all of a host that was deleted',
      async (zone) =>
        zone.remove(
          ...(await zone.at(`ip-10-0-0-1.${zone.zone}`, 'A')),
          ...(await zone.at(`ip-10-0-0-1.${zone.zone}`, 'TXT')),
        ),
    ],
    ['SRV records that were deleted', async (zone, name) => zone.remove(...(await zone.at(name, 'SRV')))],
    [
      'SRV records that were changed',
      async (zone, name) => {
        const [set] = await zone.at(name, 'SRV')
        await zone.put({ ...set!, ResourceRecords: [{ Value: '1 1 1 elsewhere.example.com' }] })
      },
    ],
    [
      'an ownership record that says less',
      (zone, name) =>
        zone.put(record(`srv-${name}`, 'TXT', ['"heritage=ecs-task-stream,ecs-task-stream/owner=worker"'])),
    ],
  ])('%s is repaired', async (_case, damage) => {
    for (const shape of ['simple', 'weighted'] as const) {
      const { zone, sink } = await here({ shape })
      const name = `_calc._tcp.${zone.zone}`
      await reconciled(sink, calc(at(1)))
      const before = await zone.sets()
      await damage(zone, name)
      expect(await zone.sets()).not.toEqual(before)
      await reconciledUntilQuiet(sink, calc(at(1)))
      expect(await zone.sets()).toEqual(before)
    }
  })

  it('to a weighted set that we keep is kept', async () => {
    const { zone, sink } = await here({ shape: 'weighted' })
    const name = `_calc._tcp.${zone.zone}`
    await reconciled(sink, calc(at(1)))
    const [set] = await zone.at(name, 'SRV')
    await zone.put({ ...set!, HealthCheckId: '00000000-0000-4000-8000-000000000000' })
    await reconciled(sink, calc(at(1), at(2)))
    expect((await zone.at(name, 'SRV')).map(({ HealthCheckId }) => HealthCheckId)).toEqual([
      '00000000-0000-4000-8000-000000000000',
      undefined,
    ])
  })
})

describe('the limits of Route 53', () => {
  it('no batch is beyond them, whatever is wanted, and as few are sent as there can be', async () => {
    const wanted = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat({ max: 800 })), {
      minLength: 20,
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(
        wanted,
        fc.constantFrom('simple' as const, 'weighted' as const),
        async (names, shape) => {
          const { zone, sink, sent } = await here({ shape })
          const hosts = many(1000)
          const backends = (offset: number) =>
            backendsOf(
              names.map(([count, from], n) =>
                backendOf(
                  `_service-with-a-name-of-some-length-${n}._tcp`,
                  hosts.slice(from + offset, from + offset + count),
                ),
              ),
            )
          for (const offset of [0, 30]) {
            sent.length = 0
            const outcomes = await reconciled(sink, backends(offset))
            expect(new Set(outcomes.map(({ _tag }) => _tag))).toEqual(new Set(['Done']))
            let total = 0
            for (const { ChangeBatch } of sent) {
              const values = ChangeBatch!.Changes!.flatMap(
                ({ ResourceRecordSet: set }) => set!.ResourceRecords!,
              )
              const characters = values.reduce((sum, { Value }) => sum + Value!.length, 0)
              expect(values.length).toBeLessThanOrEqual(1000)
              expect(characters).toBeLessThanOrEqual(32_000)
              total += characters
            }
            expect(sent.length).toBeLessThanOrEqual(Math.ceil(total / 12_000) + 1)
          }
          expect(await zone.faults('worker')).toEqual([])
        },
      ),
      { numRuns: 3 },
    )
  })

  it('a name of so many hosts that they do not fit beside it is written in steps, and so are its next and its end', async () => {
    const { zone, sink, sent } = await here()
    for (const [state, least] of [
      [calc(...many(330)), 2],
      [calc(...many(330).slice(0, 5)), 2],
      [backendsOf([]), 1],
      [calc(...many(330)), 2],
      [backendsOf([]), 3],
    ] as const) {
      sent.length = 0
      await reconciled(sink, state)
      expect(sent.length).toBeGreaterThanOrEqual(least)
      expect(await zone.faults('worker')).toEqual([])
      expect(await planned(sink, state)).toEqual({ changes: [], skipped: [] })
    }
    expect(await zone.sets()).toEqual([])
  })

  it('a name of too many targets is rejected with the limit, and the others are written', async () => {
    const { zone, sink } = await here()
    const wide = await here({ shape: 'weighted' })
    const outcomes = await reconciled(
      sink,
      backendsOf([backendOf('huge', many(1001)), backendOf('ok', [at(1)])]),
    )
    expect(reasonsOf(outcomes)[`huge.${zone.zone}`]).toMatch(
      /^Route 53 takes 1000 values and 32000 characters in one request, and huge\.\S+ with 1001 targets needs 1002 and \d+/,
    )
    const refused = await reconciled(
      sink,
      backendsOf([backendOf('large', many(401)), backendOf('ok', [at(2)])]),
    )
    expect(reasonsOf(refused)[`large.${zone.zone}`]).toContain('400')
    expect(tagsOf(refused)[`ok.${zone.zone}`]).toBe('Done')
    const weighted = await reconciled(
      wide.sink,
      backendsOf([backendOf('many', many(101)), backendOf('ok', [at(1)])]),
    )
    expect(reasonsOf(weighted)[`many.${wide.zone.zone}`]).toContain('100')
    expect(tagsOf(weighted)[`ok.${wide.zone.zone}`]).toBe('Done')
  })

  it('a zone of many pages is read whole, also where a page ends among the sets of one name', async () => {
    const { zone, another } = await here({ shape: 'weighted' })
    const backends = backendsOf(
      Array.from({ length: 8 }, (_, n) =>
        backendOf(
          `_s${n}._tcp`,
          many(95).map(({ host }) => ({ host, port: n + 1 })),
        ),
      ),
    )
    await reconciled(another(), backends)
    expect((await zone.sets()).length).toBeGreaterThan(900)
    const before = route53.calls.get('ListResourceRecordSets') ?? 0
    expect(await planned(another(), backends)).toEqual({ changes: [], skipped: [] })
    expect((route53.calls.get('ListResourceRecordSets') ?? 0) - before).toBe(4)
  })

  it('requests and changes wait for the account’s allowance, and an abort ends the wait', async () => {
    const clock = virtualClock()
    const { zone, another } = await here()
    const sink = another({ allowance: route53Allowance(clock, 0.1), clock })
    // A tenth: 5 requests at once, then 1 a second; 150 changes, then 10.
    const wanted = calc(...many(100))
    let done = false
    const work = reconciled(sink, wanted).then(() => {
      done = true
    })
    const requests = () =>
      (route53.calls.get('ListResourceRecordSets') ?? 0) + (route53.calls.get('GetHostedZone') ?? 0)
    const until = async (condition: () => boolean): Promise<void> => {
      while (!condition()) await clock.advance(0)
    }
    await until(() => done)
    await work
    expect(await zone.faults('worker')).toEqual([])
    // 202 changes have been made, of 150: a debt of 52 is paid in 5.2 s, and until then no other is.
    const abort = new AbortController()
    const next = reconciled(sink, calc(...many(101)), { signal: abort.signal })
    await until(() => clock.sleeping > 0)
    const before = requests()
    abort.abort()
    expect(await next).toMatchObject([{ _tag: 'Failed', error: { name: 'AbortError' } }])
    const again = reconciled(sink, calc(...many(101)))
    await until(() => clock.sleeping > 0)
    await clock.advance(5_000)
    expect(await zone.at(`ip-10-1-0-100.${zone.zone}`, 'A')).toHaveLength(0)
    await clock.advance(3_000)
    expect(tagsOf(await again)).toEqual({ [`_calc._tcp.${zone.zone}`]: 'Done' })
    expect(requests()).toBeGreaterThan(before)
  })
})

describe('when Route 53 fails', () => {
  const isChange = (operation: string) => operation === 'ChangeResourceRecordSets'

  it('a throttled request, and one while another is under way, is made again after a wait', async () => {
    for (const outcome of ['throttle', 'busy'] as const) {
      const clock = virtualClock()
      const { zone, another } = await here({ clock, random: () => 0.5 })
      const sink = another()
      let refused = 0
      route53.inject((operation) => (isChange(operation) && ++refused <= 3 ? outcome : 'ok'))
      const work = reconciled(sink, calc(at(1)))
      const over = { yet: false }
      void work.finally(() => (over.yet = true))
      while (!over.yet) await clock.advance(clock.sleeping > 0 ? 100 : 0)
      expect(tagsOf(await work)).toEqual({ [`_calc._tcp.${zone.zone}`]: 'Done' })
      expect(refused).toBe(4)
      expect(clock.now()).toBeGreaterThan(100)
    }
  })

  it('what is refused for too long fails, and the rest is not even tried', async () => {
    const { zone, sink, sent } = await here({ clock: { now: () => 0, sleep: () => Promise.resolve() } })
    route53.inject((operation) => (isChange(operation) ? 'throttle' : 'ok'))
    const names = Array.from({ length: 40 }, (_, n) => backendOf(`s${n}`, many(60)))
    const outcomes = await reconciled(sink, backendsOf(names))
    expect(outcomes).toHaveLength(40)
    expect(new Set(outcomes.map(({ _tag }) => _tag))).toEqual(new Set(['Failed']))
    expect(sent).toHaveLength(5)
    route53.inject(() => 'ok')
    expect(await zone.sets()).toEqual([])
  })

  it.each<Route53Outcome>(['lost-answer', 'drop', 'error500'])(
    '%s: exact in the end, and written once',
    async (outcome) => {
      const { zone, sink, sent } = await here()
      for (const [state, writes] of [
        [calc(at(1)), 1],
        [calc(at(2)), 1],
        [backendsOf([]), 1],
      ] as const) {
        let lost = 0
        route53.inject((operation) => (isChange(operation) && ++lost === 1 ? outcome : 'ok'))
        sent.length = 0
        const done = await reconciledUntilQuiet(sink, state)
        route53.inject(() => 'ok')
        expect(done).toBe(outcome === 'lost-answer' ? 0 : writes)
        expect(await zone.faults('worker')).toEqual([])
      }
      expect(await zone.sets()).toEqual([])
    },
  )

  it('a page that fails fails the whole read', async () => {
    const { zone, sink } = await here()
    await zone.put(...Array.from({ length: 320 }, (_, n) => record(`x${n}.${zone.zone}`, 'TXT', ['"x"'])))
    let pages = 0
    route53.inject((operation) =>
      operation === 'ListResourceRecordSets' && ++pages === 2 ? 'error500' : 'ok',
    )
    await expect(sink.read(signal)).rejects.toMatchObject({ name: 'InternalFailure' })
    expect(await sink.read(signal)).toEqual([])
  })

  it('an abort ends the calls that hang', async () => {
    const { sink } = await here()
    const abort = new AbortController()
    route53.inject((operation) => {
      if (isChange(operation)) setImmediate(() => abort.abort())
      return isChange(operation) ? 'hang' : 'ok'
    })
    expect(await reconciled(sink, calc(at(1)), { signal: abort.signal })).toMatchObject([
      { _tag: 'Failed', error: { name: 'AbortError' } },
    ])
    await expect(sink.read(abort.signal)).rejects.toThrow()
    route53.inject(() => 'ok')
  })

  it('a conflict in a large zone says what is there instead, and reads less than all of it', async () => {
    const { zone, sink, another } = await here()
    await zone.put(...Array.from({ length: 1200 }, (_, n) => record(`x${n}.${zone.zone}`, 'TXT', ['"x"'])))
    await zone.put(...Array.from({ length: 1200 }, (_, n) => record(`y${n}.${zone.zone}`, 'TXT', ['"y"'])))
    await reconciled(sink, calc(at(1)))
    const late = another()
    const { changes } = await planned(late, calc(at(2)))
    await reconciled(sink, calc(at(1), at(3)))
    const before = route53.calls.get('ListResourceRecordSets') ?? 0
    const [outcome] = await late.apply(changes, 'worker', signal)
    expect((route53.calls.get('ListResourceRecordSets') ?? 0) - before).toBe(5)
    if (outcome?._tag !== 'Conflict' || outcome.found === 'unread') throw new Error(outcome?._tag)
    const [row] = await late.read(signal)
    expect(outcome.found).toEqual(row)
    // And what it found is enough to go on with.
    const rows = new Map([[row!.key, row!.value]])
    const [[key, after]] = [...late.render(calc(at(2)), rows)] as [[string, SrvService]]
    expect(
      tagsOf(await late.apply([{ _tag: 'Update', key, before: row!, after }], 'worker', signal)),
    ).toEqual({
      [key]: 'Done',
    })
    expect(await zone.faults('worker')).toEqual([])
  })

  it('says which zone is missing', async () => {
    const sink = srvRecords({
      zoneId: '/hostedzone/ZNOWHERE',
      client: route53.client(),
      allowance: boundless,
    })
    await expect(sink.read(signal)).rejects.toThrow(
      'there is no hosted zone ZNOWHERE in this account: give an id from "aws route53 list-hosted-zones"',
    )
    await expect(sink.apply([], 'worker', signal)).rejects.toThrow('ZNOWHERE')
  })

  it('says which permission is missing, and that a zone belongs to Cloud Map', async () => {
    const zone = (inside: string) =>
      `<GetHostedZoneResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><HostedZone><Id>/hostedzone/ZSTUB</Id><Name>stub.test.</Name><CallerReference>x</CallerReference>${inside}</HostedZone></GetHostedZoneResponse>`
    const denied =
      '<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: worker is not authorized</Message></Error><RequestId>x</RequestId></ErrorResponse>'
    const list =
      '<ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets></ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>'
    let answer: (method: string, url: string) => [number, string] = () => [403, denied]
    const server = createServer((request, response) => {
      const [status, body] = answer(request.method ?? '', request.url ?? '')
      response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = route53.client({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    const make = () => srvRecords({ zoneId: 'ZSTUB', client, allowance: boundless })

    await expect(make().read(signal)).rejects.toThrow(
      'not allowed to call route53:GetHostedZone on hosted zone ZSTUB',
    )
    answer = () => [
      200,
      zone(
        '<LinkedService><ServicePrincipal>servicediscovery.amazonaws.com</ServicePrincipal><Description>created by Cloud Map</Description></LinkedService>',
      ),
    ]
    await expect(make().read(signal)).rejects.toThrow(
      'hosted zone ZSTUB belongs to servicediscovery.amazonaws.com, and accepts no other records (created by Cloud Map)',
    )
    answer = (method, url) =>
      method === 'POST' ? [403, denied] : [200, url.includes('rrset') ? list : zone('')]
    expect(await reconciled(make(), calc(at(1)))).toMatchObject([
      {
        _tag: 'Failed',
        error: {
          message: expect.stringContaining('route53:ChangeResourceRecordSets on hosted zone ZSTUB') as string,
        },
      },
    ])
    client.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  it.each<Partial<SrvRecordsOptions>>([
    { zoneId: 'example.com' },
    { zoneId: '' },
    { ttlSeconds: -1 },
    { ttlSeconds: 1.5 },
    { recordName: '_web._tcp' },
    { share: 0 },
    { share: 2 },
  ])('refuses %o at once', (options) => {
    expect(() => srvRecords({ zoneId: 'ZANY', client: route53.client(), ...options })).toThrow(RangeError)
  })

  it('takes the id in both spellings', () => {
    for (const zoneId of ['Z0123456789', '/hostedzone/Z0123456789', 'hostedzone/Z0123456789'])
      expect(srvRecords({ zoneId, client: route53.client() }).name).toBe('srv-records')
  })
})
