import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { negativeCachingWarnings, negativeTtl } from '../../src/sinks/route53/negative-caching.js'
import { recordSetOf } from '../../src/sinks/route53/record-set.js'
import { srvRecords } from '../../src/sinks/route53/index.js'
import { boundless } from '../support/boundless-allowance.js'
import { record, ZoneOfServices } from '../support/zone-of-services.js'

const soa = (ttl: number, minimum: string, name = 'a.test.') =>
  recordSetOf({
    Name: name,
    Type: 'SOA',
    TTL: ttl,
    ResourceRecords: [{ Value: `ns.a.test. admin.a.test. 1 7200 900 1209600 ${minimum}` }],
  })

describe('how long resolvers remember that a name does not exist', () => {
  it.each([
    [900, '86400', 900],
    [86_400, '60', 60],
    [5, '5', 5],
  ])('is the lesser of the SOA record’s TTL, %i s, and its last number, %s', (ttl, minimum, seconds) => {
    expect(negativeTtl([soa(ttl, minimum)], 'a.test')).toBe(seconds)
  })

  it('is unknown from a subzone, from a malformed SOA record, or without a record', () => {
    expect(negativeTtl([soa(900, '900', 'b.a.test.')], 'a.test')).toBeUndefined()
    expect(negativeTtl([soa(900, 'soon')], 'a.test')).toBeUndefined()
    expect(negativeTtl([], 'a.test')).toBeUndefined()
  })

  it('causes no warning up to a minute', () => {
    expect(negativeCachingWarnings([soa(60, '86400')], 'a.test')).toEqual([])
    expect(negativeCachingWarnings([soa(61, '86400')], 'a.test')).toEqual([
      expect.stringMatching(/up to 61 s .*zone a\.test .*Set the TTL of the zone's SOA record/),
    ])
  })
})

describe('srvRecords, over the wire', () => {
  let route53: EmbeddedRoute53
  beforeAll(async () => {
    route53 = await embeddedRoute53()
  })
  afterAll(() => route53.close())

  it('warns of a zone as Route 53 makes it, until its SOA record is corrected', async () => {
    const zone = await ZoneOfServices.create(route53, 'negative.test')
    const sink = srvRecords({ zoneId: zone.zoneId, client: route53.client(), allowance: boundless })
    const { signal } = new AbortController()
    await sink.read(signal)
    expect(sink.warnings?.()).toEqual([expect.stringContaining('up to 900 s')])
    const corrected = 'ns.negative.test. admin.negative.test. 1 7200 900 1209600 86400'
    await zone.put(record('negative.test.', 'SOA', [corrected], { TTL: 30 }))
    await sink.read(signal)
    expect(sink.warnings?.()).toEqual([])
  })
})
