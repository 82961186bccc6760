import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Address, formatAddress } from '../../src/core/desired.js'
import { AddressPool, type Balance } from '../../src/sinks/tcp-proxy/address-pool.js'
import type { PoolMember } from '../../src/sinks/tcp-proxy/pool-member.js'
import { prng } from '../../sim/prng.js'
import { virtualClock } from '../support/virtual-clock.js'

const avoidMs = 1_000
const universe: readonly Address[] = Array.from({ length: 6 }, (_, i) => ({ host: `10.0.0.${i}`, port: 80 }))
const addresses = fc.subarray([...universe])

type Step =
  | { readonly _tag: 'Replace'; readonly addresses: readonly Address[] }
  /** A connection that tries again as often as its dials fail. */
  | { readonly _tag: 'Dial' }
  | { readonly _tag: 'Outcome'; readonly which: number; readonly how: 'connected' | 'failed' | 'abandoned' }
  | { readonly _tag: 'Close'; readonly which: number }
  | { readonly _tag: 'Wait'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ _tag: fc.constant('Replace' as const), addresses }),
  { arbitrary: fc.constant({ _tag: 'Dial' as const }), weight: 3 },
  {
    arbitrary: fc.record({
      _tag: fc.constant('Outcome' as const),
      which: fc.nat(),
      how: fc.constantFrom('connected' as const, 'failed' as const, 'abandoned' as const),
    }),
    weight: 3,
  },
  fc.record({ _tag: fc.constant('Close' as const), which: fc.nat() }),
  fc.record({ _tag: fc.constant('Wait' as const), ms: fc.nat({ max: 2 * avoidMs }) }),
)

interface Connection {
  readonly tried: Set<PoolMember>
  member: PoolMember | undefined
}

/** Lives through the steps, and looks at every choice with what was known then. */
const live = async (
  steps: readonly Step[],
  balance: Balance,
  onTake: (chosen: PoolMember | undefined, among: readonly PoolMember[]) => void,
) => {
  const random = prng(1)
  const clock = virtualClock()
  const pool = new AddressPool({ balance, clock, random: () => random.next() })
  const members = new Map<string, PoolMember>()
  let held: readonly Address[] = []
  const seen = new Set<PoolMember>()
  const dialling: Connection[] = []
  const open: PoolMember[] = []

  const take = (connection: Connection): void => {
    const among = held.flatMap((address) => {
      const member = members.get(formatAddress(address))
      return member === undefined || connection.tried.has(member) ? [] : [member]
    })
    const loads = new Map(among.map((member) => [member, member.open + member.dialling]))
    const member = pool.take(connection.tried)
    if (member !== undefined) {
      expect(held.map(formatAddress)).toContain(formatAddress(member.address))
      expect(connection.tried.has(member)).toBe(false)
      expect(member.left).toBe(false)
      members.set(formatAddress(member.address), member)
      seen.add(member)
      connection.tried.add(member)
      dialling.push({ ...connection, member })
      // As it was when it was chosen.
      member.dialling--
      expect(loads.get(member) ?? 0).toBe(member.open + member.dialling)
      onTake(member, among)
      member.dialling++
    } else {
      expect(connection.tried.size).toBeGreaterThanOrEqual(held.length === 0 ? 0 : 1)
      onTake(undefined, among)
    }
  }

  for (const one of steps)
    switch (one._tag) {
      case 'Replace': {
        const before = new Set(held.map(formatAddress))
        held = one.addresses
        const after = new Set(held.map(formatAddress))
        expect(pool.replace(held)).toBe([...before].some((key) => !after.has(key)))
        for (const [key, member] of members)
          if (!after.has(key)) {
            expect(member.left).toBe(true)
            members.delete(key)
          }
        break
      }
      case 'Dial':
        take({ tried: new Set(), member: undefined })
        break
      case 'Outcome': {
        const [connection] = dialling.splice(one.which % Math.max(1, dialling.length), 1)
        if (connection?.member === undefined) break
        if (one.how === 'connected') {
          connection.member.connected()
          open.push(connection.member)
        } else if (one.how === 'failed') {
          connection.member.failed(avoidMs)
          take(connection)
        } else connection.member.abandoned()
        break
      }
      case 'Close':
        open.splice(one.which % Math.max(1, open.length), 1)[0]?.closed()
        break
      case 'Wait':
        await clock.advance(one.ms)
        break
    }
  return { pool, clock, seen, dialling, open }
}

