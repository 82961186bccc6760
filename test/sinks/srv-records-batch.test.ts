import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import {
  type Batch,
  batchOf,
  fits,
  type HostUse,
  packed,
  sizeOf,
  type Step,
} from '../../src/sinks/route53/batch.js'
import { formatUsers } from '../../src/sinks/route53/ownership.js'
import { type HostRecords, revisedHost, unknownHost, usersOf } from '../../src/sinks/route53/host.js'
import { hostName } from '../../src/sinks/route53/host-name.js'
import { HostTable } from '../../src/sinks/route53/host-table.js'
import { contentOf, newRecordSet, recordSetOf } from '../../src/sinks/route53/record-set.js'
import { spread } from '../../src/sinks/route53/split-change.js'
import { ecssdHost, record } from '../support/zone-of-services.js'

const zone = 'a.test'
const options = { ttl: 10, adopt: false }
const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::1'] as const
const users = fc.subarray(['anna____', 'berta___', 'carla___', 'dora____', 'emma____'])
const nameOf = (address: string): string => hostName(address, zone)!
const rightOf = <A>(either: E.Either<string, A>): A => {
  if (E.isLeft(either)) throw new Error(either.left)
  return either.right
}

/** What is there after a user each has begun. */
const hostOf = (address: string, by: readonly string[], ipv6?: string): HostRecords =>
  rightOf(
    revisedHost(
      unknownHost(nameOf(address), address),
      { begin: new Set(by), end: new Set(), ipv6, compare: false },
      options,
    ),
  ).after
const hosts = fc.tuple(...addresses.map((address) => users.map((by) => hostOf(address, by)))).map((all) => {
  const table = new HostTable()
  for (const host of all) table.set(host)
  return table
})
const useOf = (address: string, user: string, begins: boolean, ipv6?: string): HostUse => ({
  host: nameOf(address),
  address,
  ipv6,
  user,
  begins,
  leads: !begins,
})
/** What one name begins and ends to use, each host once. */
const steps = fc
  .tuple(
    fc.constantFrom('anna____', 'berta___', 'carla___', 'dora____', 'emma____'),
    fc.array(fc.option(fc.boolean(), { nil: undefined }), { minLength: 4, maxLength: 4 }),
  )
  .map(([user, begins]): [string, Step] => [
    user,
    {
      records: [],
      uses: addresses.flatMap((address, i) => {
        const begin = begins[i]
        return begin === undefined ? [] : [useOf(address, user, begin)]
      }),
    },
  ])
const manySteps = fc
  .uniqueArray(steps, { selector: ([user]) => user, maxLength: 5 })
  .map((all) => all.map(([, step]) => step))

const madeIn = (table: HostTable, batch: Batch): void => {
  for (const host of batch.hosts) table.set(host)
}
const contents = (table: HostTable): readonly unknown[] =>
  addresses.map((address) => {
    const { sets, ownership } = table.get(nameOf(address), address)
    return [...sets, ...(ownership === undefined ? [] : [ownership])].map(contentOf).sort()
  })

describe('a batch', () => {
  it('made of several steps does what they do one after the other', () => {
    fc.assert(
      fc.property(hosts, manySteps, (table, all) => {
        const together = new HostTable()
        for (const address of addresses) together.set(table.get(nameOf(address), address))
        madeIn(together, rightOf(batchOf(all, together, options)))
        for (const step of all) madeIn(table, rightOf(batchOf([step], table, options)))
        expect(contents(together)).toEqual(contents(table))
      }),
    )
  })

  it('is not larger than its steps one by one', () => {
    fc.assert(
      fc.property(hosts, manySteps, (table, all) => {
        const whole = sizeOf(rightOf(batchOf(all, table, options)).changes)
        const each = all.map((step) => sizeOf(rightOf(batchOf([step], table, options)).changes))
        expect(whole.values).toBeLessThanOrEqual(each.reduce((sum, { values }) => sum + values, 0))
        expect(whole.characters).toBeLessThanOrEqual(
          each.reduce((sum, { characters }) => sum + characters, 0),
        )
      }),
    )
  })

  it('deletes what a host has as it was read, and creates nothing twice', () => {
    fc.assert(
      fc.property(hosts, manySteps, (table, all) => {
        const before = new Set(contents(table).flat())
        const { changes } = rightOf(batchOf(all, table, options))
        const created = changes.filter(({ action }) => action === 'CREATE').map(({ set }) => contentOf(set))
        const deleted = changes.filter(({ action }) => action === 'DELETE').map(({ set }) => contentOf(set))
        for (const content of deleted) expect(before).toContain(content)
        for (const content of created)
          expect(before.has(content) && !deleted.includes(content), content).toBe(false)
        expect(new Set(created).size).toBe(created.length)
        expect(new Set(deleted).size).toBe(deleted.length)
        // What replaces something comes after it.
        expect(changes.map(({ action }) => action)).toEqual(
          changes.map(({ action }) => action).sort((a, b) => (a < b ? 1 : -1)),
        )
      }),
    )
  })

  it('leaves a host as it is that is used already, and takes it away with its last user', () => {
    fc.assert(
      fc.property(users, users, (by, leaving) => {
        const table = new HostTable()
        table.set(hostOf('10.0.0.1', by))
        const uses = by.map((user) => ({ ...useOf('10.0.0.1', user, true), leads: true }))
        expect(rightOf(batchOf([{ records: [], uses }], table, options)).changes).toEqual([])
        const gone = leaving.map((user) => useOf('10.0.0.1', user, false))
        madeIn(table, rightOf(batchOf([{ records: [], uses: gone }], table, options)))
        const left = by.filter((user) => !leaving.includes(user))
        const host = table.get(nameOf('10.0.0.1'), '10.0.0.1')
        expect(host.sets.length).toBe(left.length === 0 ? 0 : 1)
        expect(usersOf(host)).toEqual(left.length === 0 ? undefined : new Set(left))
      }),
    )
  })
})

