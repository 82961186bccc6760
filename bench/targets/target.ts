import type { AnySink } from 'ecs-task-stream'
import type { Target as Installable } from '../../scripts/conformance/targets.js'
import type { Faults } from './faults.js'
import type { Route } from './load.js'

/** A real program, and the sinks that feed it. */
export interface Running {
  readonly sinks: readonly AnySink[]
  /** One for each way in which it is fed. */
  readonly routes: readonly Route[]
  readonly end: () => Promise<void>
}

export interface Target {
  readonly name: string
  readonly needs: readonly Installable[]
  /**
   * `programs`: the paths of what it needs, in that order. `home`: an empty directory. Half of the calls fail while the
   * faults are on.
   */
  readonly start: (programs: readonly string[], home: string, faults: Faults) => Promise<Running>
}
