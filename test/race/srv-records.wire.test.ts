import type { Route53Client } from '@aws-sdk/client-route-53'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedRoute53, embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import type { Backend } from '../../src/core/desired.js'
import { formatAddress } from '../../src/core/desired.js'
import type { PersistentMap } from '../../src/core/persistent-map.js'
import { ownerIn, ownershipName } from '../../src/sinks/route53/ownership.js'
import { addressIn } from '../../src/sinks/route53/host-name.js'
import { parseSrv, recordSetOf } from '../../src/sinks/route53/record-set.js'
import { srvRecords } from '../../src/sinks/route53/index.js'
import type { Shape } from '../../src/sinks/route53/record-layout.js'
import { backendOf, backendsOf } from '../../src/testing/backends.js'
import { boundless } from '../support/boundless-allowance.js'
import { reconciledUntilQuiet } from '../support/reconciled.js'
import { record, ZoneOfServices } from '../support/zone-of-services.js'

const runs = Number(process.env['RACE_RUNS'] ?? 12)
type Backends = PersistentMap<Backend>

let route53: EmbeddedRoute53
let zones = 0
beforeAll(async () => {
  route53 = await embeddedRoute53()
})
afterAll(() => route53.close())

const macrotask = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Every request, and its answer, waits for its turn; one at a time is under way. */
const turns = (scheduler: fc.Scheduler, wrote: () => Promise<void>) => {
  let underWay = 0
  return {
    take: (client: Route53Client): Route53Client => {
      client.middlewareStack.add(
        (next, { commandName = '' }) =>
          async (args) => {
            await scheduler.schedule(Promise.resolve(), commandName)
            underWay++
            try {
              const answer = await next(args)
              if (commandName.startsWith('Change')) await wrote()
              return answer
            } finally {
              underWay--
              await scheduler.schedule(Promise.resolve(), `${commandName} answered`)
            }
          },
        { step: 'initialize' },
      )
      return client
    },
    play: async (work: Promise<unknown>): Promise<void> => {
      const state = { over: false }
      const ended = work.finally(() => (state.over = true))
      ended.catch(() => undefined)
      while (!state.over) {
        await macrotask()
        if (underWay === 0 && scheduler.count() > 0) await scheduler.waitNext(1)
      }
      await ended
    },
  }
}

const addresses = fc.uniqueArray(
  fc.record({ host: fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1'), port: fc.constantFrom(80, 81) }),
  { selector: formatAddress, maxLength: 4 },
)
/** Names at both ends of a listing: their ownership records are not where they are. */
const backendsArbitrary: fc.Arbitrary<Backends> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('_a._tcp', 'b', 'web'), addresses), { selector: ([name]) => name })
  .map((all) => backendsOf(all.map(([name, at]) => backendOf(name, at))))
const histories = fc.array(backendsArbitrary, { minLength: 1, maxLength: 3 })

const offered = (backends: Backends): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    [...backends.values()]
      .filter(({ endpoints }) => endpoints.length > 0)
      .map(({ name, endpoints }) => [name, endpoints.map(formatAddress).sort()]),
  )

/** By name and owner. */
const held = async (zone: ZoneOfServices) => {
  const found: Record<string, { owner: string | undefined; at: string[] }> = {}
  for (const [service, sets] of await zone.services()) {
    const records = sets.map(recordSetOf)
    const ownership = records.find(({ name }) => name === ownershipName(service))
    const at = records.flatMap(({ type, values }) =>
      type === 'SRV'
        ? values.map((value) => {
            const { target, port } = parseSrv(value)!
            return formatAddress({ host: addressIn(target) ?? target, port })
          })
        : [],
    )
    const owner = ownership === undefined ? undefined : ownerIn(ownership)
    found[service.slice(0, -zone.zone.length - 1)] = { owner, at: at.sort() }
  }
  return found
}

/** As many sets as make a second page, between the names of hosts and some of those of ownership records. */
const filler = Array.from({ length: 310 }, (_, n) => `m${String(n).padStart(4, '0')}`)

const zoneOf = async (paged: boolean): Promise<ZoneOfServices> => {
  const zone = await ZoneOfServices.create(route53, `race-${++zones}.test`)
  if (paged) await zone.put(...filler.map((name) => record(`${name}.${zone.zone}`, 'TXT', ['"filler"'])))
  return zone
}

/** A long listing is slow to read, and most of what can go wrong does without. */
const longListing = fc.integer({ min: 0, max: 4 }).map((n) => n === 0)
const shapes = fc.constantFrom<Shape>('simple', 'weighted')

