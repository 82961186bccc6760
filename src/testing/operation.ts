import fc from 'fast-check'

/**
 * An operation in a `World`. Every operation is possible at any time; without anything to apply to, it does nothing.
 */
export interface Operation {
  readonly kind:
    /** A task starts and advances until it runs. */
    | 'launch'
    /** A task that is starting or stopping advances one step. */
    | 'advance'
    /** The desired status of a task becomes STOPPED: scaling in, or the end of a deployment. */
    | 'drain'
    /** A task crashes and skips states. */
    | 'crash'
    /**
     * A new revision with another port is deployed. By rolling, its first task starts, and the oldest one drains. In
     * stages, a deployment begins.
     */
    | 'deploy'
    /** The same, with the port and the task definition that the service has. */
    | 'redeploy'
    /** A deployment goes on by one stage or several: tasks start, or drain. */
    | 'next-stages'
    /** A deployment goes back, from any stage. */
    | 'roll-back'
    /** A deployment ends as it is. */
    | 'stop-deployment'
    /** A source asks how a service deploys. It also does so from time to time. */
    | 'describe-deployment'
    | 'exit-sidecar'
    | 'flip-health'
    /** An instance dies with its tasks, and a new one gets its address. */
    | 'replace-instance'
    /** A snapshot of a cluster is taken, or finished if one has started. */
    | 'snapshot'
    /** The clock of the worker that takes snapshots jumps by up to days in either direction, or is corrected. */
    | 'jump'
  /** Selects the object of the operation, modulo their number. */
  readonly pick: number
  /** The time since the last operation, in quarters of the skew allowance. */
  readonly wait: number
  /** The error of the clock that stamps it, in quarters of the skew allowance: between -2 and 2. */
  readonly skew: number
  /**
   * Whether ECS shows a rare behaviour: an event with less information than the previous one, or than the API for the
   * same version; a new task that starts slowly and is listed late; a slow snapshot; a crash that skips all states but
   * the last; a description of a deployment in which something is missing.
   */
  readonly odd: boolean
}

const kinds = [
  // Most frequent first, which is also the order of shrinking.
  { arbitrary: fc.constant('advance' as const), weight: 8 },
  { arbitrary: fc.constant('launch' as const), weight: 5 },
  { arbitrary: fc.constant('drain' as const), weight: 3 },
  { arbitrary: fc.constant('crash' as const), weight: 3 },
  { arbitrary: fc.constant('snapshot' as const), weight: 3 },
  { arbitrary: fc.constant('next-stages' as const), weight: 4 },
  { arbitrary: fc.constant('describe-deployment' as const), weight: 2 },
  { arbitrary: fc.constant('deploy' as const), weight: 2 },
  { arbitrary: fc.constant('redeploy' as const), weight: 1 },
  { arbitrary: fc.constant('roll-back' as const), weight: 1 },
  { arbitrary: fc.constant('stop-deployment' as const), weight: 1 },
  { arbitrary: fc.constant('exit-sidecar' as const), weight: 1 },
  { arbitrary: fc.constant('flip-health' as const), weight: 1 },
  { arbitrary: fc.constant('replace-instance' as const), weight: 1 },
  { arbitrary: fc.constant('jump' as const), weight: 1 },
]

export const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.oneof({ withCrossShrink: true }, ...kinds),
  pick: fc.nat(11),
  // Most operations follow each other closely; sometimes the skew allowance passes in between.
  wait: fc.constantFrom(0, 0, 1, 1, 2, 4, 8),
  skew: fc.constantFrom(0, -2, 2, -1, 1),
  odd: fc.oneof({ arbitrary: fc.constant(false), weight: 3 }, { arbitrary: fc.constant(true), weight: 1 }),
})
