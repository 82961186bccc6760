import type { DnsName } from './dns-name.js'
import type { Change, Outcome, Row } from '../../core/sink.js'
import { ownerMarkName } from './ownership.js'
import type { HostTable } from './host-table.js'
import type { HostedZone } from './hosted-zone.js'
import { hostsIn, type SrvService } from './service.js'
import type { Unit } from './name-change.js'
import { type NameRecords, rowOf } from './view.js'

export interface LookOptions {
  readonly zone: HostedZone
  /** The hosts as last seen; follows what is written. */
  readonly hosts: () => HostTable
  /** Whether records of ecssd become ours. */
  readonly adopt: boolean
}

/** Requests a call. Beyond, the whole zone is read instead: somebody waits for the call to end. */
const most = 40

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

/** Looks at single names again, during one call of `Sink.apply`. */
export class SecondLook {
  private requests = 0

  constructor(
    private readonly options: LookOptions,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Looks again where what was read is not of one moment. A name's mark before its records: it is compared and
   * swapped, and changes with them, so they are as they are read after it, or the change fails. And its hosts after
   * it: as long as it leads to one, that one's mark says so.
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
        // Without, it is compared all the same, and may only leave a host behind.
        if (!this.mayLook(1)) break
        await this.look(host, address)
      }
      return undefined
    } catch (thrown) {
      return { _tag: 'Failed', key, error: errorOf(thrown) }
    }
  }

  /** What is there instead, where that takes less than to read all of the zone. */
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

  /** The mark first: see `confirm`. */
  private async read(name: DnsName): Promise<NameRecords> {
    const { zone } = this.options
    const mark = (await zone.recordSetsAt(ownerMarkName(name), this.signal)).find(
      ({ type }) => type === 'TXT',
    )
    const sets = await zone.recordSetsAt(name, this.signal)
    return { name, services: sets.filter(({ type }) => type === 'SRV'), mark }
  }

  /** In one answer, so of one moment. */
  private async look(name: DnsName, address: string): Promise<void> {
    const all = await this.options.zone.recordSetsAt(name, this.signal)
    const sets = all.filter(({ type }) => type === 'A' || type === 'AAAA')
    this.options.hosts().set({ name, address, sets, mark: all.find(({ type }) => type === 'TXT') })
  }
}
