import type { Clock, Random } from '../../core/clock.js'
import { type Address, formatAddress } from '../../core/desired.js'
import { PoolMember } from './pool-member.js'

/**
 * - `random`: every address is equally likely.
 * - `least-connections`: one of the addresses with the fewest connections, counting dials in progress.
 */
export type Balance = 'random' | 'least-connections'

export interface AddressPoolOptions {
  readonly balance: Balance
  readonly clock: Pick<Clock, 'sleep'>
  readonly random: Random
}

/** More than any number of connections, so that an avoided address comes after every other. */
const suspicion = 2 ** 40

/** The addresses of one port, and the choice among them. Opens no connection itself. */
export class AddressPool {
  private members = new Map<string, PoolMember>()

  constructor(private readonly options: AddressPoolOptions) {}

  get size(): number {
    return this.members.size
  }

  /** The number of avoided addresses. */
  get suspects(): number {
    let count = 0
    for (const member of this.members.values()) if (member.isSuspect) count++
    return count
  }

  /** Replaces the pool's addresses. Addresses that stay keep their state. Returns whether any address left. */
  replace(addresses: readonly Address[]): boolean {
    const before = this.members
    this.members = new Map(
      addresses.map((address) => {
        const key = formatAddress(address)
        return [key, before.get(key) ?? new PoolMember(address, this.options.clock)]
      }),
    )
    let left = false
    for (const [key, member] of before)
      if (!this.members.has(key)) {
        member.leave()
        left = true
      }
    return left
  }

  /**
   * The best address that was not tried yet, or `undefined`; counts a dial to it. Avoided addresses come last. Linear
   * in the number of addresses.
   */
  take(tried: ReadonlySet<PoolMember>): PoolMember | undefined {
    const { balance, random } = this.options
    let best: PoolMember | undefined
    let least = Infinity
    let equals = 0
    for (const member of this.members.values()) {
      if (tried.has(member)) continue
      const load = balance === 'least-connections' ? member.open + member.dialling : 0
      const rank = member.isSuspect ? suspicion + load : load
      if (rank > least) continue
      equals = rank < least ? 1 : equals + 1
      least = rank
      // Reservoir sampling: each of the equally good addresses is equally likely.
      if (equals === 1 || random() * equals < 1) best = member
    }
    if (best !== undefined) best.dialling++
    return best
  }
}
