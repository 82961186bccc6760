import type { Clock, Random } from '../../core/clock.js'
import { type Address, formatAddress } from '../../core/desired.js'
import { PoolMember } from './pool-member.js'

/**
 * - `random`: every address alike.
 * - `least-connections`: one of those with the fewest connections, dials under way included.
 */
export type Balance = 'random' | 'least-connections'

export interface AddressPoolOptions {
  readonly balance: Balance
  readonly clock: Pick<Clock, 'sleep'>
  readonly random: Random
}

/** More than any number of connections: an address under suspicion comes after every other. */
const suspicion = 2 ** 40

/** The addresses of one port, and which of them a connection goes to. Opens nothing itself. */
export class AddressPool {
  private members = new Map<string, PoolMember>()

  constructor(private readonly options: AddressPoolOptions) {}

  get size(): number {
    return this.members.size
  }

  /** How many are under suspicion. */
  get suspects(): number {
    let count = 0
    for (const member of this.members.values()) if (member.isSuspect) count++
    return count
  }

  /** Holds exactly these from now on. What stays keeps what is known of it. Whether anything left. */
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
   * The best address that was not tried yet, and counts a dial to it; `undefined` when there is none. Those under
   * suspicion come last. Costs a look at each.
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
      // Of equal ones each takes the place of the one before with the chance that makes all alike.
      if (equals === 1 || random() * equals < 1) best = member
    }
    if (best !== undefined) best.dialling++
    return best
  }
}
