import fc from 'fast-check'

/**
 * What may happen next in a `World`. Every operation is possible at any time: where there is nothing to do it to,
 * nothing happens.
 */
export interface Operation {
  readonly kind:
    /** A task starts and goes on until it runs. */
    | 'launch'
    /** A task that is on its way goes on to the next step of its life. */
    | 'advance'
    /** Desired status STOPPED: scaling in, or the end of a deployment. */
    | 'drain'
    /** A task ends at once and skips states. */
    | 'crash'
    /** A new revision with another port; its first task starts and the oldest one drains. */
    | 'deploy'
    | 'exit-sidecar'
    | 'flip-health'
    /** An instance dies with its tasks, and a new one gets its address. */
    | 'replace-instance'
    /** A snapshot of a cluster is taken, or ends if one has begun. */
    | 'snapshot'
    /** The clock of the worker that takes snapshots jumps, up to days either way, or is set right. */
    | 'jump'
  /** Chooses what it happens to, modulo what there is. */
  readonly pick: number
  /** How long after the last operation, in quarters of the skew allowance. */
  readonly wait: number
  /** How far the clock that stamps it is off, in quarters of the skew allowance: between -2 and 2. */
  readonly skew: number
  /**
   * Whether ECS behaves as it seldom does: an event carries less than the one before it, or says less than the API
   * does under the same version; a new task takes its time to start, and is listed late; a snapshot takes its time; a
   * crash skips every state but the last.
   */
  readonly odd: boolean
}

const kinds = [
  // Most frequent first, which is also how counter-examples shrink.
  { arbitrary: fc.constant('advance' as const), weight: 8 },
  { arbitrary: fc.constant('launch' as const), weight: 5 },
  { arbitrary: fc.constant('drain' as const), weight: 3 },
  { arbitrary: fc.constant('crash' as const), weight: 3 },
  { arbitrary: fc.constant('snapshot' as const), weight: 3 },
  { arbitrary: fc.constant('deploy' as const), weight: 1 },
  { arbitrary: fc.constant('exit-sidecar' as const), weight: 1 },
  { arbitrary: fc.constant('flip-health' as const), weight: 1 },
  { arbitrary: fc.constant('replace-instance' as const), weight: 1 },
  { arbitrary: fc.constant('jump' as const), weight: 1 },
]

export const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.oneof({ withCrossShrink: true }, ...kinds),
  pick: fc.nat(11),
  // Most things happen close together; now and then there is time for the skew allowance to pass.
  wait: fc.constantFrom(0, 0, 1, 1, 2, 4, 8),
  skew: fc.constantFrom(0, -2, 2, -1, 1),
  odd: fc.oneof({ arbitrary: fc.constant(false), weight: 3 }, { arbitrary: fc.constant(true), weight: 1 }),
})
