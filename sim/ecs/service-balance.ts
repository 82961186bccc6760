import type { SimulatedService } from './simulated-service.js'
import type { SimulatedTask } from './simulated-task.js'

/** A service, with the tasks that the scheduler counts. */
export interface BalancedService extends SimulatedService {
  /** Tasks that are meant to run (desiredStatus RUNNING), of any revision. */
  readonly wanted: Set<SimulatedTask>
}

/** What the service scheduler does next. */
export interface ServiceBalance {
  /** How many tasks of the newest revision to launch. */
  readonly launch: number
  readonly stop: readonly SimulatedTask[]
  /** Whether this stops the last task of an older revision, which completes the deployment. */
  readonly completes: boolean
}

/**
 * Compares the service's desired count with the tasks that are meant to run. An older task stops only once a newer one
 * serves in its place, so a deployment never leaves fewer routable tasks than the desired count.
 */
export const serviceBalance = ({ wanted, definition, desiredCount }: BalancedService): ServiceBalance => {
  const tasks = [...wanted]
  const older = tasks.filter((task) => task.definition !== definition)
  const current = tasks.filter((task) => task.definition === definition)
  const serving = current.filter(({ endpoint }) => endpoint !== undefined)
  const starting = current.filter(({ endpoint }) => endpoint === undefined)

  const excess = Math.max(0, current.length - desiredCount)
  const replaced = Math.min(older.length, Math.max(0, serving.length + older.length - desiredCount))
  return {
    launch: Math.max(0, desiredCount - current.length),
    // Tasks that do not serve yet are stopped first.
    stop: [...[...starting, ...serving].slice(0, excess), ...older.slice(0, replaced)],
    completes: older.length > 0 && replaced === older.length,
  }
}
