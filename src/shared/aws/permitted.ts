import type { Finding } from '../../core/finding.js'
import { awsFailure, isDenied, isTransient } from './aws-failure.js'

/**
 * Whether the caller may make a call. It need not succeed: any answer of the service but a refusal of the caller shows
 * that it is allowed, so a call may ask for what does not exist.
 *
 * `action`: as in an IAM policy, such as `ecs:ListTasks`.
 */
export const permitted = async (action: string, call: () => Promise<unknown>): Promise<Finding> => {
  try {
    await call()
  } catch (thrown) {
    if (isDenied(thrown) || isTransient(thrown))
      return { about: action, result: 'failed', detail: awsFailure(thrown).message }
  }
  return { about: action, result: 'ok', detail: 'allowed' }
}
