import type { DnsName } from './dns-name.js'
import { errorOf } from '../../core/error-of.js'
import type { Change, Outcome, Row } from '../../core/sink.js'
import { ownershipName } from './ownership.js'
import type { HostTable } from './host-table.js'
import type { HostedZone } from './hosted-zone.js'
import { hostsIn, type SrvService } from './service.js'
import type { Unit } from './name-change.js'
import { type NameRecords, rowOf } from './view.js'

export interface LookOptions {
  readonly zone: HostedZone
  /** The hosts as last read; updated with every write. */
  readonly hosts: () => HostTable
  /** Whether to adopt records of ecssd. */
  readonly adopt: boolean
}

/** Requests per call. Beyond this, the whole zone is read instead: the caller waits. */
const most = 40

/** Reads single names again during one call of `Sink.apply`. */
export class SecondLook {
  private requests = 0

  constructor(
    private readonly options: LookOptions,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Reads again what may be inconsistent. A name's ownership record is read before its records: the write is
   * conditional on it, and it changes with them, so either they are as read after it, or the write fails. The name's
   * hosts are read after it: as long as the name points to a host, that host's ownership record says so.
   */
  async confirm(change: Change<SrvService>): Promise<Outcome<SrvService> | undefined> {
    const { key } = change
    const held = change._tag === 'Create' ? undefined : change.before.value.held
    if (change._tag === 'Create' || held === undefined || (held.certain && held.served)) return undefined
    try {
      if (!held.certain) {
        if (!this.mayLook(2)) return { _tag: 'Conflict', key, found: 'unread' }
        const found = this.rowOf(await this.read(key))
        const same = found !== undefined && found.etag === change.before.etag
        if (!same) return { _tag: 'Conflict', key, found }
      }
      for (const [host, { address }] of held.served ? [] : change.before.value.hosts) {
        // Without this, the write is still conditional, and at worst leaves an unused host behind.
        if (!this.mayLook(1)) break
        await this.look(host, address)
      }
      return undefined
    } catch (thrown) {
      return { _tag: 'Failed', key, error: errorOf(thrown) }
    }
  }

  /** The current state after a conflict, if that takes fewer requests than reading the whole zone. */
  async found({ change: { key }, step: { uses } }: Unit): Promise<Row<SrvService> | undefined | 'unread'> {
    const { zone } = this.options
    const within = zone.nameKnown()
    const hosts = new Map(uses.map(({ host, address }) => [host, address]))
    if (!this.mayLook(2 + hosts.size, zone.pages)) return 'unread'
    try {
      const records = await this.read(key)
      for (const [host, { address }] of hostsIn(records.services, within, () => undefined))
        hosts.set(host, address)
      for (const [host, address] of hosts) await this.look(host, address)
      return this.rowOf(records)
    } catch {
      return 'unread'
    }
  }

  private mayLook(requests: number, worth = Infinity): boolean {
    this.requests += requests
    return this.requests < Math.min(most, worth)
  }

  rowOf(records: NameRecords): Row<SrvService> | undefined {
    return rowOf(records, this.options.hosts(), { ...this.options, zone: this.options.zone.nameKnown() })
  }

  /** Reads the ownership record first: see `confirm`. */
  private async read(name: DnsName): Promise<NameRecords> {
    const { zone } = this.options
    const ownership = (await zone.recordSetsAt(ownershipName(name), this.signal)).find(
      ({ type }) => type === 'TXT',
    )
    const sets = await zone.recordSetsAt(name, this.signal)
    return { name, services: sets.filter(({ type }) => type === 'SRV'), ownership }
  }

  /** From one answer, so consistent. */
  private async look(name: DnsName, address: string): Promise<void> {
    const all = await this.options.zone.recordSetsAt(name, this.signal)
    const sets = all.filter(({ type }) => type === 'A' || type === 'AAAA')
    this.options.hosts().set({ name, address, sets, ownership: all.find(({ type }) => type === 'TXT') })
  }
}
