import type { Millis } from '../../src/core/clock.js'
import type { Happening, TaskHappening } from '../world/ecs-world.js'

/** A task that can be reached now. */
export interface LiveTask {
  readonly arn: string
  readonly service: string
  readonly address: string
  readonly startedBy: string
  readonly since: Millis
}

/** What is so in the clusters, whatever anybody has heard. */
export class Truth {
  readonly #live = new Map<string, LiveTask>()
  readonly #byService = new Map<string, Map<string, LiveTask>>()

  constructor(private readonly now: () => Millis) {}

  happened({ task }: Happening): void {
    if (task === undefined) return
    const before = this.#live.get(task.arn)
    if (before?.address === task.address) return
    if (before !== undefined) {
      this.#live.delete(task.arn)
      const live = this.#byService.get(before.service)
      if (live?.get(before.address) === before) live.delete(before.address)
    }
    this.#enter(task)
  }

  task(arn: string): LiveTask | undefined {
    return this.#live.get(arn)
  }

  /** Who is live at an address, as a server of a service. */
  at(service: string, address: string): LiveTask | undefined {
    return this.#byService.get(service)?.get(address)
  }

  /** The addresses of a service, sorted. */
  addresses(service: string): readonly string[] {
    return [...(this.#byService.get(service)?.keys() ?? [])].sort()
  }

  /** The tasks of a service. */
  tasks(service: string): readonly LiveTask[] {
    return [...(this.#byService.get(service)?.values() ?? [])]
  }

  get size(): number {
    return this.#live.size
  }

  #enter({ arn, service, address, startedBy }: TaskHappening): void {
    if (address === undefined) return
    const task: LiveTask = { arn, service, address, startedBy, since: this.now() }
    this.#live.set(arn, task)
    const live = this.#byService.get(service) ?? new Map<string, LiveTask>()
    live.set(address, task)
    this.#byService.set(service, live)
  }
}
