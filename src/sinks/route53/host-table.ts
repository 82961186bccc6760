import { SetIndex } from '../../core/set-index.js'
import type { DnsName } from './dns-name.js'
import type { User } from './ownership.js'
import { type HostRecords, ipv6Of, leadsHome, unknownHost, usersOf } from './host.js'

/** The hosts of a zone as last read. The table may be outdated at any time: every write based on it is conditional. */
export class HostTable {
  private readonly byName = new Map<DnsName, HostRecords>()
  private readonly byUser = new SetIndex()
  private readonly byAgent = new SetIndex()

  set(host: HostRecords): void {
    for (const user of this.usersAt(host.name)) this.byUser.remove(user, host.name)
    if (host.sets.length === 0 && host.ownership === undefined) {
      this.byName.delete(host.name)
      return
    }
    this.byName.set(host.name, host)
    for (const user of this.usersAt(host.name)) this.byUser.add(user, host.name)
  }

  get(name: DnsName, address: string): HostRecords {
    return this.byName.get(name) ?? unknownHost(name, address)
  }

  /** The hosts whose ownership records list the name as a user. */
  usedBy(user: User): readonly HostRecords[] {
    return [...this.byUser.of(user)].flatMap((name) => this.byName.get(name) ?? [])
  }

  ipv6Of(name: DnsName): string | undefined {
    const host = this.byName.get(name)
    return host === undefined ? undefined : ipv6Of(host)
  }

  /** A record of ecssd points from the name to the host. */
  lead(host: DnsName, name: DnsName): void {
    this.byAgent.add(host, name)
  }

  /** No record of ecssd points from the name to the host any more. */
  leave(host: DnsName, name: DnsName): void {
    this.byAgent.remove(host, name)
  }

  /** Whether no names but these have a record of ecssd that points to the host. */
  isLeftBy(host: DnsName, names: ReadonlySet<DnsName>): boolean {
    return [...this.byAgent.of(host)].every((name) => names.has(name))
  }

  /** Whether the host is in order: it resolves to its address, and lists the user unless another owner has it. */
  serves(name: DnsName, user: User): boolean {
    const host = this.byName.get(name)
    if (host === undefined || !leadsHome(host)) return false
    return usersOf(host)?.has(user) ?? true
  }

  private usersAt(name: DnsName): ReadonlySet<User> {
    const host = this.byName.get(name)
    return (host === undefined ? undefined : usersOf(host)) ?? new Set()
  }
}