describe('the pool of addresses of a proxied port', () => {
  it('never chooses an address that has left or that the connection has tried, and counts every dial and connection once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom('random', 'least-connections'),
        async (steps, balance) => {
          const { seen, dialling, open } = await live(steps, balance, () => undefined)
          for (const member of seen) {
            expect(member.dialling).toBe(dialling.filter((connection) => connection.member === member).length)
            expect(member.open).toBe(open.filter((one) => one === member).length)
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it('chooses one that failed lately only when there is no other, and of the others one with the fewest connections', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        await live(steps, 'least-connections', (chosen, among) => {
          if (chosen === undefined) return
          const trusted = among.filter((member) => !member.isSuspect)
          if (trusted.length === 0) return
          expect(chosen.isSuspect).toBe(false)
          const load = ({ open, dialling }: PoolMember): number => open + dialling
          expect(load(chosen)).toBeLessThanOrEqual(Math.min(...trusted.map(load)))
        })
      }),
      { numRuns: 1_000 },
    )
  })

  it('finds an address whenever there is one that the connection has not tried', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), addresses, async (steps, held) => {
        const { pool } = await live(steps, 'random', () => undefined)
        pool.replace(held)
        const tried = new Set<PoolMember>()
        for (let member = pool.take(tried); member !== undefined; member = pool.take(tried)) tried.add(member)
        expect([...tried].map(({ address }) => formatAddress(address)).sort()).toEqual(
          held.map(formatAddress).sort(),
        )
      }),
    )
  })

  it('chooses at random all alike', () => {
    const random = prng(5)
    const pool = new AddressPool({ balance: 'random', clock: virtualClock(), random: () => random.next() })
    pool.replace(universe)
    const counts = new Map<string, number>()
    for (let i = 0; i < 6_000; i++) {
      const member = pool.take(new Set())!
      counts.set(member.address.host, (counts.get(member.address.host) ?? 0) + 1)
    }
    for (const { host } of universe) expect(Math.abs((counts.get(host) ?? 0) - 1_000)).toBeLessThan(150)
  })

  const weighed = fc.uniqueArray(fc.record({ index: fc.nat(5), weight: fc.integer({ min: 1, max: 40 }) }), {
    selector: ({ index }) => index,
    minLength: 2,
    maxLength: 6,
  })
  const balances = fc.constantFrom<Balance>('random', 'least-connections')
  const weighedAddresses = (all: readonly { readonly index: number; readonly weight: number }[]) =>
    all.map(({ index, weight }) => ({ ...universe[index]!, weight }))
  const hostOf = (index: number): string => universe[index]!.host

  it('takes turns by unequal weights: the counts of any stretch differ from the shares by at most one cycle', () => {
    fc.assert(
      fc.property(
        weighed,
        balances,
        fc.nat(200),
        fc.integer({ min: 1, max: 400 }),
        (all, balance, skip, length) => {
          fc.pre(all.some(({ weight }) => weight !== all[0]?.weight))
          const pool = new AddressPool({ balance, clock: virtualClock(), random: () => 0.5 })
          pool.replace(weighedAddresses(all))
          const take = (): string => {
            const member = pool.take(new Set())!
            // The connection is short: with least-connections no address is busier than another.
            member.abandoned()
            return member.address.host
          }
          for (let i = 0; i < skip; i++) take()
          const taken = Array.from({ length }, take)
          const total = all.reduce((sum, { weight }) => sum + weight, 0)
          for (const { index, weight } of all) {
            const count = taken.filter((host) => host === hostOf(index)).length
            expect(Math.abs(count - (length * weight) / total)).toBeLessThanOrEqual(weight)
            if (length % total === 0)
              expect(Math.abs(count - (length * weight) / total)).toBeLessThanOrEqual(1)
          }
        },
      ),
    )
  })

  it('keeps the shares while addresses come and go between connections', () => {
    const pool = new AddressPool({ balance: 'random', clock: virtualClock(), random: () => 0.5 })
    const counts = new Map<string, number>()
    for (let i = 0; i < 4_000; i++) {
      const others = weighedAddresses([
        { index: 0, weight: 38 },
        { index: 1, weight: 2 },
      ])
      // One of no share in what is counted comes and goes all the time.
      pool.replace(i % 3 === 0 ? [...others, ...weighedAddresses([{ index: 2, weight: 1 }])] : others)
      const { host } = pool.take(new Set())!.address
      counts.set(host, (counts.get(host) ?? 0) + 1)
    }
    const [blue, green] = [hostOf(0), hostOf(1)].map((host) => counts.get(host) ?? 0)
    expect(Math.abs(green! / (blue! + green!) - 0.05)).toBeLessThan(0.01)
  })

  it('with least connections, prefers what has the fewest for its weight', () => {
    const pool = new AddressPool({ balance: 'least-connections', clock: virtualClock(), random: () => 0.5 })
    pool.replace(
      weighedAddresses([
        { index: 0, weight: 3 },
        { index: 1, weight: 1 },
      ]),
    )
    const open = Array.from({ length: 40 }, () => {
      const member = pool.take(new Set())!
      member.connected()
      return member.address.host
    })
    expect(open.filter((host) => host === hostOf(0))).toHaveLength(30)
  })

  it('chooses as without weights where they are equal', () => {
    const chosen = (weight?: number) => {
      const random = prng(5)
      const pool = new AddressPool({ balance: 'random', clock: virtualClock(), random: () => random.next() })
      pool.replace(universe.map((address) => ({ ...address, ...(weight === undefined ? {} : { weight }) })))
      return Array.from({ length: 100 }, () => pool.take(new Set())!.address.host)
    }
    expect(chosen(7)).toEqual(chosen())
  })

  it('gives nothing to a weight of 0', () => {
    const pool = new AddressPool({ balance: 'random', clock: virtualClock(), random: () => 0.5 })
    pool.replace(
      weighedAddresses([
        { index: 0, weight: 0 },
        { index: 1, weight: 1 },
      ]),
    )
    const hosts = Array.from({ length: 20 }, () => pool.take(new Set())!.address.host)
    expect(new Set(hosts)).toEqual(new Set([hostOf(1)]))
  })

  it('lets one connection at a time find out whether an address answers again, later each time it does not', async () => {
    const clock = virtualClock()
    const pool = new AddressPool({ balance: 'random', clock, random: () => 0.5 })
    const [bad, good] = [universe[0]!, universe[1]!]
    pool.replace([bad])
    const member = pool.take(new Set())!
    pool.replace([bad, good])
    const others = (): boolean =>
      Array.from({ length: 10 }, () => pool.take(new Set())!).every(({ address }) => address === good)
    let failed = 0
    for (const wait of [1, 2, 4, 8, 8, 8]) {
      member.failed(avoidMs)
      expect(pool.suspects).toBe(1)
      await clock.advance(wait * avoidMs - 1)
      expect(others()).toBe(true)
      await clock.advance(1)
      // Its time is over: among many that come at once, exactly one goes there.
      const least = Array.from({ length: 50 }, () => pool.take(new Set())!)
      failed += least.filter(({ address }) => address === bad).length
      expect(failed).toBe(1)
      failed = 0
    }
    member.connected()
    expect(pool.suspects).toBe(0)
  })

  it('leaves nothing asleep for an address that answers again, or has left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { pool, clock, dialling } = await live(steps, 'random', () => undefined)
        expect(clock.sleeping).toBeLessThanOrEqual(pool.size)
        pool.replace([])
        for (const { member } of dialling) member?.failed(avoidMs)
        await clock.advance(0)
        expect(clock.sleeping).toBe(0)
      }),
    )
  })
})
