import type { Clock, Random } from '../../core/clock.js'
import { formatAddress } from '../../core/desired.js'
import type { WeighedAddress } from './address-list.js'
import { PoolMember } from './pool-member.js'

/**
 * - `random`: every address is equally likely.
 * - `least-connections`: one of the addresses with the fewest connections, counting dials in progress.
 *
 * While a deployment shares the connections unequally, addresses take turns by their weights (smooth weighted round
 * robin): with `least-connections`, those with the fewest connections for their weight.
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
  private isWeighted = false

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
  replace(addresses: readonly WeighedAddress[]): boolean {
    const before = this.members
    this.members = new Map(
      addresses.map((address) => {
        const key = formatAddress(address)
        const member = before.get(key) ?? new PoolMember(address, this.options.clock)
        member.weight = address.weight ?? 1
        return [key, member]
      }),
    )
    this.balance()
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
    const best = this.isWeighted ? this.inTurn(tried) : this.anyOf(tried)
    if (best !== undefined) best.dialling++
    return best
  }

  /** What members that left had too much or too little must not delay the others. */
  private balance(): void {
    const members = [...this.members.values()]
    const [first] = members
    this.isWeighted = members.some(({ weight }) => weight !== first?.weight)
    const mean = members.reduce((sum, { credit }) => sum + credit, 0) / members.length
    for (const member of members) member.credit = this.isWeighted ? member.credit - mean : 0
  }

  private rankOf(member: PoolMember): number {
    const load = this.options.balance === 'least-connections' ? member.open + member.dialling : 0
    return (member.isSuspect ? suspicion : 0) + load
  }

  /** Smooth weighted round robin among the best. */
  private inTurn(tried: ReadonlySet<PoolMember>): PoolMember | undefined {
    const members = [...this.members.values()].filter((member) => member.weight > 0 && !tried.has(member))
    const ranks = members.map((member) => this.rankOf(member) / (member.isSuspect ? 1 : member.weight))
    const least = ranks.reduce((a, b) => Math.min(a, b), Infinity)
    const equals = members.filter((_, i) => ranks[i] === least)
    const total = equals.reduce((sum, { weight }) => sum + weight, 0)
    let best: PoolMember | undefined
    for (const member of equals) {
      member.credit += member.weight / total
      if (best === undefined || member.credit > best.credit) best = member
    }
    if (best !== undefined) best.credit--
    return best
  }

  /** One of the best at random. */
  private anyOf(tried: ReadonlySet<PoolMember>): PoolMember | undefined {
    const { random } = this.options
    let best: PoolMember | undefined
    let least = Infinity
    let equals = 0
    for (const member of this.members.values()) {
      if (tried.has(member)) continue
      const rank = this.rankOf(member)
      if (rank > least) continue
      equals = rank < least ? 1 : equals + 1
      least = rank
      // Reservoir sampling: each of the equally good addresses is equally likely.
      if (equals === 1 || random() * equals < 1) best = member
    }
    return best
  }
}
