import { type ClusterState, emptyState, projector, reduce, servicePorts } from 'ecs-task-stream'
import { type Effort, fullEffort } from './effort.js'
import { type Finding, measured } from './finding.js'
import { ratios } from './spread.js'
import { against, each, heading, race, table } from './stopwatch.js'
import { changed, clusterArn, task } from './synthetic.js'

const TASKS = 10_000
const SIZES = [1, 100, 10_000]
const EVENTS = 2_000
const ROUNDS = 7

/** As many tasks in services of so many endpoints, of which one stops or runs again with each event. */
class Services {
  readonly #project = projector({ expose: servicePorts(), covers: [clusterArn] })
  #state: ClusterState
  #told = 0

  constructor(
    private readonly tasks: number,
    private readonly endpoints: number,
  ) {
    this.#state = reduce(emptyState, { _tag: 'TasksListed', cluster: clusterArn, at: 0, tasks: [] })
    for (let index = 0; index < tasks; index++)
      this.#state = reduce(this.#state, changed(task(index, this.#serviceOf(index), 1)))
    this.#project(this.#state, 0)
  }

  /**
   * Folds and projects the next events. The fold is part of it: a thousand states that are made before would be a
   * thousand states that the collector has to keep.
   */
  take(events: number): void {
    for (let revision = 1; revision <= events; revision++) {
      // A task stops and runs again before the next one stops.
      const [turn, runs] = [Math.floor(this.#told / 2), this.#told % 2 === 1]
      const index = (turn * 7_919) % this.tasks
      const version = 2 + this.#told++
      const status = runs ? 'RUNNING' : 'STOPPED'
      this.#state = reduce(this.#state, changed(task(index, this.#serviceOf(index), version, status)))
      this.#project(this.#state, revision)
    }
  }

  #serviceOf(index: number): number {
    return Math.floor(index / this.endpoints)
  }
}

/** What an event costs must not grow with the endpoints of its service. */
export const benchEndpoints = async (effort: Effort = fullEffort): Promise<readonly Finding[]> => {
  const events = effort.pick(EVENTS, 100)
  const timings = await race(
    SIZES.map((endpoints) => {
      const services = new Services(TASKS, endpoints)
      return {
        name: `${endpoints.toLocaleString('en')} endpoint${endpoints === 1 ? '' : 's'}`,
        run: () => services.take(events),
      }
    }),
    effort.rounds(ROUNDS),
  )
  heading(
    `The fold and projection of an event that changes a service, ${TASKS.toLocaleString('en')} tasks; processor time`,
  )
  const [, hundred = [], most = []] = timings.map(({ cpu }) => cpu)
  table(
    timings.map(({ name, cpu }, i) => [
      `services of ${name}`,
      `${each(cpu, events).padEnd(36)} ${against(cpu, hundred, i === 2 ? 1.5 : undefined)}`,
    ]),
  )
  return [measured('endpoints', ratios(most, hundred))]
}
