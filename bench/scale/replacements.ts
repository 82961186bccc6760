import type { Millis } from 'ecs-task-stream'
import { prng } from '../../sim/prng.js'
import type { SimulatedCluster } from '../../sim/ecs/simulated-cluster.js'

/** How long a task stays in a status, on average. */
const STAGE_MS: Millis = 2_000

/**
 * Replaces single tasks of random services at a rate: a service gets one task more, and loses an old one once the new
 * one runs. In between, tasks go through their statuses in real time.
 */
export class Replacements {
  readonly #random = prng(17)
  readonly #names: readonly string[]
  readonly #desired: ReadonlyMap<string, number>
  /** The services that have one task more than they want. */
  readonly #growing = new Map<string, 'starts' | 'runs'>()
  #dueReplacements = 0
  #dueStages = 0
  #replaced = 0

  constructor(
    private readonly cluster: SimulatedCluster,
    private readonly perHour: number,
  ) {
    this.#desired = new Map(cluster.services().map(({ name, desiredCount }) => [name, desiredCount]))
    this.#names = [...this.#desired.keys()]
  }

  /** How many have begun. */
  get count(): number {
    return this.#replaced
  }

  /** A task of the service runs now. */
  runs(service: string): void {
    if (this.#growing.has(service)) this.#growing.set(service, 'runs')
  }

  /** Lets so much time pass. */
  pass(ms: Millis): void {
    for (const [service, how] of this.#growing)
      if (how === 'runs') {
        this.#growing.delete(service)
        this.cluster.scale(service, this.#desired.get(service) ?? 0)
      }
    this.#dueReplacements += (this.perHour * ms) / 3_600_000
    for (; this.#dueReplacements >= 1; this.#dueReplacements--) this.#replace()
    this.#dueStages += (this.cluster.moving * ms) / STAGE_MS
    for (; this.#dueStages >= 1; this.#dueStages--) this.cluster.advanceOne()
  }

  #replace(): void {
    const service = this.#random.pick(this.#names)
    if (this.#growing.has(service)) return
    this.#replaced++
    this.#growing.set(service, 'starts')
    this.cluster.scale(service, (this.#desired.get(service) ?? 0) + 1)
  }
}
