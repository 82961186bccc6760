import { type RecordSet, recordSetKey, type RecordSets, valuesOf } from '../../sim/dns/route53-record-set.js'
import type { Millis } from '../../src/core/clock.js'
import type { Random } from '../../sim/prng.js'
import type { Faults } from '../engine/faults.js'
import { type SimulatedRoute53, zoneName } from '../servers/route53.js'
import { OccupiedNames } from './occupied-names.js'
import type { Stranger } from './stranger.js'
import { nameOf } from './zone-records.js'

export interface ZoneStrangerOptions {
  readonly now: () => Millis
  readonly route53: SimulatedRoute53
  readonly faults: Faults
  readonly services: readonly string[]
  /** The addresses of the servers of a service, by the truth. */
  readonly addressesOf: (service: string) => readonly string[]
  /** Called after each of its changes. */
  readonly changed: (before: RecordSets, after: RecordSets) => void
}

const record = (Name: string, Type: string, values: readonly string[]): RecordSet => ({
  Name,
  Type,
  TTL: 300,
  ResourceRecords: values.map((Value) => ({ Value })),
})

/** Who else writes to the zone. */
export class ZoneStranger implements Stranger {
  /** What it left, which must stay as it is. */
  readonly #own = new Map<string, RecordSet>()
  readonly #occupied: OccupiedNames

  constructor(private readonly options: ZoneStrangerOptions) {
    this.#occupied = new OccupiedNames(options.now)
  }

  act(): void {
    const { faults, services } = this.options
    if (!faults.happens('other-writer', 0.05, 'target')) return
    const dice = faults.dice('other-writer')
    const service = dice.pick(services)
    const name = nameOf(service)
    const draw = dice.next()
    if (draw < 0.2)
      this.#keep(
        record(`_foreign-${dice.int(5)}._tcp.${zoneName}.`, 'SRV', [`1 1 ${dice.int(99)} away.example.com`]),
      )
    else if (draw < 0.3) this.#keep(record(name, 'TXT', [`"theirs ${dice.hex(4)}"`]))
    else if (draw < 0.4) this.#plantHost(service)
    else if (!this.#occupied.has(service)) this.#meddle(service, dice, draw)
  }

  occupied(service: string, since: Millis): boolean {
    return this.#occupied.had(service, since)
  }

  leave(): void {
    for (const service of this.#occupied.leave()) {
      const name = nameOf(service)
      const theirs = [...this.#setsAt(name, 'SRV'), ...this.#setsAt(`srv-${name}`, 'TXT')]
      this.#change(theirs, [])
    }
  }

  damaged(): readonly string[] {
    const { records } = this.options.route53
    return [...this.#own].flatMap(([key, set]) =>
      JSON.stringify(records.get(key)) === JSON.stringify(set) ? [] : [key],
    )
  }

  /** Does what people do to records of ours. */
  #meddle(service: string, dice: Random, draw: number): void {
    const name = nameOf(service)
    const sets = this.#setsAt(name, 'SRV')
    const ownership = this.#setsAt(`srv-${name}`, 'TXT')
    const [set] = sets
    if (ownership.length === 0 || set === undefined) return
    if (draw < 0.5) this.#change(sets, [])
    else if (draw < 0.8) {
      const left = valuesOf(set).filter(() => dice.chance(0.7))
      const values = [
        ...left,
        ...(dice.chance(0.5) || left.length === 0 ? ['5 5 5 by-hand.example.com'] : []),
      ]
      // One of several sets has one value.
      const kept = set.SetIdentifier === undefined ? values : values.slice(0, 1)
      this.#change([set], [{ ...set, ResourceRecords: kept.map((Value) => ({ Value })) }])
    } else if (draw < 0.9) {
      const host = valuesOf(set)[0]?.split(' ')[3] ?? ''
      const address = this.#setsAt(host.endsWith('.') ? host : `${host}.`, 'A').filter(
        (one) => !this.#own.has(recordSetKey(one)),
      )
      this.#change(address, [])
    } else {
      this.#occupied.take(service)
      const owner = '"heritage=ecs-task-stream,ecs-task-stream/owner=somebody-else"'
      this.#change(ownership, dice.chance(0.3) ? [] : [record(`srv-${name}`, 'TXT', [owner])])
    }
  }

  /** Another program has the address of a host of ours in the zone already. */
  #plantHost(service: string): void {
    const [address = ''] = this.options.addressesOf(service)
    const [ip = ''] = address.split(':')
    const host = `ip-${ip.replaceAll('.', '-')}.${zoneName}.`
    if (ip !== '' && [...this.options.route53.records.values()].every(({ Name }) => Name !== host))
      this.#keep(record(host, 'A', [ip]))
  }

  #setsAt(name: string, type: string): readonly RecordSet[] {
    return [...this.options.route53.records.values()].filter((set) => set.Name === name && set.Type === type)
  }

  #keep(set: RecordSet): void {
    const before = this.#own.get(recordSetKey(set))
    if (this.#change(before === undefined ? [] : [before], [set])) this.#own.set(recordSetKey(set), set)
  }

  #change(out: readonly RecordSet[], put: readonly RecordSet[]): boolean {
    const { route53, changed } = this.options
    const { records: before } = route53
    const isMade = route53.change(
      ...out.map((set) => ({ Action: 'DELETE', ResourceRecordSet: set }) as const),
      ...put.map((set) => ({ Action: 'CREATE', ResourceRecordSet: set }) as const),
    )
    changed(before, route53.records)
    return isMade
  }
}
