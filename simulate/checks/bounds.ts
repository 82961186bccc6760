import { firstValueFrom } from 'rxjs'
import type { Millis } from '../../src/core/clock.js'
import type { SimulatedProcess } from '../engine/simulated-process.js'
import type { WorkerHost } from '../world/worker-host.js'
import { Violation } from './violation.js'

const hour: Millis = 3_600_000

/** The most calls of a worker in an hour: far above what it needs, and far below a loop. */
const mostCalls = 20_000

export interface BoundsOptions {
  readonly now: () => Millis
  readonly hosts: readonly Pick<WorkerHost, 'name' | 'worker'>[]
}

/** Watches how much workers call, and how much they remember. */
export class Bounds {
  #hourBegan: Millis = 0
  readonly #calls = new Map<string, number>()
  #total = 0
  /** All calls so far, by operation. */
  readonly byOperation = new Map<string, number>()

  constructor(private readonly options: BoundsOptions) {}

  /** All calls so far. */
  get total(): number {
    return this.#total
  }

  sent(process: SimulatedProcess, operation: string): void {
    const now = this.options.now()
    if (now - this.#hourBegan >= hour) {
      this.#hourBegan = now
      this.#calls.clear()
    }
    this.#total++
    this.byOperation.set(operation, (this.byOperation.get(operation) ?? 0) + 1)
    const calls = (this.#calls.get(process.name) ?? 0) + 1
    this.#calls.set(process.name, calls)
    if (calls > mostCalls)
      throw new Violation(
        'memory and calls are bounded',
        `${process.name} made ${calls} calls in an hour, ${operation} last`,
      )
  }

  /** At rest, a worker knows the tasks that there are, and few others. `tasks`: those that ECS still describes. */
  checkCalm(tasks: number): void {
    for (const { worker, name } of this.options.hosts)
      if (worker !== undefined)
        void firstValueFrom(worker.state$).then((state) => {
          if (state.tasks.size > 2 * tasks + 200)
            throw new Violation(
              'memory and calls are bounded',
              `${name} knows ${state.tasks.size} tasks, and there are ${tasks}`,
            )
        })
  }
}
