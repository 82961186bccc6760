import { isObject } from '../codec/lenient.js'

/** The HTTP status that the service answered with; `undefined` where it did not answer. */
const statusOf = (thrown: unknown): number | undefined => {
  if (!isObject(thrown) || !isObject(thrown['$metadata'])) return undefined
  const status = thrown['$metadata']['httpStatusCode']
  return typeof status === 'number' ? status : undefined
}

const nameOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : '')

/** What services call their throttling, much of which comes with status 400. */
const throttling = /thrott|LimitExceeded|TooManyRequests|SlowDown/i

/** Whether the same call may well succeed a little later: the network, a fault of the service, or too many calls. */
export const isTransient = (thrown: unknown): boolean => {
  const status = statusOf(thrown)
  return status === undefined || status >= 500 || status === 429 || throttling.test(nameOf(thrown))
}

const denied = /AccessDenied|UnauthorizedOperation|NotAuthorized/

/** Whether the permission for the call is missing. */
export const isDenied = (thrown: unknown): boolean => denied.test(nameOf(thrown))

/** Whether the service refuses the request for its form: it will refuse the same request at any time. */
export const isInvalid = (thrown: unknown): boolean => /^(Validation|InvalidParameter)/.test(nameOf(thrown))

/** What a person reads of a failed call: with what to do about it, where we know. */
export const awsFailure = (thrown: unknown): Error => {
  const hint = isDenied(thrown)
    ? ' (allow it in the IAM policy; in another account, assume a role there: ASSUME_ROLE, or the option `clients`)'
    : ''
  return new Error(`${String(thrown)}${hint}`, { cause: thrown })
}
