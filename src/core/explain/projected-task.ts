import type { Addresses } from '../addresses.js'
import { exposureOf, hostOf, type SharedPort, sharedPorts } from '../claim.js'
import type { Mark } from '../cluster-state.js'
import { believed, type Liveness, livenessOf } from '../liveness.js'
import type { Exposure } from '../policy.js'
import type { Task } from '../task.js'
import type { TaskDefinition } from '../task-definition.js'
import { atOnce, type Traffic, trafficOf } from '../traffic.js'
import { type ExplainedWorld, optionsOf } from './explained-world.js'

/** A task as the projection sees it. */
export interface ProjectedTask {
  /** The record that is believed: that of the newest snapshot, or of a newer event. */
  readonly task: Task
  /** The newest record. */
  readonly reported: Task
  readonly mark: Mark | undefined
  readonly liveness: Liveness
  readonly definition: TaskDefinition | undefined
  readonly exposure: Exposure
  readonly host: Addresses | undefined
  readonly traffic: Traffic
  /** Its ports under the names of their backends. Empty if the policy gives none. */
  readonly ports: readonly SharedPort[]
}

export const projectedTask = (reported: Task, world: ExplainedWorld): ProjectedTask => {
  const { state } = world
  const { expose, skewAllowanceMs } = optionsOf(world)
  const mark = state.marks.get(reported.cluster)
  const task = believed(reported, mark, skewAllowanceMs)
  const definition = task.definition === undefined ? undefined : state.definitions.get(task.definition)
  const exposure = exposureOf(expose, task, definition)
  const traffic = expose.deployments === undefined ? atOnce : trafficOf(task, state)
  return {
    task,
    reported,
    mark,
    liveness: livenessOf(task, mark, skewAllowanceMs),
    definition,
    exposure,
    host: hostOf(task, definition, state),
    traffic,
    ports: exposure._tag === 'Ports' ? sharedPorts(exposure.ports, traffic, expose) : [],
  }
}
