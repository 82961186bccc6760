import { awsFailure, isDenied, isInvalid, isTransient } from '../../../shared/aws/aws-failure.js'

/** The failure of one call, for some or all of its keys. */
export interface LookupFailure {
  /** From a closed set, such as `DescribeTaskDefinition`, because it becomes a label of metrics. */
  readonly operation: string
  /** The message names what was looked up. */
  readonly error: Error
  readonly keys: readonly string[]
  /**
   * - `soon`: throttling, a network error, or a fault of the service. The whole queue waits, because it calls the same
   *   service.
   * - `later`: the service refused. That may still change (permissions take a while to reach every server), so these
   *   keys are looked up twice more before the refusal is final. Other keys do not wait.
   * - `rarely`: the refusal is final.
   */
  readonly retry: 'soon' | 'later' | 'rarely'
  /** Whether the permission is missing, which is then likely for other keys as well. */
  readonly denied?: boolean
}

/** @param asked What was looked up, for people. */
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
