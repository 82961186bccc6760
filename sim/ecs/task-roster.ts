import { Bag } from './bag.js'
import type { SimulatedTask } from './simulated-task.js'

/** DescribeTasks returns a stopped task "for at least one hour"; here for exactly one hour. */
const STOPPED_TASK_VISIBLE_MS = 3_600_000

/** The tasks of a cluster that can still be described, and which of them are in transition or routable. */
export class TaskRoster {
  /** Tasks that are in transition. */
  readonly moving = new Bag<SimulatedTask>()
  /** Tasks that are routable. */
  readonly serving = new Bag<SimulatedTask>()
  /** By id, in order of launch. */
  readonly #tasks = new Map<string, SimulatedTask>()
  /** In the order in which they stopped. */
  readonly #stopped = new Set<SimulatedTask>()

  /** Updates the sets for a task. Call it after each of its transitions, including the launch. */
  file(task: SimulatedTask): void {
    this.#tasks.set(task.id, task)
    if (task.isMoving) this.moving.add(task)
    else this.moving.delete(task)
    if (task.endpoint === undefined) this.serving.delete(task)
    else this.serving.add(task)
    if (task.lastStatus === 'STOPPED') this.#stopped.add(task)
  }

  /** The tasks that DescribeTasks returns at `now`, in epoch milliseconds. */
  describable(now: number): ReadonlyMap<string, SimulatedTask> {
    this.forget(now)
    return this.#tasks
  }

  /** Forgets the tasks that stopped over an hour before `now`. */
  forget(now: number): void {
    for (const task of this.#stopped) {
      if (task.updatedAt >= now - STOPPED_TASK_VISIBLE_MS) return
      this.#stopped.delete(task)
      this.#tasks.delete(task.id)
    }
  }
}