describe('a host that does not know what a name does', () => {
  it.each([
    ['begins to lead there, and the host knows it already', ['anna____'], true, false],
    ['ceases to lead there, and the host never knew it', ['berta___'], false, true],
  ])('is compared where the name %s', (_case, by, begins, leads) => {
    const table = new HostTable()
    const host = hostOf('10.0.0.1', by)
    table.set(host)
    const uses = [{ ...useOf('10.0.0.1', 'anna____', begins), leads }]
    const { changes, hosts: after } = rightOf(batchOf([{ records: [], uses }], table, options))
    expect(changes).toEqual([
      { action: 'DELETE', set: host.ownership },
      { action: 'CREATE', set: host.ownership },
    ])
    expect(after).toEqual([host])
  })
})

describe('packing', () => {
  const sizes = fc.record({ values: fc.nat({ max: 1200 }), characters: fc.nat({ max: 40_000 }) })

  it('loses nothing, keeps the order, and no batch of several is too large', () => {
    fc.assert(
      fc.property(fc.array(sizes), (all) => {
        const things = all.map((size) => ({ size }))
        const groups = packed(things)
        expect(groups.flat()).toEqual(things)
        for (const group of groups) {
          const values = group.reduce((sum, { size }) => sum + size.values, 0)
          const characters = group.reduce((sum, { size }) => sum + size.characters, 0)
          expect(group.length === 1 || fits({ values, characters })).toBe(true)
        }
        // And no two neighbours could have been one.
        groups.slice(1).forEach((group, i) => {
          const both = [...groups[i]!, ...group.slice(0, 1)]
          const values = both.reduce((sum, { size }) => sum + size.values, 0)
          const characters = both.reduce((sum, { size }) => sum + size.characters, 0)
          expect(fits({ values, characters })).toBe(false)
        })
      }),
    )
  })
})

describe('a change that is too large', () => {
  const ownership = newRecordSet({ name: 'srv-web.a.test', type: 'TXT', ttl: 300, values: ['"ownership"'] })
  const emptied = newRecordSet({ name: 'srv-web.a.test', type: 'TXT', ttl: 300, values: ['"emptied"'] })
  const web = newRecordSet({ name: 'web.a.test', type: 'SRV', ttl: 10, values: ['1 1 80 x.a.test'] })
  const use = (n: number, begins: boolean): HostUse => useOf(`10.1.${n >> 8}.${n % 256}`, 'anna____', begins)
  const range = (count: number, begins: boolean, from = 0) =>
    Array.from({ length: count }, (_, n) => use(from + n, begins))

  it.each([
    [900, 0, ownership],
    [0, 900, ownership],
    [700, 900, ownership],
    [0, 900, undefined],
  ])('that begins %i hosts and ends %i goes on in steps, each within the limits', (begins, ends, left) => {
    const table = new HostTable()
    for (const { address } of range(ends, false, 1000)) table.set(hostOf(address, ['anna____']))
    const name = [
      { action: 'DELETE', set: web } as const,
      { action: 'DELETE', set: ownership } as const,
      ...(left === undefined ? [] : [{ action: 'CREATE', set: left } as const]),
    ]
    const all = spread(
      { name, begun: range(begins, true), ended: range(ends, false, 1000), ownership: left },
      emptied,
      table,
      options,
    )
    const batches = all.map((step) => {
      const batch = rightOf(batchOf([step], table, options))
      madeIn(table, batch)
      return batch.changes
    })
    for (const changes of batches) expect(fits(sizeOf(changes))).toBe(true)
    const at = (action: string, type: string): number[] =>
      batches.flatMap((changes, i) =>
        changes.some((change) => change.action === action && change.set.type === type) ? [i] : [],
      )
    const [turn = -1] = at('DELETE', 'SRV')
    expect(at('CREATE', 'A').every((i) => i < turn)).toBe(true)
    expect(at('DELETE', 'A').every((i) => i > turn)).toBe(true)
    // Whoever changes the name meanwhile stops what is left of it.
    for (const changes of batches.slice(turn + 1))
      expect(changes.some(({ action, set }) => action === 'DELETE' && set === (left ?? emptied))).toBe(true)
    // Neither do the hosts stay nor, where it goes, the ownership record.
    const touched = batches.flat()
    expect(touched.filter(({ set }) => set.type === 'A')).toHaveLength(begins + ends)
    expect(touched.filter(({ set }) => set.name === emptied.name).at(-1)?.action).toBe(
      left === undefined ? 'DELETE' : 'CREATE',
    )
  })
})

