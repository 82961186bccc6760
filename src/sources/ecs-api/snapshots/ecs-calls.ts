import type { ECSClient } from '@aws-sdk/client-ecs'
import type { Place } from '../../../core/arn.js'
import { backoff } from '../../../core/backoff.js'
import type { Clock, Millis, Random } from '../../../core/clock.js'
import {
  awsFailure,
  isDenied,
  isInvalid,
  isTransient,
  isUnanswered,
} from '../../../shared/aws/aws-failure.js'
import type { EcsClients } from '../clients/ecs-client.js'
import { orAborted } from '../../../shared/async/or-aborted.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

export interface EcsEnvironment {
  readonly clients: (place: Place) => EcsClients
  readonly bucket: (place: Place) => TokenBucket
  readonly clock: Clock
  readonly random: Random
  /** Called before a call is repeated that was not answered several times, long before it fails. Default: nobody. */
  readonly unanswered?: (error: Error, retryIn: Millis) => void
}

/**
 * Maximum number of attempts per call. Ten, because a snapshot of 10,000 tasks takes 200 calls: if half of all calls
 * are throttled, five in six such snapshots still succeed.
 */
const attempts = 10

/** The number of attempts without any answer that somebody should know of. A single one is nothing to worry about. */
const worthTelling = 3

/** A failed call, with advice in its message. `cause` is the error of the client. */
export class CallFailed extends Error {
  constructor(
    readonly operation: string,
    why: string,
    override readonly cause?: unknown,
  ) {
    super(`${operation}: ${why}`)
  }

  /** Whether the service refused, and will refuse again until the permissions or the request change. */
  get isRefusal(): boolean {
    return isDenied(this.cause) || isInvalid(this.cause)
  }
}

/** Makes an ECS call within its allowance, and retries transient failures with backoff. */
export type EcsCall = <A>(
  operation: string,
  place: Place,
  signal: AbortSignal,
  call: (ecs: ECSClient) => Promise<A>,
) => Promise<A>

export const ecsCall =
  ({ clients, bucket, clock, random, unanswered }: EcsEnvironment): EcsCall =>
  async (operation, place, signal, call) => {
    let silences = 0
    for (let attempt = 0; ; attempt++) {
      await bucket(place).take(1, signal)
      signal.throwIfAborted()
      try {
        return await orAborted(call(clients(place).ecs), signal)
      } catch (thrown) {
        signal.throwIfAborted()
        if (attempt + 1 >= attempts || !isTransient(thrown))
          throw new CallFailed(operation, awsFailure(thrown).message, thrown)
        const retryIn = backoff(attempt, random, { base: 200, cap: 5_000 })
        if (isUnanswered(thrown) && ++silences === worthTelling)
          unanswered?.(new CallFailed(operation, awsFailure(thrown).message, thrown), retryIn)
        await clock.sleep(retryIn, signal)
      }
    }
  }
