import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import {
  digestIn,
  digestOf,
  formatOwner,
  formatUsers,
  ownerIn,
  ownershipName,
  usersIn,
} from '../../src/sinks/route53/ownership.js'
import { addressIn, canonicalAddress, hostName } from '../../src/sinks/route53/host-name.js'
import {
  contentOf,
  formatSrv,
  newRecordSet,
  parseSrv,
  recordName,
  type RecordSet,
  recordSetOf,
} from '../../src/sinks/route53/record-set.js'
import { serviceName } from '../../src/sinks/route53/render.js'
import { record } from '../support/zone-of-services.js'

const zone = 'servicediscovery.internal'
const short = fc.nat({ max: 65_535 })
const txt = (value: string): RecordSet => recordSetOf(record('ownership.test', 'TXT', [value]))
/** Well-formed: what an owner's name can be. */
const owners = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
const labels = fc.stringMatching(/^[a-z0-9_](?:[a-z0-9_-]{0,20}[a-z0-9_])?$/)
const names = fc.array(labels, { minLength: 1, maxLength: 4 }).map((all) => all.join('.'))

describe('names of hosts', () => {
  it('say the address that they stand for, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const name = hostName(address, zone)
        expect(name).toMatch(/^ip6?-[0-9a-f-]+\.servicediscovery\.internal$/)
        expect(addressIn(name ?? '')).toBe(canonicalAddress(address))
      }),
    )
  })

  it('are the same for two spellings of one address, and differ for two addresses', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.ipV6(), (one, other) => {
        expect(hostName(one.toUpperCase(), zone)).toBe(hostName(one, zone))
        expect(hostName(one, zone) === hostName(other, zone)).toBe(
          canonicalAddress(one) === canonicalAddress(other),
        )
      }),
    )
  })

  it.each([
    ['10.0.0.1', 'ip-10-0-0-1.servicediscovery.internal'],
    ['fd00::1', 'ip6-fd00-0-0-0-0-0-0-1.servicediscovery.internal'],
    ['::', 'ip6-0-0-0-0-0-0-0-0.servicediscovery.internal'],
    ['::ffff:10.0.0.1', 'ip6-0-0-0-0-0-ffff-a00-1.servicediscovery.internal'],
    ['1:2:3:4:5:6:7:8', 'ip6-1-2-3-4-5-6-7-8.servicediscovery.internal'],
    ['fe80::1%eth0', undefined],
    ['i-0123', undefined],
  ])('%s is %s', (address, name) => expect(hostName(address, zone)).toBe(name))

  it.each(['ip-10-0-0.x', 'ip-10-0-0-256.x', 'ip-10-0-0-1-2.x', 'ip6-1-2.x', 'web.x', 'xip-10-0-0-1.x', ''])(
    '%s says no address',
    (name) => expect(addressIn(name)).toBeUndefined(),
  )
})

describe('names of records', () => {
  it.each([
    ['\\052.Example.COM.', '*.example.com'],
    ['_calc._tcp.example.com', '_calc._tcp.example.com'],
    ['a\\056b.example.com.', 'a\\056b.example.com'],
    ['a\\100b.example.com.', 'a@b.example.com'],
  ])('%s is %s', (text, name) => expect(recordName(text)).toBe(name))

  it.each([
    ['_calc._tcp', '_calc._tcp.servicediscovery.internal'],
    ['_CALC._TCP', '_calc._tcp.servicediscovery.internal'],
    ['_calc._tcp.servicediscovery.internal', '_calc._tcp.servicediscovery.internal'],
    ['_calc._tcp.ServiceDiscovery.internal.', '_calc._tcp.servicediscovery.internal'],
    ['portal', 'portal.servicediscovery.internal'],
    ['a'.repeat(59), `${'a'.repeat(59)}.servicediscovery.internal`],
  ])('a backend may be called %s', (text, name) => expect(serviceName(text, zone)).toEqual(E.right(name)))

  it.each([
    ['', 'it is empty'],
    ['.', 'not in the zone'],
    ['_calc._tcp.example.com.', 'not in the zone servicediscovery.internal, although it ends with a dot'],
    ['servicediscovery.internal.', 'not in the zone'],
    ['my service', 'characters other'],
    ['a..b', 'empty label'],
    ['a'.repeat(64), '64 characters'],
    ['a'.repeat(60), 'with the prefix "srv-"'],
    [Array.from({ length: 5 }, () => 'a'.repeat(50)).join('.'), 'the DNS allows 253'],
    ['*', 'characters other'],
    ['bücher', 'characters other'],
  ])('and not %s', (text, why) => {
    const named = serviceName(text, zone)
    expect(E.isLeft(named) ? named.left : 'a name').toContain(why)
  })
})

