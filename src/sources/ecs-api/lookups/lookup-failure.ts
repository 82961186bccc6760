import { awsFailure, isDenied, isInvalid, isTransient } from '../../../shared/aws/aws-failure.js'

/** What one call did not answer. */
export interface LookupFailure {
  /** From a closed set, such as `DescribeTaskDefinition`: it becomes a label of metrics. */
  readonly operation: string
  /** Names what was asked for. */
  readonly error: Error
  readonly keys: readonly string[]
  /**
   * - `soon`: throttling, the network, a fault of the service. All of the queue waits, because all of it asks the same
   *   service.
   * - `later`: the service has answered, and the answer is no. It may still change (permissions take a while to reach
   *   every server), so these keys are asked for twice more before the answer is final. Nothing else waits.
   * - `rarely`: the answer is no, and final.
   */
  readonly retry: 'soon' | 'later' | 'rarely'
  /** Whether the permission is missing: then it is likely to be missing for other keys as well. */
  readonly denied?: boolean
}

/** @param asked For people: what was asked for. */
export const lookupFailure = (
  operation: string,
  keys: readonly string[],
  asked: string,
  thrown: unknown,
): LookupFailure => ({
  operation,
  keys,
  error: new Error(`${asked}: ${awsFailure(thrown).message}`, { cause: thrown }),
  retry: isTransient(thrown) ? 'soon' : isInvalid(thrown) ? 'rarely' : 'later',
  denied: isDenied(thrown),
})
