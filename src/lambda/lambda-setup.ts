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
   * Snapshots of every cluster that is followed, and lookups. Each is subscribed to again whenever the function
   * begins anew.
   */
  readonly lookups: readonly Source[]
  /**
   * An invocation that finds the newest snapshot older than this begins anew with another. 0: every invocation does.
   * Default: 60,000 ms.
   */
  readonly maxAgeMs?: Millis
  /** What is left of the function's timeout for the answer, at least. Default: 2,000 ms. */
  readonly marginMs?: Millis
  /** How long an invocation waits for nothing but lookups. Default: 10,000 ms. */
  readonly lookupMs?: Millis
  /**
   * What a message's body says. Default: `decodeMessage`, for events as EventBridge sends them, with an SNS envelope
   * or without.
   */
  readonly decode?: (body: string) => Decoded
  /** Told of each worker with which the function begins anew, before it reports anything: for logs and metrics. */
  readonly observe?: (worker: Worker) => void
}

/** Throws when the setup contradicts itself, and says how to mend it. */
export const checkLambdaSetup = (setup: LambdaSetup): void => {
  const { lookups, sinks } = setup
  const covers = lookups.flatMap((source) => source.covers)
  const { clusters = covers } = setup
  checkSetup({ ...setup, sources: lookups })
  for (const option of ['maxAgeMs', 'marginMs', 'lookupMs'] as const) {
    const value = setup[option]
    if (value !== undefined && !(value >= 0))
      throw new OptionError(`lambda: ${option} must be a number of milliseconds from 0, and is ${value}`)
  }
  const uncovered = clusters.filter(
    (cluster) =>
      !covers.some((covered) => matchesCluster(covered, cluster) || matchesCluster(cluster, covered)),
  )
  if (covers.length === 0 || uncovered.length > 0)
    throw new SetupError(
      'missing-snapshots',
      'lambda: what a function knew may be gone or old at any invocation, so every cluster needs snapshots: ' +
        (covers.length === 0
          ? 'add ecsSnapshots({ clusters }) to lookups'
          : `add a source that covers ${uncovered.join(', ')} to lookups`),
    )
  if (sinks.every(({ required }) => required === false))
    throw new Error(
      'lambda: none of the sinks is required, and what nobody waits for does not happen in a function, ' +
        'which stands still between invocations: leave required: false out of one of them',
    )
  const dry = sinks.find((sink) => sink.dry === true)
  if (dry !== undefined)
    throw new Error(
      `lambda: "${dry.name}" is a dry run, which holds nothing, so no message would ever be deleted: ` +
        'run the worker with DRY_RUN=on, or its plan, elsewhere',
    )
}
