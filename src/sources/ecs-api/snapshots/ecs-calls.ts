import type { ECSClient } from '@aws-sdk/client-ecs'
import type { Place } from '../../../core/arn.js'
import { backoff } from '../../../core/backoff.js'
import type { Clock, Random } from '../../../core/clock.js'
import { awsFailure, isDenied, isInvalid, isTransient } from '../../../shared/aws/aws-failure.js'
import type { EcsClients } from '../clients/ecs-client.js'
import type { TokenBucket } from '../../../shared/aws/token-bucket.js'

export interface EcsEnvironment {
  readonly clients: (place: Place) => EcsClients
  readonly bucket: (place: Place) => TokenBucket
  readonly clock: Clock
  readonly random: Random
}

/**
 * A call is made this often before what it is for is given up for now. Ten, because a snapshot of 10,000 tasks is 200
 * calls: when half of all calls are throttled, five in six such snapshots still come through.
 */
const attempts = 10

/** A refusal may be a permission that has still to spread: it is final when it comes this often in a row. */
export const refusalsUntilFinal = 3

/** A call that failed, with what a person should do. `cause` is what the client threw. */
export class CallFailed extends Error {
  constructor(
    operation: string,
    why: string,
    override readonly cause?: unknown,
  ) {
    super(`${operation}: ${why}`)
  }

  /** Whether the service has answered, and its answer is no for as long as permissions or the request stay as they are. */
  get isRefusal(): boolean {
    return isDenied(this.cause) || isInvalid(this.cause)
  }
}

/** Makes a call of ECS within its allowance, again and with backoff while it fails for passing reasons. */
export type EcsCall = <A>(
  operation: string,
  place: Place,
  signal: AbortSignal,
  call: (ecs: ECSClient) => Promise<A>,
) => Promise<A>

export const ecsCall =
  ({ clients, bucket, clock, random }: EcsEnvironment): EcsCall =>
  async (operation, place, signal, call) => {
    for (let attempt = 0; ; attempt++) {
      await bucket(place).take(1, signal)
      signal.throwIfAborted()
      try {
        return await call(clients(place).ecs)
      } catch (thrown) {
        if (attempt + 1 >= attempts || !isTransient(thrown))
          throw new CallFailed(operation, awsFailure(thrown).message, thrown)
      }
      await clock.sleep(backoff(attempt, random, { base: 200, cap: 5_000 }), signal)
    }
  }
