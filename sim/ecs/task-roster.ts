import { Bag } from './bag.js'
import type { SimulatedTask } from './simulated-task.js'

/** DescribeTasks answers for a stopped task "for at least one hour"; here for exactly that. */
const STOPPED_TASK_VISIBLE_MS = 3_600_000

/** The tasks of a cluster that can still be described, and which of them are on their way or in use. */
export class TaskRoster {
  /** Tasks with a transition ahead of them. */
  readonly moving = new Bag<SimulatedTask>()
  /** Tasks that are routable. */
  readonly serving = new Bag<SimulatedTask>()
  /** By id, in the order of launch. */
  readonly #tasks = new Map<string, SimulatedTask>()
  /** The longest stopped first. */
  readonly #stopped = new Set<SimulatedTask>()

  /** Files the task by what it is now; to be called after each of its transitions, the launch included. */
  file(task: SimulatedTask): void {
    this.#tasks.set(task.id, task)
    if (task.isMoving) this.moving.add(task)
    else this.moving.delete(task)
    if (task.endpoint === undefined) this.serving.delete(task)
    else this.serving.add(task)
    if (task.lastStatus === 'STOPPED') this.#stopped.add(task)
  }

  /** What DescribeTasks knows at `now`, in epoch milliseconds. */
  describable(now: number): ReadonlyMap<string, SimulatedTask> {
    this.forget(now)
    return this.#tasks
  }

  /** Forgets the tasks that stopped too long before `now`. */
  forget(now: number): void {
    for (const task of this.#stopped) {
      if (task.updatedAt >= now - STOPPED_TASK_VISIBLE_MS) return
      this.#stopped.delete(task)
      this.#tasks.delete(task.id)
    }
  }
}
