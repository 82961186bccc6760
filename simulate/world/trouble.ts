import type { Millis } from '../../src/core/clock.js'
import type { Faults } from '../engine/faults.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { Timeline } from '../engine/timeline.js'
import type { ServiceName } from '../network/wire.js'
import type { WorkerHost } from './worker-host.js'

/** A partition. `broken`: connections are reset. `silent`: nothing arrives, and nobody says so. */
export interface Cut {
  readonly until: Millis
  readonly kind: 'broken' | 'silent'
}

export interface TroubleOptions {
  readonly timeline: Timeline
  readonly faults: Faults
  readonly hosts: readonly WorkerHost[]
  /** Who else writes to the target. */
  readonly stranger: { act(): void } | undefined
}

const services: readonly (ServiceName | 'all')[] = ['sqs', 'dynamodb', 'route53', 'ecs', 'ec2', 'ssm', 'all']

/** What happens to processes and networks as a whole, about once a minute of rough weather. */
export class Trouble {
  /** Until when which process cannot reach which service. */
  readonly #cuts = new Map<string, Cut>()

  constructor(private readonly options: TroubleOptions) {}

  start(): void {
    const { timeline, hosts, stranger } = this.options
    const tick = (): void => {
      timeline.after(60_000, tick)
      for (const host of hosts) this.#strike(host)
      stranger?.act()
    }
    timeline.after(60_000, tick)
  }

  /** Whether the worker cannot reach the service now, and how it notices. */
  cut(process: SimulatedProcess, service: ServiceName): Cut['kind'] | undefined {
    if (this.#cuts.size === 0) return undefined
    const { now } = this.options.timeline
    const kindOf = (what: string): Cut['kind'] | undefined => {
      const cut = this.#cuts.get(`${process.name} ${what}`)
      return cut !== undefined && cut.until > now ? cut.kind : undefined
    }
    return kindOf(service) ?? kindOf('all')
  }

  /** Ends all partitions. */
  heal(): void {
    this.#cuts.clear()
  }

  #strike(host: WorkerHost): void {
    const { faults, timeline } = this.options
    const { process } = host
    if (process === undefined) return
    const where = process.name
    if (faults.happens('kill', 0.006, where)) process.light(faults.dice('kill').int(200))
    if (faults.happens('stop', 0.006, where)) host.stop()
    if (faults.happens('clock-jump', 0.01, where)) {
      const dice = faults.dice('clock-jump')
      process.jump((dice.chance(0.5) ? 1 : -1) * dice.pick([2_000, 60_000, 600_000]) * dice.next())
    }
    if (faults.happens('partition', 0.01, where)) {
      const dice = faults.dice('partition')
      this.#cuts.set(`${where} ${dice.pick(services)}`, {
        until: timeline.now + 600_000 * dice.next() ** 2,
        kind: dice.chance(0.5) ? 'broken' : 'silent',
      })
    }
    // Longer than the worker waits for a write, so that it must find out what became of it.
    if (faults.happens('silence', 0.02, where)) {
      const dice = faults.dice('silence')
      const until = timeline.now + 30_000 + 60_000 * dice.next()
      this.#cuts.set(`${where} ${dice.pick(services)}`, { until, kind: 'silent' })
    }
  }
}
