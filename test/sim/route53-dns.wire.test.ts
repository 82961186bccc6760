import type { ResourceRecordSet } from '@aws-sdk/client-route-53'
import { decode, encode, type Packet, RECURSION_DESIRED, streamDecode, streamEncode } from 'dns-packet'
import fc from 'fast-check'
import { createSocket } from 'node:dgram'
import type { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { prng } from '../../sim/prng.js'
import { hostedZones, rejection, type TestZone } from '../support/hosted-zones.js'
import { created, deleted, set, upserted, weighted } from '../support/record-sets.js'

const random = prng(1)

let route53: EmbeddedRoute53
let resolver: Resolver
let zoneWith: (...sets: readonly ResourceRecordSet[]) => Promise<TestZone>

beforeAll(async () => {
  route53 = await embeddedRoute53({ random: () => random.next() })
  resolver = route53.resolver()
  zoneWith = hostedZones(route53)
})
afterAll(() => route53.close())

const noData = { code: 'ENODATA' }
const notFound = { code: 'ENOTFOUND' }

const sorted = <A>(items: readonly A[]): readonly A[] =>
  [...items].sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))

/** One question over UDP, as bytes. */
const ask = async (query: Packet) => {
  const socket = createSocket('udp4')
  try {
    socket.send(encode({ type: 'query', id: 7, ...query }), route53.dns.port, route53.dns.host)
    const [message] = (await once(socket, 'message')) as [Buffer]
    return { ...decode(message), size: message.length, rcode: message.readUInt16BE(2) & 15 }
  } finally {
    socket.close()
  }
}

