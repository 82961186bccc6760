import type { SimulatedService } from './simulated-service.js'
import type { SimulatedTask } from './simulated-task.js'

/** A service, with the tasks that the scheduler counts. */
export interface BalancedService extends SimulatedService {
  /** Tasks that are meant to run (desiredStatus RUNNING), of any revision. */
  readonly wanted: Set<SimulatedTask>
}

/** What the service scheduler does next for a service that deploys by rolling. */
export interface ServiceBalance {
  /** How many tasks of the newest revision to launch. */
  readonly launch: number
  readonly stop: readonly SimulatedTask[]
  /** Whether only tasks of the newest revision are left, and enough of them serve: the deployment is complete. */
  readonly completes: boolean
}

/** Scales one revision of a service that deploys in stages to `wantedCount` tasks. */
export const revisionBalance = (
  tasks: readonly SimulatedTask[],
  wantedCount: number,
): Pick<ServiceBalance, 'launch' | 'stop'> => {
  const serving = tasks.filter(({ endpoint }) => endpoint !== undefined)
  const starting = tasks.filter(({ endpoint }) => endpoint === undefined)
  return {
    launch: Math.max(0, wantedCount - tasks.length),
    // Tasks that do not serve yet are stopped first.
    stop: [...starting, ...serving].slice(0, Math.max(0, tasks.length - wantedCount)),
  }
}

/**
 * Compares the service's desired count with the tasks that are meant to run. An older task stops only once a newer one
 * serves in its place, so a deployment never leaves fewer routable tasks than the desired count.
 */
export const serviceBalance = ({
  wanted,
  current: deployment,
  desiredCount,
}: BalancedService): ServiceBalance => {
  const tasks = [...wanted]
  const older = tasks.filter((task) => task.revision !== deployment.target)
  const current = tasks.filter((task) => task.revision === deployment.target)
  const serving = current.filter(({ endpoint }) => endpoint !== undefined)
  const { launch, stop } = revisionBalance(current, desiredCount)
  const replaced = Math.min(older.length, Math.max(0, serving.length + older.length - desiredCount))
  return {
    launch,
    stop: [...stop, ...older.slice(0, replaced)],
    completes: replaced === older.length && serving.length >= desiredCount,
  }
}