describe('what is written is read as it was meant', () => {
  it('an SRV value, also with a dot at its end or in upper case', () => {
    const values = fc.record({ priority: short, weight: short, port: short, target: names })
    fc.assert(
      fc.property(values, (value) => {
        expect(parseSrv(formatSrv(value))).toEqual(value)
        expect(parseSrv(`${formatSrv(value).toUpperCase()}.`)).toEqual(value)
      }),
    )
  })

  /** The strings of a TXT value, of which the DNS allows 255 bytes each. */
  const stringsOf = (value: string): readonly string[] =>
    Array.from(value.matchAll(/"([^"]*)"/g), ([, part = '']) => part)
  /** An owner's ownership record to which somebody has added a note. */
  const noted = (owner: string, digest = 'a00--AAA') => txt(`${formatOwner(owner, digest)} ",note=by hand"`)
  const keepsOwner = (owner: string, digest: string): void => {
    const ownership = txt(formatOwner(owner, digest))
    expect([ownerIn(ownership), digestIn(ownership)]).toEqual([owner, digest])
    const again = txt(formatOwner(owner, 'changed', noted(owner, digest)))
    expect([ownerIn(again), digestIn(again)]).toEqual([owner, 'changed'])
    const strings = stringsOf(again.values[0] ?? '')
    expect(strings.join('').split(',')).toContain('note=by hand')
    for (const string of strings) expect(Buffer.byteLength(string)).toBeLessThanOrEqual(255)
  }

  it('an owner, whatever it is called, with what it owns, and with all that others added to the ownership record', () => {
    fc.assert(fc.property(owners, fc.stringMatching(/^[A-Za-z0-9_-]{8}$/), keepsOwner))
  })

  // The law has found it, when it looked for the note in the value instead of its strings.
  it('an owner whose ownership record has a string that ends inside what others added', () => {
    const found =
      '\u0800\u{10000}\u{10000}\u{1D158}\u{1D165}\u{1D16E}\u0800\u{10000}\u{10000}\u{10000}\u{11099}\u{110BA}\u0800\u0800\u{10000}'
    expect(formatOwner(found, 'changed', noted(found))).not.toContain('note=by hand')
    keepsOwner(found, 'a00--AAA')
    for (let bytes = 160; bytes <= 180; bytes++) keepsOwner('o'.repeat(bytes), 'a00--AAA')
  })

  it('the users of a host, in any order', () => {
    const users = fc.array(fc.stringMatching(/^[A-Za-z0-9_-]{8}$/), { maxLength: 100 })
    fc.assert(
      fc.property(users, (all) => {
        const ownership = txt(formatUsers(new Set(all)))
        expect(usersIn(ownership)).toEqual(new Set(all))
        expect(formatUsers(new Set(all.toReversed()))).toBe(ownership.values[0])
      }),
    )
  })

  it('a text of others is never an owner of ours, nor users of ours', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), owners, (text, owner) => {
        const ownership = txt(`"${text.replaceAll(/["\\]/g, '')}"`)
        expect(ownerIn(ownership)).not.toBe(owner)
        expect(usersIn(ownership)).toBeUndefined()
      }),
    )
    const external = txt('"heritage=external-dns,external-dns/owner=worker,ecs-task-stream/owner=worker"')
    expect(ownerIn(external)).toContain('unknown owner')
    const twice = recordSetOf(record('ownership.test', 'TXT', [formatOwner('worker', ''), '"v=spf1"']))
    expect(ownerIn(twice)).toContain('unknown owner')
    expect(ownerIn(txt('"heritage=ecs-task-stream,ecs-task-stream/owner=%E0%A4%A"'))).toContain(
      'unknown owner',
    )
  })

  it('no two owners or names have the same ownership record', () => {
    expect(ownershipName('_calc._tcp.a.test')).toBe('srv-_calc._tcp.a.test')
    expect(formatOwner('ecs-task-stream/staging+production', 'x')).toBe(
      '"heritage=ecs-task-stream,ecs-task-stream/owner=ecs-task-stream/staging+production,ecs-task-stream/sets=x"',
    )
  })
})

describe('over the wire', () => {
  let route53: EmbeddedRoute53
  beforeAll(async () => {
    route53 = await embeddedRoute53()
  })
  afterAll(() => route53.close())

  it('a record set comes back as it was written', async () => {
    const srv = fc.record({ priority: short, weight: short, port: short, target: names }).map(formatSrv)
    const simple = fc.uniqueArray(srv, { minLength: 1, maxLength: 20 })
    const content = fc.oneof(
      fc.record({ type: fc.constant('SRV' as const), values: simple }),
      fc.record({ type: fc.constant('SRV' as const), values: fc.tuple(srv), identifier: names }),
      fc.record({ type: fc.constant('A' as const), values: fc.tuple(fc.ipV4()) }),
      fc.record({ type: fc.constant('AAAA' as const), values: fc.tuple(fc.ipV6()) }),
      fc.record({
        type: fc.constant('TXT' as const),
        values: fc.tuple(owners.map((owner) => formatOwner(owner, ''))),
      }),
    )
    const ttls = fc.nat({ max: 2 ** 31 - 1 })
    const id = await route53.createZone('wire.test')
    await fc.assert(
      fc.asyncProperty(names, ttls, content, async (name, ttl, what) => {
        const written = newRecordSet({ name: `${name}.wire.test`, ttl, ...what })
        const change = (Action: 'CREATE' | 'DELETE', set: RecordSet) =>
          route53.change(id, [{ Action, ResourceRecordSet: set.raw }])
        await change('CREATE', written)
        const sets = (await route53.recordSets(id)).map(recordSetOf)
        const [read, another] = sets.filter(({ type }) => type !== 'NS' && type !== 'SOA')
        expect(another).toBeUndefined()
        expect(contentOf(read!)).toBe(contentOf(written))
        expect(digestOf([read!])).toBe(digestOf([written]))
        // What was read deletes what was written.
        await change('DELETE', read!)
      }),
      { numRuns: 50 },
    )
  })
})