describe('a host without our ownership record', () => {
  const begun = { begin: new Set(['anna____']), end: new Set<string>(), ipv6: undefined, compare: false }
  const at = (...sets: readonly ReturnType<typeof record>[]): HostRecords => ({
    name: nameOf('10.0.0.1'),
    address: '10.0.0.1',
    sets: sets.map(recordSetOf),
    ownership: undefined,
  })
  const theirs = (value: string) => record(nameOf('10.0.0.1'), 'A', [value])

  it('is used unchanged if it resolves to its own address', () => {
    const host = at(theirs('10.0.0.1'))
    expect(revisedHost(host, begun, options)).toEqual(E.right({ changes: [], after: host }))
  })

  it.each([
    ['leads elsewhere', at(theirs('192.0.2.1'))],
    ['leads to several', at(record(nameOf('10.0.0.1'), 'A', ['10.0.0.1', '192.0.2.1']))],
    ['has an alias', at({ ...theirs(''), ResourceRecords: [] })],
    ['has no address of its version', at(record(nameOf('10.0.0.1'), 'AAAA', ['fd00::1']))],
  ])('is refused with its name where it %s', (_case, host) => {
    const revised = revisedHost(host, begun, options)
    expect(E.isLeft(revised) && revised.left).toContain(
      'ip-10-0-0-1.a.test must resolve to 10.0.0.1 but does not',
    )
  })

  it('and a change that takes our SRV record away leaves it as it is', () => {
    const host = at(theirs('192.0.2.1'))
    expect(revisedHost(host, { ...begun, begin: new Set(), end: new Set(['anna____']) }, options)).toEqual(
      E.right({ changes: [], after: host }),
    )
  })

  it('becomes ours when it is of ecssd, and only if that is wished', () => {
    const host = at(ecssdHost('10.0.0.1', zone))
    expect(rightOf(revisedHost(host, begun, options)).changes).toEqual([])
    const adopted = rightOf(revisedHost(host, begun, { ttl: 10, adopt: true }))
    expect(
      adopted.changes.map(({ action, set }) => `${action} ${set.type ?? ''} ${set.identifier ?? ''}`),
    ).toEqual(['DELETE A ip-10-0-0-1.eu-west-1.compute.internal', 'CREATE A ', 'CREATE TXT '])
    const wrong = at({
      ...ecssdHost('10.0.0.1', zone),
      SetIdentifier: 'ip-10-0-0-2.eu-west-1.compute.internal',
    })
    expect(rightOf(revisedHost(wrong, begun, { ttl: 10, adopt: true })).changes).toEqual([])
  })
})

describe('a host of ours', () => {
  it('has an address of version 6 when it is known, and keeps it when it is not', () => {
    const dual = hostOf('10.0.0.1', ['anna____'], 'fd00::7')
    expect(dual.sets.map(({ type, values }) => [type, ...values])).toEqual([
      ['A', '10.0.0.1'],
      ['AAAA', 'fd00::7'],
    ])
    const revise = (ipv6: string | undefined) =>
      rightOf(
        revisedHost(dual, { begin: new Set(['berta___']), end: new Set(), ipv6, compare: false }, options),
      ).after.sets.map(({ values }) => values[0])
    expect(revise(undefined)).toEqual(['10.0.0.1', 'fd00::7'])
    expect(revise('fd00::8')).toEqual(['10.0.0.1', 'fd00::8'])
  })

  it('is repaired if another writer changed its address, and keeps the other fields of its ownership record', () => {
    const host = hostOf('10.0.0.1', ['anna____'])
    const broken: HostRecords = {
      ...host,
      sets: [recordSetOf(record(host.name, 'A', ['192.0.2.1']))],
      ownership: recordSetOf(
        record(host.name, 'TXT', [`${formatUsers(new Set(['anna____'])).slice(0, -1)},note=1"`]),
      ),
    }
    const { after, changes } = rightOf(
      revisedHost(
        broken,
        { begin: new Set(['berta___']), end: new Set(), ipv6: undefined, compare: false },
        options,
      ),
    )
    expect(after.sets[0]?.values).toEqual(['10.0.0.1'])
    expect(after.ownership?.values[0]).toContain('note=1')
    expect(changes.map(({ action, set }) => `${action} ${set.type ?? ''}`)).toEqual([
      'DELETE A',
      'CREATE A',
      'DELETE TXT',
      'CREATE TXT',
    ])
  })
})
