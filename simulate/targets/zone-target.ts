import type { Route53Client } from '@aws-sdk/client-route-53'
import type { Millis } from '../../src/core/clock.js'
import { srvRecords } from '../../src/sinks/route53/index.js'
import type { RecordSet, RecordSets } from '../../sim/dns/route53-record-set.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import { SimulatedRoute53, zoneId } from '../servers/route53.js'
import type { TargetObserver, WrittenTarget } from './simulated-target.js'
import type { TargetRecord, TargetWrite } from './target-record.js'
import { hostsOf, partsOf, recordAt } from './zone-records.js'
import { ZoneStranger } from './zone-stranger.js'

export interface ZoneTargetOptions {
  readonly now: () => Millis
  readonly faults: Faults
  readonly services: readonly string[]
  /** The addresses of the servers of a service, by the truth. */
  readonly addressesOf: (service: string) => readonly string[]
}

interface Content {
  readonly TTL?: number | undefined
  readonly ResourceRecords?: readonly { readonly Value?: string | undefined }[] | undefined
}

const isRead = (
  value: unknown,
): value is {
  readonly sets: readonly { readonly raw: Content }[]
  readonly held: {
    readonly ownership: { readonly raw: Content } | undefined
    readonly others: readonly { readonly raw: Content }[]
  }
} =>
  typeof value === 'object' &&
  value !== null &&
  'held' in value &&
  value.held !== undefined &&
  'sets' in value

/** A hosted zone in the simulated Route 53. */
export class ZoneTarget implements WrittenTarget {
  readonly _tag = 'Written'
  readonly route53: SimulatedRoute53
  readonly stranger: ZoneStranger
  /** By name, with the dot at its end. */
  readonly #known = new Map<string, { readonly record: TargetRecord; readonly hosts: ReadonlySet<string> }>()

  constructor(
    options: ZoneTargetOptions,
    private readonly observer: TargetObserver,
  ) {
    this.route53 = new SimulatedRoute53({
      ...options,
      changed: (before, after, by) => this.#changed(before, after, by),
    })
    this.stranger = new ZoneStranger({
      ...options,
      route53: this.route53,
      changed: (before, after) => this.#changed(before, after, undefined),
    })
  }

  *records(): Generator<TargetRecord> {
    for (const { record } of this.#known.values()) yield record
  }

  readParts(_: string, value: unknown): readonly string[] {
    if (!isRead(value)) return []
    const { ownership, others } = value.held
    return partsOf(
      [...value.sets, ...others, ...(ownership === undefined ? [] : [ownership])].map(({ raw }) => raw),
    )
  }

  /** Tells of each name that a batch has changed, or whose hosts it has changed. */
  #changed(before: RecordSets, after: RecordSets, by: SimulatedProcess | undefined): void {
    const touched = this.#touchedBy(before, after)
    const setsOf = new Map<string, RecordSet[]>([...touched].map((name) => [name, []]))
    for (const set of after.values()) if (set.Type === 'SRV') setsOf.get(set.Name)?.push(set)
    for (const [name, sets] of setsOf) {
      const write: TargetWrite = {
        before: this.#known.get(name)?.record,
        after: recordAt(name, sets, after),
      }
      if (write.after === undefined) this.#known.delete(name)
      else this.#known.set(name, { record: write.after, hosts: new Set(sets.flatMap(hostsOf)) })
      if (write.before === undefined && write.after === undefined) continue
      if (by === undefined) this.observer.noted(write)
      else this.observer.wrote({ ...write, by })
    }
  }

  #touchedBy(before: RecordSets, after: RecordSets): ReadonlySet<string> {
    const touched = new Set<string>()
    const hosts = new Set<string>()
    const touch = ({ Name, Type }: RecordSet): void => {
      if (Type === 'SRV') touched.add(Name)
      else if (Type === 'TXT' && Name.startsWith('srv-')) touched.add(Name.slice(4))
      else if (Type === 'A') hosts.add(Name)
    }
    for (const [key, set] of after) if (before.get(key) !== set) touch(set)
    for (const [key, set] of before) if (!after.has(key)) touch(set)
    if (hosts.size > 0)
      for (const [name, known] of this.#known)
        if ([...known.hosts].some((host) => hosts.has(host))) touched.add(name)
    return touched
  }
}

/** The shipped sink over it. */
export const zoneSink = (
  client: Route53Client,
  { clock, random }: SimulatedProcess,
  shape: 'simple' | 'weighted',
) => srvRecords({ zoneId, client, shape, clock, random: () => random.next() })
