import { SetupError } from '../core/setup-error.js'
import { OptionError } from '../core/option-error.js'
import { matchesCluster } from '../core/arn.js'
import type { Millis } from '../core/clock.js'
import { checkSetup, type RunSetup } from '../core/run-setup.js'
import type { Source } from '../core/source.js'
import type { Worker } from '../core/worker.js'
import type { Decoded } from '../sources/ecs-events/ecs-event.js'

export interface LambdaSetup extends Omit<RunSetup, 'sources' | 'ack' | 'drainMs'> {
  /**
   * Snapshots of every followed cluster, and lookups. Each new session subscribes to them again. With a `journal`,
   * snapshots are optional.
   */
  readonly lookups: readonly Source[]
  /**
   * An invocation whose snapshots are older than this starts a new session with new ones. 0: every invocation does. Not
   * used with a `journal`. Default: 60,000 ms.
   */
  readonly maxAgeMs?: Millis
  /** The part of the function's timeout that is reserved for the response. Default: 2,000 ms. */
  readonly marginMs?: Millis
  /** How long an invocation waits when only lookups are pending. Default: 10,000 ms. */
  readonly lookupMs?: Millis
  /** Decodes a message's body. Default: `decodeMessage`, for EventBridge events with or without an SNS envelope. */
  readonly decode?: (body: string) => Decoded
  /** Called with the worker of each new session, before it reports anything: for logs and metrics. */
  readonly observe?: (worker: Worker) => void
}

/** Throws when the setup contradicts itself; the message says how to fix it. */
export const checkLambdaSetup = (setup: LambdaSetup): void => {
  const { lookups, sinks, journal } = setup
  const covers = lookups.flatMap((source) => source.covers)
  const { clusters = covers } = setup
  checkSetup({ ...setup, sources: lookups })
  for (const option of ['maxAgeMs', 'marginMs', 'lookupMs'] as const) {
    const value = setup[option]
    if (value !== undefined && !(value >= 0))
      throw new OptionError(`lambda: ${option}: expected a number of milliseconds, 0 or more, got ${value}`)
  }
  const uncovered = clusters.filter(
    (cluster) =>
      !covers.some((covered) => matchesCluster(covered, cluster) || matchesCluster(cluster, covered)),
  )
  if (journal === undefined && (covers.length === 0 || uncovered.length > 0))
    throw new SetupError(
      'missing-snapshots',
      'lambda: a function may have lost its state at any invocation, so every cluster needs snapshots: ' +
        (covers.length === 0
          ? 'add ecs({ clusters }) to lookups, or a journal'
          : `add a source that covers ${uncovered.join(', ')} to lookups, or a journal`),
    )
  if (sinks.every(({ required }) => required === false))
    throw new SetupError(
      'unusable-sink',
      'lambda: none of the sinks is required. A function is frozen between invocations, so a sink that no invocation ' +
        'waits for makes no progress: remove required: false from one of them',
    )
  const dry = sinks.find((sink) => sink.dry === true)
  if (dry !== undefined)
    throw new SetupError(
      'unusable-sink',
      `lambda: "${dry.name}" is a dry run, which applies nothing, so no message would ever be deleted: ` +
        'run the worker with DRY_RUN=on, or its plan, elsewhere',
    )
}