describe('workers that race for a zone', () => {
  it('of one owner: at no moment a name leads to a host that is not there, and in the end all is as the last state says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(histories, { minLength: 2, maxLength: 3 }),
        backendsArbitrary,
        shapes,
        longListing,
        async (scheduler, workers, last, shape, paged) => {
          const zone = await zoneOf(paged)
          const faults: string[] = []
          const { take, play } = turns(scheduler, async () => {
            faults.push(...(await zone.faults('worker')))
          })
          const work = async (states: readonly Backends[]): Promise<void> => {
            const client = take(route53.client())
            const sink = srvRecords({ zoneId: zone.zoneId, client, shape, allowance: boundless })
            for (const state of [...states, last]) await reconciledUntilQuiet(sink, state)
          }
          await play(Promise.all(workers.map(work)))
          // Who was early believes what was true then, until it reads again.
          await play(work([]))
          expect(faults).toEqual([])
          const found = await held(zone)
          expect(
            Object.fromEntries(
              Object.entries(found)
                .filter(([, { at }]) => at.length > 0)
                .map(([name, { at }]) => [name, at]),
            ),
          ).toEqual(offered(last))
          expect(await zone.faults('worker')).toEqual([])
        },
      ),
      { numRuns: runs },
    )
  })

  it('of two owners: each name has one of them and is as that one wants it, and no host is lost to either', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        histories,
        histories,
        shapes,
        longListing,
        async (scheduler, ours, theirs, shape, paged) => {
          const zone = await zoneOf(paged)
          const faults: string[] = []
          const { take, play } = turns(scheduler, async () => {
            faults.push(...(await zone.faults('one', 'other')))
          })
          const work = async (owner: string, states: readonly Backends[]): Promise<void> => {
            const sink = srvRecords({
              zoneId: zone.zoneId,
              client: take(route53.client()),
              shape,
              allowance: boundless,
            })
            for (const state of states) await reconciledUntilQuiet(sink, state, { owner })
          }
          await play(Promise.all([work('one', ours), work('other', theirs)]))
          await play(Promise.all([work('one', ours.slice(-1)), work('other', theirs.slice(-1))]))
          expect(faults).toEqual([])
          const wanted = { one: offered(ours.at(-1)!), other: offered(theirs.at(-1)!) }
          const found = await held(zone)
          for (const [name, { owner, at }] of Object.entries(found)) {
            expect(['one', 'other']).toContain(owner)
            expect(at).toEqual(wanted[owner === 'one' ? 'one' : 'other'][name] ?? [])
          }
          for (const name of [...Object.keys(wanted.one), ...Object.keys(wanted.other)])
            expect(Object.keys(found)).toContain(name)
        },
      ),
      { numRuns: runs },
    )
  })

  it('records of others stay what they are, whichever worker writes them at which moment', async () => {
    const foreign = fc.constantFrom('_a._tcp', 'b', 'web')
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        histories,
        fc.uniqueArray(foreign, { minLength: 1 }),
        shapes,
        async (scheduler, states, names, shape) => {
          const zone = await zoneOf(false)
          const { take, play } = turns(scheduler, () => Promise.resolve())
          const planted: string[] = []
          const plant = async (): Promise<void> => {
            for (const name of names) {
              const service = `${name}.${zone.zone}`
              await scheduler.schedule(Promise.resolve(), `plant ${name}`)
              try {
                // As external-dns does: with an ownership record, and so only where there is none.
                await zone.change(
                  {
                    Action: 'CREATE',
                    ResourceRecordSet: record(service, 'SRV', ['7 7 7 theirs.example.com']),
                  },
                  {
                    Action: 'CREATE',
                    ResourceRecordSet: record(ownershipName(service), 'TXT', ['"heritage=external-dns"']),
                  },
                )
                planted.push(service)
              } catch {
                // Ours was there first.
              }
            }
          }
          const sink = srvRecords({
            zoneId: zone.zoneId,
            client: take(route53.client()),
            shape,
            allowance: boundless,
          })
          const work = async (): Promise<void> => {
            for (const state of states) await reconciledUntilQuiet(sink, state)
          }
          await play(Promise.all([work(), plant()]))
          for (const service of planted)
            expect(
              (await zone.at(service, 'SRV')).map(({ ResourceRecords }) => ResourceRecords),
            ).toContainEqual([{ Value: '7 7 7 theirs.example.com' }])
          expect(await zone.faults('worker')).toEqual([])
        },
      ),
      { numRuns: runs },
    )
  })
})