describe('a resolver', () => {
  it('resolves what is in the zone: SRV, A, AAAA, TXT, CNAME and MX', async () => {
    const zone = await zoneWith(
      set('_calc._tcp', 'SRV', ['1 2 8080 host.example.', '3 4 8081 other.example']),
      set('host', 'A', ['10.0.0.1', '10.0.0.2'], { TTL: 17 }),
      set('host', 'AAAA', ['2001:db8::1']),
      set('text', 'TXT', ['"one" "and the same"', '"a \\"quoted\\" \\052 text"']),
      set('alias', 'CNAME', ['host.example.org']),
      set('mail', 'MX', ['10 mx.example.']),
    )
    const at = (name: string) => `${name}.${zone.name}`
    expect(sorted(await resolver.resolveSrv(at('_calc._tcp')))).toEqual([
      { name: 'host.example', port: 8080, priority: 1, weight: 2 },
      { name: 'other.example', port: 8081, priority: 3, weight: 4 },
    ])
    expect(sorted(await resolver.resolve4(at('host'), { ttl: true }))).toEqual([
      { address: '10.0.0.1', ttl: 17 },
      { address: '10.0.0.2', ttl: 17 },
    ])
    expect(await resolver.resolve6(at('host'))).toEqual(['2001:db8::1'])
    expect(sorted(await resolver.resolveTxt(at('text')))).toEqual([
      ['a "quoted" * text'],
      ['one', 'and the same'],
    ])
    expect(await resolver.resolveCname(at('alias'))).toEqual(['host.example.org'])
    expect(await resolver.resolveMx(at('mail'))).toEqual([{ priority: 10, exchange: 'mx.example' }])
    expect(await resolver.resolveSoa(zone.name)).toMatchObject({ hostmaster: 'awsdns-hostmaster.amazon.com' })
    expect(await resolver.resolveNs(zone.name)).toHaveLength(4)
  })

  it('sees every change at once', async () => {
    const zone = await zoneWith()
    const name = `a.${zone.name}`
    await zone.change(created(set(name, 'A', ['10.0.0.1'])))
    expect(await resolver.resolve4(name)).toEqual(['10.0.0.1'])
    await zone.change(upserted(set(name, 'A', ['10.0.0.2'])))
    expect(await resolver.resolve4(name)).toEqual(['10.0.0.2'])
    await zone.change(deleted(set(name, 'A', ['10.0.0.2'])))
    expect(await rejection(resolver.resolve4(name))).toMatchObject(notFound)
  })

  it('gets what is listed, whatever that is', async () => {
    const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/)
    const port = fc.integer({ min: 0, max: 65_535 })
    const text = fc.string({ maxLength: 255 }).filter((each) => /^[ !#-[\]-~]*$/.test(each))
    const shapes = fc.record({
      a: fc.uniqueArray(fc.ipV4(), { minLength: 1, maxLength: 20 }),
      srv: fc.uniqueArray(fc.tuple(port, port, port, label), {
        minLength: 1,
        maxLength: 20,
        selector: (parts) => parts.join(' '),
      }),
      txt: fc.array(text, { minLength: 1, maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(label, shapes, async (name, { a, srv, txt }) => {
        const zone = await zoneWith(
          set(name, 'A', a),
          set(
            name,
            'SRV',
            srv.map(([priority, weight, at, target]) => `${priority} ${weight} ${at} ${target}.example`),
          ),
          set(name, 'TXT', [txt.map((each) => `"${each}"`).join(' ')]),
        )
        const at = `${name}.${zone.name}`
        expect(sorted(await resolver.resolve4(at))).toEqual(sorted(a))
        expect(sorted(await resolver.resolveSrv(at))).toEqual(
          sorted(
            srv.map(([priority, weight, at, target]) => ({
              name: `${target}.example`,
              port: at,
              priority,
              weight,
            })),
          ),
        )
        expect(await resolver.resolveTxt(at)).toEqual([txt])
      }),
      { numRuns: 50 },
    )
  })

  it('asks again by TCP what is too long for UDP', async () => {
    const zone = await zoneWith(
      set(
        '_many._tcp',
        'SRV',
        Array.from({ length: 200 }, (_, n) => `1 1 ${n} a-rather-long-name-${n}.example.`),
      ),
    )
    const { tcp } = route53.dns.questions
    const answers = await resolver.resolveSrv(`_many._tcp.${zone.name}`)
    expect(sorted(answers.map(({ port }) => port))).toEqual(sorted(Array.from({ length: 200 }, (_, n) => n)))
    expect(route53.dns.questions.tcp).toBe(tcp + 1)
  })

  it('does not mind capitals', async () => {
    const zone = await zoneWith(set('Web', 'A', ['10.0.0.1']))
    expect(await resolver.resolve4(`wEB.${zone.name.toUpperCase()}`)).toEqual(['10.0.0.1'])
  })
})

describe('a name', () => {
  it('that there is not is not found; one without records of the type, or with names below it only, has no data', async () => {
    const zone = await zoneWith(set('_calc._tcp', 'SRV', ['1 1 80 a.example']))
    expect(await rejection(resolver.resolve4(`_calc.${zone.name}`))).toMatchObject(notFound)
    expect(await rejection(resolver.resolve4(`_calc._tcp.${zone.name}`))).toMatchObject(noData)
    expect(await rejection(resolver.resolveSrv(`_tcp.${zone.name}`))).toMatchObject(noData)
    expect(await rejection(resolver.resolve4(zone.name))).toMatchObject(noData)
  })

  it('that there is not comes with the start of authority, which says how long to remember that', async () => {
    const zone = await zoneWith()
    const { answers, authorities, flag_aa, rcode } = await ask({
      questions: [{ name: `nothing.${zone.name}`, type: 'A' }],
    })
    expect({ answers, flag_aa, rcode }).toEqual({ answers: [], flag_aa: true, rcode: 3 })
    expect(authorities).toMatchObject([{ type: 'SOA', name: zone.name, data: { minimum: 86_400 } }])
  })

  it('outside all zones is refused', async () => {
    expect(await rejection(resolver.resolve4('example.org'))).toMatchObject({ code: 'EREFUSED' })
  })

  it('in two zones is that of the closer one', async () => {
    const outer = await zoneWith(set('a.inner', 'A', ['10.0.0.1']), set('b.inner', 'A', ['10.0.0.1']))
    const inner = await route53.createZone(`inner.${outer.name}`)
    await route53.change(inner, [created(set(`a.inner.${outer.name}`, 'A', ['10.0.0.2']))])
    expect(await resolver.resolve4(`a.inner.${outer.name}`)).toEqual(['10.0.0.2'])
    expect(await rejection(resolver.resolve4(`b.inner.${outer.name}`))).toMatchObject(notFound)
  })

  it('without records is answered by the wildcard beside its closest name that exists, and by no other', async () => {
    const zone = await zoneWith(
      set('*', 'A', ['10.0.0.1']),
      set('held', 'TXT', ['"x"']),
      set('deep.below', 'A', ['10.0.0.2']),
    )
    const at = (name: string) => resolver.resolve4(`${name}.${zone.name}`)
    expect(await at('any')).toEqual(['10.0.0.1'])
    expect(await at('any.at.all')).toEqual(['10.0.0.1'])
    expect(await rejection(at('held'))).toMatchObject(noData)
    expect(await rejection(at('any.held'))).toMatchObject(notFound)
    expect(await rejection(at('any.below'))).toMatchObject(notFound)
  })

  it('that is a CNAME leads on, and in circles nowhere', async () => {
    const zone = await zoneWith(set('b', 'A', ['10.0.0.1']))
    const at = (name: string) => `${name}.${zone.name}`
    await zone.change(
      created(set(at('a'), 'CNAME', [at('b')])),
      created(set(at('out'), 'CNAME', ['example.org'])),
      created(set(at('round'), 'CNAME', [at('round')])),
    )
    expect(await resolver.resolve4(at('a'))).toEqual(['10.0.0.1'])
    expect((await ask({ questions: [{ name: at('out'), type: 'A' }] })).answers).toMatchObject([
      { type: 'CNAME', data: 'example.org' },
    ])
    const { rcode } = await ask({ questions: [{ name: at('round'), type: 'A' }] })
    expect(rcode).toBe(0)
  })

  it('that is an alias has the records of its target in the zone', async () => {
    const zone = await zoneWith(set('b', 'A', ['10.0.0.1']))
    const alias = (name: string, target: string): ResourceRecordSet => ({
      Name: `${name}.${zone.name}`,
      Type: 'A',
      AliasTarget: { HostedZoneId: zone.id, DNSName: target, EvaluateTargetHealth: false },
    })
    await zone.change(created(alias('a', `b.${zone.name}`)), created(alias('lb', 'lb.elb.example')))
    expect(await resolver.resolve4(`a.${zone.name}`)).toEqual(['10.0.0.1'])
    expect(await rejection(resolver.resolve4(`lb.${zone.name}`))).toMatchObject(noData)
  })
})

describe('sets of one name and type', () => {
  const drawn = async (name: string, times: number) => {
    const counts = new Map<number, number>()
    for (let n = 0; n < times; n++)
      for (const { port } of await resolver.resolveSrv(name)) counts.set(port, (counts.get(port) ?? 0) + 1)
    return counts
  }

  it('that are weighted are drawn one at a time, each as often as its share of the weights', async () => {
    const zone = await zoneWith(
      weighted('_a._tcp', 'one', '1 1 1 a', { Weight: 1 }),
      weighted('_a._tcp', 'three', '1 1 3 a', { Weight: 3 }),
      weighted('_a._tcp', 'none', '1 1 0 a', { Weight: 0 }),
    )
    const counts = await drawn(`_a._tcp.${zone.name}`, 400)
    expect((counts.get(1) ?? 0) + (counts.get(3) ?? 0)).toBe(400)
    expect(counts.get(3)).toBeGreaterThan(260)
    expect(counts.get(3)).toBeLessThan(340)
  })

  it('that all weigh 0 are drawn alike', async () => {
    const zone = await zoneWith(
      ...[1, 2].map((port) => weighted('_a._tcp', `${port}`, `1 1 ${port} a`, { Weight: 0 })),
    )
    const counts = await drawn(`_a._tcp.${zone.name}`, 100)
    expect([...counts.keys()].sort()).toEqual([1, 2])
  })

  it('that are multivalue are answered up to eight at a time, and failover by the primary', async () => {
    const zone = await zoneWith(
      ...Array.from({ length: 10 }, (_, n) =>
        set('many', 'A', [`10.0.0.${n}`], { SetIdentifier: `${n}`, MultiValueAnswer: true }),
      ),
      set('spare', 'A', ['10.0.0.1'], { SetIdentifier: 'a', Failover: 'SECONDARY' }),
      set('spare', 'A', ['10.0.0.2'], { SetIdentifier: 'b', Failover: 'PRIMARY' }),
    )
    expect(new Set(await resolver.resolve4(`many.${zone.name}`)).size).toBe(8)
    expect(await resolver.resolve4(`spare.${zone.name}`)).toEqual(['10.0.0.2'])
  })
})

describe('a packet', () => {
  it('brings the addresses of SRV targets that are in the zone', async () => {
    const zone = await zoneWith(set('host', 'A', ['10.0.0.1']), set('host', 'AAAA', ['2001:db8::1']))
    await zone.change(
      created(set(`_a._tcp.${zone.name}`, 'SRV', [`1 1 80 host.${zone.name}`, '1 1 80 host.example'])),
    )
    const { additionals } = await ask({ questions: [{ name: `_a._tcp.${zone.name}`, type: 'SRV' }] })
    expect(additionals).toMatchObject([
      { type: 'A', name: `host.${zone.name}`, data: '10.0.0.1' },
      { type: 'AAAA', name: `host.${zone.name}`, data: '2001:db8::1' },
    ])
  })

  it('has 512 bytes at most, or as many as the client takes: then it is empty and says that it is truncated', async () => {
    const zone = await zoneWith(
      set(
        'text',
        'TXT',
        Array.from({ length: 4 }, (_, n) => `"${String(n).repeat(200)}"`),
      ),
    )
    const questions = [{ name: `text.${zone.name}`, type: 'TXT' as const }]
    const short = await ask({ questions })
    expect(short).toMatchObject({ flag_tc: true, answers: [], rcode: 0 })
    expect(short.size).toBeLessThanOrEqual(512)
    const long = await ask({
      questions,
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 1232,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ],
    })
    expect(long.flag_tc).toBe(false)
    expect(long.answers).toHaveLength(4)
    expect(long.additionals).toMatchObject([{ type: 'OPT' }])
  })

  it('answers by TCP what comes in pieces, and several questions of one connection', async () => {
    const zone = await zoneWith(set('a', 'A', ['10.0.0.1']))
    const query = (id: number) =>
      streamEncode({ type: 'query', id, questions: [{ name: `a.${zone.name}`, type: 'A' }] })
    const socket = connect(route53.dns.port, route53.dns.host)
    await once(socket, 'connect')
    const bytes = Buffer.concat([query(1), query(2)])
    socket.write(bytes.subarray(0, 5))
    socket.write(bytes.subarray(5))
    let received = Buffer.alloc(0)
    const ids: (number | undefined)[] = []
    while (ids.length < 2) {
      const [chunk] = (await once(socket, 'data')) as [Buffer]
      received = Buffer.concat([received, chunk])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        const { id, answers } = streamDecode(received.subarray(0, end))
        expect(answers).toMatchObject([{ data: '10.0.0.1' }])
        ids.push(id)
        received = received.subarray(end)
      }
    }
    socket.destroy()
    expect(ids).toEqual([1, 2])
  })

  it('that is not a question is not answered, and does no harm', async () => {
    const socket = createSocket('udp4')
    for (const message of [
      Buffer.from('nonsense'),
      encode({ type: 'response', id: 1, questions: [{ name: 'a', type: 'A' }] }),
    ])
      socket.send(message, route53.dns.port, route53.dns.host)
    const broken = connect(route53.dns.port, route53.dns.host)
    broken.write(Buffer.from([0, 3, 1, 2, 3]))
    await once(broken, 'close')
    socket.close()
    const zone = await zoneWith(set('a', 'A', ['10.0.0.1']))
    expect(await resolver.resolve4(`a.${zone.name}`)).toEqual(['10.0.0.1'])
  })

  it('repeats the question, and that recursion was wished for but is not to be had', async () => {
    const zone = await zoneWith(set('a', 'A', ['10.0.0.1']))
    const questions = [{ name: `a.${zone.name}`, type: 'A' as const }]
    const response = await ask({ flags: RECURSION_DESIRED, questions })
    expect(response).toMatchObject({ id: 7, flag_qr: true, flag_aa: true, flag_rd: true, flag_ra: false })
    expect(response.questions).toMatchObject(questions)
    expect((await ask({ flags: 2 << 11, questions })).rcode).toBe(4)
    expect((await ask({ questions: [{ name: zone.name, type: 'AXFR' }] })).rcode).toBe(5)
  })
})
