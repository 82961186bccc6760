/** The same changes of a zone, at moto and at the server that our other tests run against. */
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embeddedRoute53 } from '../../sim/route53/embedded-route53.js'
import { type Route53Zones, route53Zones } from '../../sim/route53/route53-zones.js'
import { contractRuns } from '../laws/runs.js'
import { hostedZones, type TestZone } from '../support/hosted-zones.js'
import { created, deleted, set, upserted, weighted } from '../support/record-sets.js'
import { moto } from './witnesses.js'

/** Where there is a record set or none: `value` makes another one of it, such as there never was. */
type Place = (value: number) => ResourceRecordSet

const simple: readonly Place[] = ['a', 'b', 'x.a', '_calc._tcp'].flatMap((name): Place[] => [
  (value) => set(name, 'A', [`10.0.${value >> 8}.${value & 255}`]),
  (value) => set(name, 'TXT', [`"${value}" "again"`, `"${value}"`]),
  (value) => set(name, 'SRV', [`1 1 ${value} a.example`, `2 1 ${value} b.example`]),
])

/** No two names share an identifier, since moto deletes by that alone. */
const alternatives: readonly Place[] = ['v', 'w'].flatMap((name) =>
  ['host:1', 'host:2', 'host:3'].map(
    (id): Place =>
      (value) =>
        weighted(name, `${name}-${id}`, `1 1 ${value} a.example`),
  ),
)

/** A batch, as what it does to which of its places. */
type Plan = readonly { readonly place: number; readonly action: 'create' | 'upsert' | 'delete' | 'swap' }[]

const histories = (places: readonly Place[]): fc.Arbitrary<readonly Plan[]> =>
  fc.array(
    fc.uniqueArray(
      fc.record({
        place: fc.nat({ max: places.length - 1 }),
        action: fc.constantFrom('create', 'upsert', 'upsert', 'delete', 'swap'),
      }),
      { minLength: 1, maxLength: 6, selector: ({ place }) => place },
    ),
    { minLength: 1, maxLength: 6 },
  )

/** Makes batches of plans, and keeps what the zone holds once they are made. Impossible parts are left out. */
const writer = (places: readonly Place[]) => {
  const held = new Map<number, ResourceRecordSet>()
  let value = 0
  const changesFor = ({ place, action }: Plan[number]): readonly Change[] => {
    const before = held.get(place)
    if (action !== 'upsert' && (action === 'create') !== (before === undefined)) return []
    const after = places[place]!(++value)
    switch (action) {
      case 'create':
        held.set(place, after)
        return [created(after)]
      case 'upsert':
        held.set(place, after)
        return [upserted(after)]
      case 'delete':
        held.delete(place)
        return [deleted(before!)]
      case 'swap':
        held.set(place, after)
        return [deleted(before!), created(after)]
    }
  }
  return { held, batch: (plan: Plan) => plan.flatMap(changesFor) }
}

/** moto lists the sets of one name and type in the order in which they came. */
const byIdentifier = (sets: readonly ResourceRecordSet[]): readonly ResourceRecordSet[] => {
  const groups = new Map<string, ResourceRecordSet[]>()
  for (const each of sets) {
    const group = `${each.Name} ${each.Type}`
    groups.set(group, [...(groups.get(group) ?? []), each])
  }
  return [...groups.values()].flatMap((group) =>
    group.sort((left, right) => ((left.SetIdentifier ?? '') < (right.SetIdentifier ?? '') ? -1 : 1)),
  )
}

const titles = (pages: readonly (readonly ResourceRecordSet[])[]) =>
  pages.map((page) => page.map(({ Name, Type }) => `${Name} ${Type}`))

describe('moto and the embedded server', () => {
  let servers: readonly Route53Zones[]
  let zoneAtEach: () => Promise<readonly [TestZone, TestZone]>
  beforeAll(async () => {
    await moto.empty()
    const ours = await embeddedRoute53()
    const theirs = route53Zones(moto.url)
    servers = [ours, theirs]
    const [ourZone, theirZone] = [hostedZones(ours), hostedZones(theirs)]
    zoneAtEach = () => Promise.all([ourZone(), theirZone()])
  })
  afterAll(() => Promise.all(servers.map((server) => server.close())))

  /** Whether each of them accepts the batch, whose names are within its zone. */
  const accepted = (zones: readonly TestZone[], ...changes: readonly Change[]) =>
    Promise.all(
      zones.map((zone) => {
        const within = changes.map(({ Action, ResourceRecordSet }) => ({
          Action,
          ResourceRecordSet: zone.within(ResourceRecordSet!),
        }))
        return zone.change(...within).then(
          () => true,
          () => false,
        )
      }),
    )

  it.each([
    ['simple', simple],
    ['weighted', alternatives],
    ['simple and weighted', [...simple, ...alternatives]],
  ])(
    'agree on every history of batches of %s sets: what is accepted, refused, and listed',
    async (_, places) => {
      await fc.assert(
        fc.asyncProperty(histories(places), async (history) => {
          const zones = await zoneAtEach()
          const { held, batch } = writer(places)
          for (const plan of history) {
            const changes = batch(plan)
            if (changes.length > 0) expect(await accepted(zones, ...changes)).toEqual([true, true])
          }
          for (const refused of [
            deleted(places[0]!(60_000)),
            created(set('a.example.org.', 'A', ['10.0.0.1'])),
            created(set('a b', 'A', ['10.0.0.1'])),
          ])
            expect(await accepted(zones, refused)).toEqual([false, false])
          const [ours, theirs] = await Promise.all([zones[0].held(), zones[1].held()])
          expect(ours).toEqual(byIdentifier(theirs))
          expect(ours).toHaveLength(held.size)
        }),
        { numRuns: contractRuns(40) },
      )
    },
  )

  it('agree on the pages of every zone of simple sets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([...simple.keys()], { minLength: 1 }),
        fc.integer({ min: 1, max: 14 }),
        async (chosen, size) => {
          const zones = await zoneAtEach()
          await accepted(zones, ...chosen.map((place) => created(simple[place]!(place))))
          const [ours, theirs] = await Promise.all([zones[0].pages(size), zones[1].pages(size)])
          expect(titles(ours)).toEqual(titles(theirs))
          expect(ours.flat()).toHaveLength(chosen.length + 2)
        },
      ),
      { numRuns: contractRuns(40) },
    )
  })
})
